"""Whatever dies, nothing is lost, no finished model call is repeated and nothing is written twice.

``INLAY_TEST_STORM=full`` blows the whole storm (300 runs, 15 kills); otherwise a short one of the same kind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.google_docs.sandbox import Sandbox, start
from tests.conftest import absent
from tests.fake_model_server import FakeModelServer
from tests.scale.servers import Missing, own_postgres, own_rabbitmq, own_redis
from tests.scale.storm import Count, Storm

pytestmark = pytest.mark.timeout(900)
FULL = os.environ.get("INLAY_TEST_STORM") == "full"
SIZE, KILLS, FREEZES, SECONDS = (300, 16, 4, 500.0) if FULL else (60, 4, 1, 150.0)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = start(sample=False)
    yield sandbox
    sandbox.stop()


def report(title: str, count: Count, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        figures = f"{count.runs} runs, {count.kills} kills, {count.freezes} freezes"
        print(f"\n{title}: {figures}, {count.calls_in_doubt} calls in doubt, {count.failures() or 'nothing lost'}")  # noqa: T201


@pytest.mark.parametrize("broker", ["redis", "rabbitmq"])
def test_three_workers_on_postgres_survive_kills_freezes_and_outages(
    broker: str,
    tmp_path: Path,
    sandbox: Sandbox,
    fake_model: FakeModelServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own_broker = own_redis if broker == "redis" else own_rabbitmq
    try:
        with own_postgres() as database, own_broker(tmp_path) as server:
            storm = Storm(
                home=tmp_path,
                database_url=database.url,
                broker_url=server.url,
                prefix="storm",
                sandbox=sandbox,
                model=fake_model,
                size=SIZE,
                workers=3,
                kills=KILLS,
                freezes=FREEZES,
                outages=((server.kill, server.start), (database.kill, database.start)),
            )
            count = storm.blow(SECONDS)
    except Missing as reason:
        absent(str(reason))
    report(f"PostgreSQL and {broker}", count, capsys)
    assert count.kills >= KILLS
    assert count.failures() == {}


def test_one_process_on_sqlite_survives_kills(
    tmp_path: Path, sandbox: Sandbox, fake_model: FakeModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    storm = Storm(
        home=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'inlay.db'}",
        broker_url="",
        prefix="storm",
        sandbox=sandbox,
        model=fake_model,
        size=SIZE,
        workers=1,
        kills=KILLS,
        freezes=0,
        calm=(4.0, 7.0),
    )
    count = storm.blow(SECONDS)
    report("SQLite", count, capsys)
    assert count.kills >= KILLS
    assert count.failures() == {}
