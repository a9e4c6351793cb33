"""Two hundred requests in Salesforce become two hundred outputs, whatever dies and whatever the org does meanwhile.

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
from tests.scale.org_storm import OrgStorm, Toll
from tests.scale.servers import Missing, own_postgres

pytestmark = pytest.mark.timeout(900)
FULL = os.environ.get("INLAY_TEST_STORM") == "full"
SIZE, MISSED, KILLS, SECONDS = (200, 30, 12, 400.0) if FULL else (60, 10, 3, 60.0)


@pytest.fixture
def org() -> Iterator[Sandbox]:
    org = start()
    yield org
    org.stop()


def report(title: str, toll: Toll, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        figures = f"{toll.requests} requests, {toll.messages} messages, {toll.kills} kills"
        more = f"{toll.missed_by_messages} found by the sweep alone, {toll.calls_in_doubt} calls in doubt"
        print(f"\n{title}: {figures}, {more}, {toll.failures() or 'nothing lost or doubled'}")  # noqa: T201


def test_one_process_on_sqlite(
    tmp_path: Path, org: Sandbox, fake_model: FakeModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'inlay.db'}"
    storm = OrgStorm(
        home=tmp_path,
        database_url=url,
        org=org,
        model=fake_model,
        size=SIZE,
        missed=MISSED,
        kills=KILLS,
        workers=0,
    )
    toll = storm.blow(SECONDS)
    report("An org and SQLite", toll, capsys)
    assert toll.kills == KILLS
    assert toll.failures() == {}


def test_a_door_and_a_worker_on_postgres(
    tmp_path: Path, org: Sandbox, fake_model: FakeModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        with own_postgres() as database:
            storm = OrgStorm(
                home=tmp_path,
                database_url=database.url,
                org=org,
                model=fake_model,
                size=SIZE,
                missed=MISSED,
                kills=KILLS,
                workers=1,
            )
            toll = storm.blow(SECONDS)
    except Missing as reason:
        absent(str(reason))
    report("An org and PostgreSQL", toll, capsys)
    assert toll.kills == KILLS
    assert toll.failures() == {}
