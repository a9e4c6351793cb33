"""A hub on both databases and a Google Docs sandbox, for the stories of the path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.google_docs.sandbox import Sandbox, start
from hub.bootstrap import Hub
from tests import hubs
from tests.hubs import a_hub


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = start(check_replies=True)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def hub(tmp_path: Path, database_url: str, sandbox: Sandbox) -> Iterator[Hub]:
    with a_hub(tmp_path, database_url=database_url) as hub:
        hubs.connect(hub, sandbox.url)
        yield hub
