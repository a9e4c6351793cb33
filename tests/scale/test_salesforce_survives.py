"""Every request in Salesforce becomes one output, though the hub dies where it hurts most.

``INLAY_TEST_STORM=full`` blows the whole storm; otherwise a short one of the same kind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.salesforce.sandbox import Sandbox, start
from tests.conftest import absent
from tests.fake_model_server import FakeModelServer
from tests.scale.hub_processes import HubProcesses
from tests.scale.salesforce_storm import LONG, SHORT, Calendar, SalesforceStorm
from tests.scale.salesforce_toll import Toll
from tests.scale.servers import Missing, own_postgres

pytestmark = pytest.mark.timeout(900)
FULL = os.environ.get("INLAY_TEST_STORM") == "full"
SIZE, MISSED, SEED, SECONDS = *((200, 40) if FULL else (90, 18)), 20, 300.0


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def org(calendar: Calendar) -> Iterator[Sandbox]:
    org = start(clock=calendar, fault_seed=SEED)
    yield org
    org.stop()


def storm(home: Path, database_url: str, org: Sandbox, model: FakeModelServer, workers: int) -> SalesforceStorm:
    calendar = org.accounts._clock
    assert isinstance(calendar, Calendar)
    return SalesforceStorm(
        hub_of=HubProcesses(home=home, database_url=database_url, model=model, workers=workers),
        org=org,
        size=SIZE,
        missed=MISSED,
        seed=SEED,
        calendar=calendar,
        acts=LONG if FULL else SHORT,
        troubles=3 if FULL else 1,
    )


def report(title: str, blown: SalesforceStorm, toll: Toll, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        figures = f"{blown.size} requests, {toll.messages} messages, {toll.kills} times killed"
        more = f"{toll.missed_by_messages} given up on, {toll.calls_troubled} calls troubled"
        doubt = f"{toll.calls_in_doubt} model calls in doubt"
        print(f"\n{title}, seed {blown.seed}: {', '.join(blown.told)}")  # noqa: T201
        print(f"{figures}, {more}, {doubt}, {toll.failures() or 'nothing lost or doubled'}")  # noqa: T201


def test_one_process_on_sqlite_dies_at_every_bad_moment(
    tmp_path: Path, org: Sandbox, fake_model: FakeModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    blown = storm(tmp_path, f"sqlite:///{tmp_path / 'inlay.db'}", org, fake_model, workers=0)
    toll = blown.blow(SECONDS)
    report("Salesforce and SQLite", blown, toll, capsys)
    assert toll.failures() == {}


def test_a_door_and_a_worker_on_postgres_die_at_every_bad_moment(
    tmp_path: Path, org: Sandbox, fake_model: FakeModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        with own_postgres() as database:
            blown = storm(tmp_path, database.url, org, fake_model, workers=1)
            toll = blown.blow(SECONDS)
            report("Salesforce and PostgreSQL", blown, toll, capsys)
            assert toll.failures() == {}
    except Missing as reason:
        absent(str(reason))
