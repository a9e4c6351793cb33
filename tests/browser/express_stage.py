"""Adobe Express around the panel: its files come from the add-on's own origin, and only Adobe's page and SDK are not
real. The panel is in a frame that may do what its manifest asks for, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route, expect

from connectors.dam.sandbox import Sandbox
from hub.sdk import Model
from tests.browser.panel_hub import STANDS, file_of, panel_hub
from tests.flow.web.site import Site

ORIGIN = "https://w4u1fd2b0.wxp.adobe-addons.com"
EXPRESS = "https://new.express.adobe.com"
#: What every add-on may do (developer.adobe.com/express/add-ons/docs/guides/learn/platform_concepts/context).
FREE = ("allow-scripts", "allow-same-origin")
HEIGHT = 900
#: What Adobe's page does at the end of a sign-in: it hands the answer to the window that opened it, and closes.
REDIRECTED = "<script>opener.postMessage({ search: location.search }, '*'); close();</script>"


@dataclass
class Stage:
    """A designer's program, ``window``, with the panel in it, ``page``, and the hub the panel belongs to."""

    site: Site
    url: str
    dam: Sandbox
    context: BrowserContext
    window: Page
    files: dict[str, str]
    pictures: Path
    width: int
    complaints: list[str] = field(default_factory=list)

    def open(self, theme: str = "light") -> None:
        self.window.goto(f"{EXPRESS}/?theme={theme}")

    @property
    def page(self) -> Frame:
        found = self.window.frame(url=lambda url: url.startswith(ORIGIN))
        assert found is not None
        return found

    def write(self, *texts: str) -> None:
        """Put text boxes on the page of the design."""
        for text in texts:
            self.page.evaluate("(words) => design.write(words)", text)

    def texts(self) -> list[str]:
        return self.page.evaluate("design.boxes.map((box) => box.fullContent.text)")

    def sign_in(self, who: str = "Mara", answer: str = "Allow", then: str = "What do you need?") -> None:
        """Click through Adobe's window as a person does: who I am, if the hub does not know yet, and whether it may."""
        with self.window.expect_popup() as opened:
            self.page.get_by_role("button", name="Sign in").click()
        window = opened.value
        if who:
            window.get_by_role("button", name=who).click()
        self.picture("sign-in-window", window)
        window.get_by_role("button", name=answer).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(then)

    def run(self, template: str, **fields: str) -> None:
        self.page.get_by_role("button", name=template).click()
        for name, value in fields.items():
            self.page.locator(f"#in-{name}").fill(value)
        self.page.get_by_role("button", name="Run", exact=True).click()

    def picture(self, name: str, page: Page | None = None) -> None:
        if page is None:
            tall = self.page.evaluate("document.documentElement.scrollHeight")
            self.window.set_viewport_size({"width": self.width, "height": max(tall, HEIGHT)})
        (page or self.window).screenshot(path=self.pictures / f"express-{name}.png", full_page=True)
        self.window.set_viewport_size({"width": self.width, "height": HEIGHT})


@contextmanager
def express(
    browser: Browser, home: Path, model: Model, pictures: Path, *, origin: str = ORIGIN, width: int = 320
) -> Iterator[Stage]:
    """``origin`` is the one the connection allows; the panel's own is always ``ORIGIN``."""
    with panel_hub(home, model, panel_origins=[origin]) as hub:
        files = hub.files("express")
        context = browser.new_context(viewport={"width": width, "height": HEIGHT})
        # The hub of a test is on this machine, which a browser asks its person about. A hub of a team is not.
        for asking in (ORIGIN, EXPRESS):
            context.grant_permissions(["local-network-access"], origin=asking)
        window = context.new_page()
        window.set_default_timeout(15_000)
        stage = Stage(hub.site, hub.url, hub.dam, context, window, files, pictures, width)
        context.route(f"{ORIGIN}/**", lambda route: file_of(route, ORIGIN, files))
        context.route(f"{EXPRESS}/**", lambda route: _adobe(route, files))
        window.on("pageerror", lambda error: stage.complaints.append(str(error)))
        try:
            yield stage
        finally:
            context.close()


def _adobe(route: Route, files: dict[str, str]) -> None:
    url = urlsplit(route.request.url)
    if url.path == "/static/add-on-sdk/sdk.js":
        text, kind = (STANDS / "express_sdk.js").read_text("utf-8"), "text/javascript"
    elif url.path == "/static/oauth-redirect.html":
        text, kind = REDIRECTED, "text/html"
    elif url.path == "/":
        asked = json.loads(files["manifest.json"])["entryPoints"][0]["permissions"]["sandbox"]
        text, kind = (STANDS / "express_page.html").read_text("utf-8"), "text/html"
        put = {"SANDBOX": " ".join((*FREE, *asked)), "PANEL": f"{ORIGIN}/index.html?{url.query}", "ORIGIN": ORIGIN}
        for name, value in put.items():
            text = text.replace(f"@{name}@", value)
    else:
        return route.fulfill(status=404, body="")
    return route.fulfill(body=text, headers={"Access-Control-Allow-Origin": "*", "Content-Type": kind})
