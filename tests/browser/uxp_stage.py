"""Photoshop or InDesign around the panel: its files as they are packed, and UXP's modules as the only stand-in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from wsgiref.simple_server import make_server

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from connectors.dam.panels import packages
from connectors.dam.sandbox import start
from hub.demo import free_port
from hub.sdk import Model
from hub.store import connections
from tests.browser.conftest import Quiet, Server
from tests.flow.web.site import Site, open_site
from tests.hubs import TEAM

#: Where the panel's files are shown from. UXP has no such address, and its network knows no CORS.
HERE = "https://panel.example"
MODULES = Path(__file__).parents[1] / "connectors" / "dam" / "panels" / "uxp_modules.js"
_TYPES = {".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".json": "application/json"}


@dataclass
class Stage:
    """A program with the panel in it, the person's browser beside it, and the hub both talk to."""

    program: str
    site: Site
    url: str
    context: BrowserContext
    page: Page
    files: dict[str, str]
    pictures: Path
    complaints: list[str] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Put a text into the document."""
        self.page.evaluate(f"(words) => design.{'write' if self.program == 'photoshop' else 'frame'}(words)", text)

    def texts(self) -> list[str]:
        found = "design.texts()" if self.program == "photoshop" else "design.layers.map((one) => one.words)"
        return [text.replace("\r", "\n") for text in self.page.evaluate(found)]

    def steps(self) -> list[str]:
        """What a person could undo."""
        return self.page.evaluate("design.steps")

    def sign_in(self) -> None:
        """Let the panel in on the page it opened in the person's browser."""
        self.page.get_by_role("button", name="Sign in").click()
        shown = self.page.locator("p.code")
        expect(shown).to_be_visible()
        code = shown.inner_text()
        self.page.screenshot(path=self.pictures / f"{self.program}-code.png")
        self.page.wait_for_function("design.opened.length === 1")
        browser = self.context.new_page()
        browser.goto(self.page.evaluate("design.opened[0]"))
        browser.get_by_role("button", name="Mara").click()
        expect(browser.get_by_text(code)).to_be_visible()
        browser.get_by_role("button", name="Allow").click()
        browser.close()
        expect(self.page.get_by_role("heading", name="What do you need?")).to_be_visible(timeout=15_000)

    def run(self, template: str, **fields: str) -> None:
        self.page.get_by_role("button", name=template).click()
        for name, value in fields.items():
            self.page.locator(f"#in-{name}").fill(value)
        self.page.get_by_role("button", name="Run", exact=True).click()


@contextmanager
def uxp(browser: Browser, home: Path, model: Model, pictures: Path, program: str) -> Iterator[Stage]:
    port = free_port("127.0.0.1", 0)
    url = f"http://127.0.0.1:{port}"
    dam = start(sample=False, dialect="aem")
    with open_site(home, model=model, public_url=url, demo=True) as site:
        row = site.hub.parts.connections.sealed("dam", "dam", dam.settings(), sandbox=True, now=site.hub.parts.clock())
        with site.hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, "dam", TEAM, {})
        server = make_server("127.0.0.1", port, site.app, server_class=Server, handler_class=Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        made = packages(site.hub.parts.connections.get("dam")[1], f"{url}/connect/dam/dam")
        folder = f"panels/{program}/"
        files = {name.removeprefix(folder): text for name, text in made.items() if name.startswith(folder)}
        context = browser.new_context(viewport={"width": 300, "height": 640})
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.add_init_script(path=MODULES)
        page.route(f"{HERE}/**", lambda route: _file(route, files))
        page.route(f"{url}/**", _without_cors)
        stage = Stage(program, site, url, context, page, files, pictures)
        page.on("pageerror", lambda error: stage.complaints.append(str(error)))
        page.goto(f"{HERE}/index.html")
        try:
            yield stage
        finally:
            context.close()
            server.shutdown()
            server.server_close()
            thread.join(5)
            dam.stop()


def _file(route: Route, files: dict[str, str]) -> None:
    name = route.request.url.removeprefix(f"{HERE}/").partition("?")[0]
    if name not in files:
        return route.fulfill(status=404, body="")
    kind = _TYPES[Path(name).suffix]
    return route.fulfill(status=200, body=files[name], headers={"Content-Type": f"{kind}; charset=utf-8"})


def _without_cors(route: Route) -> None:
    """The call as UXP makes it: the hub's own answer, let through whatever its origin rules say."""
    allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
    if route.request.method == "OPTIONS":
        return route.fulfill(status=204, headers=allowed)
    answer = route.fetch()
    return route.fulfill(response=answer, headers={**answer.headers, **allowed})
