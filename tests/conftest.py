"""The fixtures every test may use: databases, brokers, the fake model server, recorded payloads, no network.

What a machine lacks is skipped with its reason. With ``INLAY_CI`` set it fails instead.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hub.testing.prepared import sqlite
from tests import prepared
from tests.fake_model_server import FakeModelServer, find_server
from tests.loopback import loopback_only
from tests.services import Absent, RabbitMQ, empty_postgres, empty_redis, private_rabbitmq

ROOT = Path(__file__).resolve().parents[1]
RECORDINGS = ROOT.parent / "shared" / "fixtures"
#: What begins first, by the start of its path: the longest storms, which mostly wait. What is not named comes last.
_ORDER = ("scale/test_salesforce_survives", "scale/test_dam_survives", "connectors/", "scale/", "browser/", "flow/")
KEPT = ("INLAY_CI", "INLAY_TEST_", "INLAY_AIMOCK")


def pytest_configure(config: pytest.Config) -> None:
    """Forget the developer's own settings: a test says what it needs, and never finds a real key.

    And let hypothesis take its time: how long an example takes tells of the machine and of the tests beside it.
    """
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")
    for name in list(os.environ):
        if name.startswith(("INLAY_", "OPENAI_")) and not name.startswith(KEPT):
            del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: a worker that begins a storm when the others are through is waited for alone."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(ROOT / "tests").as_posix()
        return next((number for number, start in enumerate(_ORDER) if path.startswith(start)), len(_ORDER))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: looking through it for garbage again and again costs minutes."""
    gc.collect()
    gc.freeze()


def absent(reason: str) -> None:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("INLAY_CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    with loopback_only():
        yield


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A ``postgresql://`` URL of a new, empty database; it is dropped afterwards."""
    try:
        with empty_postgres() as url:
            yield url
    except Absent as error:
        absent(str(error))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table. A test that takes this runs twice: on SQLite and on PostgreSQL."""
    return (
        f"sqlite:///{tmp_path / 'inlay.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the hub's schema and no row; as ``empty_database_url``, a test runs on both."""
    if request.param == "sqlite":
        yield sqlite(tmp_path / "inlay.db")
        return
    try:
        with prepared.postgres() as url:
            yield url
    except Absent as error:
        absent(str(error))


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A ``redis://`` URL of a database number nobody else uses; it is emptied before and after."""
    try:
        with empty_redis() as url:
            yield url
    except Absent as error:
        absent(str(error))


@pytest.fixture
def rabbitmq(monkeypatch: pytest.MonkeyPatch) -> Iterator[RabbitMQ]:
    """A RabbitMQ server and a queue prefix of the test's own, which is also set as ``INLAY_QUEUE_PREFIX``."""
    try:
        with private_rabbitmq() as broker:
            monkeypatch.setenv("INLAY_QUEUE_PREFIX", broker.prefix)
            yield broker
    except Absent as error:
        absent(str(error))


@pytest.fixture
def rabbitmq_url(rabbitmq: RabbitMQ) -> str:
    """The ``amqp://`` URL of ``rabbitmq``."""
    return rabbitmq.url


@pytest.fixture(scope="session")
def _fake_model_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeModelServer]:
    program = find_server(ROOT)
    if program is None:
        absent("The fake model server is not installed: `make test` installs it when Node is there.")
    with FakeModelServer.started(program, tmp_path_factory.mktemp("fake-model")) as server:
        yield server


@pytest.fixture
def fake_model(_fake_model_process: FakeModelServer) -> FakeModelServer:
    """An OpenAI-compatible server that answers as told. Each test finds it without journal or faults."""
    _fake_model_process.reset()
    return _fake_model_process


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of recorded vendor payloads."""
    if not RECORDINGS.is_dir():
        pytest.skip(f"There is no folder {RECORDINGS.parent.name}/{RECORDINGS.name} beside the project.")
    return RECORDINGS
