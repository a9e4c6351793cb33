"""What the tests of the DAM connector share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.dam import dialects
from connectors.dam.dialect import Dialect


@pytest.fixture
def shelves(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Dialect]]:
    """A registry of dialects that holds the test's own."""
    known: dict[str, Dialect] = {}
    monkeypatch.setattr(dialects, "every", lambda: known)
    yield known
