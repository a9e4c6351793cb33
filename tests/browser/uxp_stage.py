"""Photoshop or InDesign around the panel: its files as they are packed, and UXP's modules as the only stand-in."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
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
        expect(self.page.get_by_role("heading", name="What do you need?")).to_be_visible(timeout=15_000)

    def come_back(self) -> None:
        """Open the panel again within the hour of a sign-in, which takes no waiting for a code."""
        client, form = self.site.client(), {"client_id": self.program}
        begun = client.post("/connect/dam/dam/panel/device", data=form).json
        code = begun["user_code"]
        self.site.browser("mara").post("/panel", {"code": code, "answer": "allow"}, at=f"/panel?code={code}")
        grant = "urn:ietf:params:oauth:grant-type:device_code"
        asked = {**form, "grant_type": grant, "device_code": begun["device_code"]}
        given = client.post("/connect/dam/dam/panel/token", data=asked).json
        kept = {"token": json.dumps({"token": given["access_token"], "until": 4e12})}
        self.page.add_init_script(f"globalThis.keptBefore = {json.dumps(kept)};")
        self.page.add_init_script(path=MODULES)
        self.page.reload()
        expect(self.page.get_by_role("heading", name="What do you need?")).to_be_visible()

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
        server = make_server("127.0.0.1", port, _without_cors(site.app), server_class=Server, handler_class=Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        made = packages(site.hub.parts.connections.get("dam")[1], f"{url}/connect/dam/dam")
        folder = f"panels/{program}/"
        files = {name.removeprefix(folder): text for name, text in made.items() if name.startswith(folder)}
        context = browser.new_context(viewport={"width": 300, "height": 640})
        # The hub of a test is on this machine, which a browser asks its person about.
        context.grant_permissions(["local-network-access"], origin=HERE)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.add_init_script(path=MODULES)
        page.route(f"{HERE}/**", lambda route: _file(route, files))
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


def _without_cors(app: Any) -> Any:
    """The hub as UXP reaches it, whose network asks about no origin. The hub itself answers as it always does."""
    allowed = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "authorization, content-type")]

    def answer(environ: dict[str, Any], begin: Callable[..., Any]) -> Any:
        if environ["REQUEST_METHOD"] == "OPTIONS":
            begin("204 No Content", allowed)
            return []
        return app(environ, lambda status, headers, *more: begin(status, [*headers, *allowed], *more))

    return answer
