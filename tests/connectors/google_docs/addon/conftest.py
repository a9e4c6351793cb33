"""A person with a document open beside a hub of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hub.testing import FakeModel
from tests.connectors.google_docs.addon_stage import Desk, a_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Mara with the sidebar open; the model answers ``tests.hubs.answer()``."""
    with a_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def desk_with(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Makes a desk whose model gives these answers in order."""
    with ExitStack() as stack:
        yield lambda *answers, **given: stack.enter_context(
            a_desk(tmp_path, **({"model": FakeModel(*answers)} if answers else {}), **given)
        )


@pytest.fixture(params=["text", "block"])
def wholes(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How a range over a whole paragraph comes back: Google does not say whether as its text or as the paragraph."""
    return {"wholes": request.param}
