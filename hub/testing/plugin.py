"""The pytest plugin that comes with Inlay: what a plugin's own tests find without importing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hub.testing.fake_model import FakeModel


@pytest.fixture
def inlay_fake_model() -> FakeModel:
    """A model in this process that answers one variant and keeps what it was asked. See ``hub.testing.FakeModel``."""
    # Imported here: pytest loads this module in every project of the environment, also where Inlay plays no part.
    from hub.testing.fake_model import FakeModel

    return FakeModel()
