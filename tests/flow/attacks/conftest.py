"""What the attacks share: a site on a real socket, and a Google Docs sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.google_docs.sandbox import Sandbox, start
from tests.flow.web.conftest import _served
from tests.flow.web.site import Site, open_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A hub with the teams brand and crm, a person of each role, and its application."""
    with open_site(tmp_path) as opened:
        yield opened


@pytest.fixture
def served(site: Site) -> Iterator[str]:
    """The address of a real server on a socket in front of ``site``."""
    with _served(site.app) as url:
        yield url


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A Google Docs stand-in on this machine."""
    sandbox = start(check_replies=True)
    yield sandbox
    sandbox.stop()
