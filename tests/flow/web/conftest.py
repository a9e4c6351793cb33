"""What the tests of the web side share: a hub with two teams, its web application, and a real server in front of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from connectors.google_docs.sandbox import Sandbox, start
from tests.flow.web.site import Site, open_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A hub with the teams brand and crm, a person of each role, and its application."""
    with open_site(tmp_path) as opened:
        yield opened


@pytest.fixture
def docs() -> Iterator[Sandbox]:
    """A stand-in for Google Docs with its sample documents."""
    docs = start()
    yield docs
    docs.stop()


@contextmanager
def _served(app: object) -> Iterator[str]:
    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def served(site: Site) -> Iterator[str]:
    """The address of a real server on a socket in front of ``site``."""
    with _served(site.app) as url:
        yield url


@pytest.fixture
def open_at(tmp_path: Path) -> Callable[..., object]:
    """``open_site`` in this test's folder, for tests that want other settings or another model."""
    return lambda **given: open_site(tmp_path, **given)
