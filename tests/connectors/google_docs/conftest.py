"""The bench of the Google Docs connector's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.google_docs import write_back
from connectors.google_docs.sandbox import start
from tests.connectors.google_docs.connector_bench import Bench


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A sandbox of the test's own, whose every reply is held against Google's schema."""
    monkeypatch.setattr(write_back, "PAUSE", 0.001)
    sandbox = start(sample=False, check_replies=True)
    try:
        yield Bench(sandbox)
        assert sandbox.violations == []
    finally:
        sandbox.stop()
