"""Adobe Express around the panel: its files come from the add-on's own origin, and only Adobe's SDK is not real."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from connectors.dam.panels import packages
from connectors.dam.sandbox import Sandbox, start
from hub.demo import free_port
from hub.sdk import Model
from hub.store import connections
from tests.browser.conftest import Quiet, Server
from tests.flow.web.site import Site, open_site
from tests.hubs import TEAM

ORIGIN = "https://w4u1fd2b0.wxp.adobe-addons.com"
SDK = Path(__file__).parents[1] / "connectors" / "dam" / "panels" / "express_sdk.js"
#: What Adobe's page does at the end of a sign-in: it hands the answer to the window that opened it, and closes.
REDIRECTED = "<script>opener.postMessage({ search: location.search }, '*'); close();</script>"
_TYPES = {".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".json": "application/json"}


@dataclass
class Stage:
    """A designer's program with the panel in it, and the hub the panel belongs to."""

    site: Site
    url: str
    dam: Sandbox
    context: BrowserContext
    page: Page
    files: dict[str, str]
    pictures: Path
    complaints: list[str] = field(default_factory=list)

    def open(self, theme: str = "light") -> None:
        self.page.goto(f"{ORIGIN}/index.html?theme={theme}")

    def write(self, *texts: str) -> None:
        """Put text boxes on the page of the design."""
        for text in texts:
            self.page.evaluate("(words) => design.write(words)", text)

    def texts(self) -> list[str]:
        return self.page.evaluate("design.boxes.map((box) => box.fullContent.text)")

    def sign_in(self, who: str = "Mara") -> None:
        """Click through Adobe's window as a person does: who I am, if the hub does not know yet, and that it may."""
        with self.page.expect_popup() as opened:
            self.page.get_by_role("button", name="Sign in").click()
        window = opened.value
        if who:
            window.get_by_role("button", name=who).click()
        self.picture("sign-in-window", window)
        window.get_by_role("button", name="Allow").click()
        expect(self.page.get_by_role("heading", name="What do you need?")).to_be_visible()

    def run(self, template: str, **fields: str) -> None:
        self.page.get_by_role("button", name=template).click()
        for name, value in fields.items():
            self.page.locator(f"#in-{name}").fill(value)
        self.page.get_by_role("button", name="Run", exact=True).click()

    def picture(self, name: str, page: Page | None = None) -> None:
        (page or self.page).screenshot(path=self.pictures / f"express-{name}.png", full_page=True)


@contextmanager
def express(
    browser: Browser, home: Path, model: Model, pictures: Path, *, origin: str = ORIGIN, width: int = 320
) -> Iterator[Stage]:
    """``origin`` is the one the connection allows; the panel's own is always ``ORIGIN``."""
    port = free_port("127.0.0.1", 0)
    url = f"http://127.0.0.1:{port}"
    dam = start(sample=False, dialect="aem")
    with open_site(home, model=model, public_url=url, demo=True) as site:
        given = {**dam.settings(), "panel_origins": [origin]}
        row = site.hub.parts.connections.sealed("dam", "dam", given, sandbox=True, now=site.hub.parts.clock())
        with site.hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, "dam", TEAM, {})
        server = make_server("127.0.0.1", port, site.app, server_class=Server, handler_class=Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        opened = site.hub.parts.connections.get("dam")[1]
        made = packages(opened, f"{url}/connect/dam/dam")
        files = {name.removeprefix("panels/express/"): text for name, text in made.items() if "/express/" in name}
        context = browser.new_context(viewport={"width": width, "height": 900})
        # The hub of a test is on this machine, which a browser asks its person about. A hub of a team is not.
        context.grant_permissions(["local-network-access"], origin=ORIGIN)
        page = context.new_page()
        page.set_default_timeout(15_000)
        stage = Stage(site, url, dam, context, page, files, pictures)
        context.route(f"{ORIGIN}/**", lambda route: _file(route, files))
        context.route("https://*.adobe.com/**", _adobe)
        context.route("https://express.adobe.com/**", _adobe)
        page.on("pageerror", lambda error: stage.complaints.append(str(error)))
        try:
            yield stage
        finally:
            context.close()
            server.shutdown()
            server.server_close()
            thread.join(5)
            dam.stop()


def _file(route: Route, files: dict[str, str]) -> None:
    name = route.request.url.removeprefix(f"{ORIGIN}/").partition("?")[0]
    if name not in files:
        return route.fulfill(status=404, body="")
    kind = _TYPES[Path(name).suffix]
    return route.fulfill(status=200, body=files[name], headers={"Content-Type": f"{kind}; charset=utf-8"})


def _adobe(route: Route) -> None:
    url: str = route.request.url
    headers: dict[str, Any] = {"Access-Control-Allow-Origin": "*"}
    if url.endswith("/static/add-on-sdk/sdk.js"):
        return route.fulfill(body=SDK.read_text("utf-8"), headers={**headers, "Content-Type": "text/javascript"})
    if "/static/oauth-redirect.html" in url:
        return route.fulfill(body=REDIRECTED, headers={**headers, "Content-Type": "text/html"})
    return route.fulfill(status=404, body="")
