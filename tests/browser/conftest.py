"""A real browser for the tests of the pages: the Chromium of this machine, and a site on a socket for it to visit."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.conftest import absent
from tests.flow.web.site import Site, open_site

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        absent("Chromium is not installed: install it as `chromium` to see the pages in a browser.")
    # Patience for a machine that runs all the other tests too. A page that never gets there fails all the same.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        # --no-sandbox: the browser's own sandbox does not start for an administrator, as in most containers.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which looks for barriers in a page."""
    path = Path(os.environ.get("INLAY_TEST_AXE", ""))
    if not path.is_file():
        absent("axe-core is not here: name its axe.min.js in INLAY_TEST_AXE.")
    return path.read_text(encoding="utf-8")


@contextmanager
def watched(browser: Browser, url: str, *, but: Sequence[int] = ()) -> Iterator[Page]:
    """A page that fails the test when the browser complains about anything of this site, other than answers of these
    statuses."""
    context = browser.new_context(base_url=url)
    page = context.new_page()
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        where = message.location["url"]
        if message.type in ("error", "warning") and (not where or where.startswith(url)):
            said.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [one for one in said if not any(f"status of {status} " in one for status in but)] == []


@contextmanager
def signed_in(browser: Browser, url: str, name: str, *, but: Sequence[int] = ()) -> Iterator[Page]:
    """A watched page of somebody's."""
    with watched(browser, url, but=but) as page:
        page.goto("/sign-in")
        page.get_by_role("button", name=name).click()
        yield page


def look(page: Page, axe: str, name: str) -> None:
    """The page bars nobody, in both themes and at both widths."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in (390, 1200):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(axe)
            found = page.evaluate("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")
            assert found == [], (name, scheme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            if folder := os.environ.get("INLAY_TEST_SHOTS"):
                page.screenshot(path=f"{folder}/{name}-{scheme}-{width}.png", full_page=True)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path, demo=True) as opened:
        yield opened


@pytest.fixture
def url(site: Site) -> Iterator[str]:
    with served(site) as url:
        yield url


@contextmanager
def served(site: Site, port: int = 0) -> Iterator[str]:
    """The address of a server in front of the site."""
    server = make_server("127.0.0.1", port, site.app, server_class=Server, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)
