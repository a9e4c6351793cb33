"""A person with a document open beside a hub of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.google_docs.addon_stage import Desk, a_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Mara with the sidebar open; the model answers ``tests.hubs.answer()``."""
    with a_desk(tmp_path) as opened:
        yield opened
