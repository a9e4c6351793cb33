"""Photoshop or InDesign around the panel: its files as they are packed, and UXP's modules as the only stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.testing import FakeModel
from hub.web.panels import Panels
from tests.browser.panel_hub import STANDS, PanelHub, file_of, panel_hub

#: Where the panel's files are shown from. UXP has no such address, and its network knows no CORS.
HERE = "https://panel.example"


class Turn:
    """The model of one test, behind the hub of all."""

    def __init__(self) -> None:
        self.now = FakeModel()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


@dataclass
class Office:
    """The hub that the panels of all programs belong to."""

    hub: PanelHub
    turn: Turn
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, program: str) -> str:
        """A sign-in of Mara's that is not over."""
        if program not in self.tokens:
            panels = Panels(self.hub.site.hub)
            found = panels.find("dam", "dam", program)
            assert found is not None
            code, shown = panels.begin(found)
            assert panels.answer(shown, "mara@example.com", allowed=True)
            self.tokens[program] = panels.poll(found, code)
        return self.tokens[program]


@dataclass
class Stage:
    """A program with the panel in it, and the person's browser beside it."""

    program: str
    office: Office
    model: FakeModel
    context: BrowserContext
    page: Page
    files: dict[str, str]
    pictures: Path
    complaints: list[str] = field(default_factory=list)

    def open(self, *, signed_in: bool = True) -> None:
        """Open the panel, within the hour of a sign-in or for the first time."""
        if signed_in:
            kept = {"token": json.dumps({"token": self.office.token(self.program), "until": 4e12})}
            self.page.add_init_script(f"globalThis.keptBefore = {json.dumps(kept)};")
        else:
            # The panel asks every five seconds whether somebody has let it in.
            self.page.clock.install()
        # Before the panel's first script and after its settings, as a program gives `require` to what it opens.
        self.files["config.js"] += (STANDS / "uxp_modules.js").read_text("utf-8")
        self.page.goto(f"{HERE}/index.html")
        heading = "What do you need?" if signed_in else "Sign in to Inlay"
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible()

    def write(self, text: str, **more: bool) -> None:
        """Put a text into the document."""
        self.page.evaluate("([words, more]) => design.write(words, more)", [text, more])

    def set(self, **given: Any) -> None:
        """What the program is like now."""
        self.page.evaluate("(given) => { Object.assign(design, given); }", given)

    def design(self, name: str) -> Any:
        return self.page.evaluate(f"design.{name}")

    def texts(self) -> list[str]:
        return [text.replace("\r", "\n") for text in self.design("texts()")]

    def steps(self) -> list[str]:
        """What a person could undo."""
        return self.design("steps")

    def run(self, template: str, **fields: str) -> None:
        self.page.locator(f"#pick-{template}").click()
        for name, value in fields.items():
            self.page.locator(f"#in-{name}").fill(value)
        self.page.get_by_role("button", name="Run", exact=True).click()

    def says(self, words: str) -> None:
        expect(self.page.locator("#said")).to_have_text(words)

    def refused(self, words: str) -> None:
        expect(self.page.get_by_role("alert")).to_contain_text(words)

    def picture(self, name: str) -> None:
        self.page.screenshot(path=self.pictures / f"{self.program}-{name}.png", full_page=True)


@contextmanager
def office(home: Path) -> Iterator[Office]:
    turn = Turn()
    model: Any = turn
    with panel_hub(home, model, _without_cors) as hub:
        yield Office(hub, turn)


@contextmanager
def uxp(at: Office, browser: Browser, program: str, model: FakeModel, pictures: Path) -> Iterator[Stage]:
    at.turn.now = model
    files = at.hub.files(program)
    context = browser.new_context(viewport={"width": 300, "height": 640})
    # The hub of a test is on this machine, which a browser asks its person about.
    context.grant_permissions(["local-network-access"], origin=HERE)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.route(f"{HERE}/**", lambda route: file_of(route, HERE, files))
    stage = Stage(program, at, model, context, page, files, pictures)
    page.on("pageerror", lambda error: stage.complaints.append(str(error)))
    try:
        yield stage
    finally:
        context.close()


def _without_cors(app: Any) -> Any:
    """The hub as UXP reaches it, whose network asks about no origin. The hub itself answers as it always does."""
    allowed = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "authorization, content-type")]

    def answer(environ: dict[str, Any], begin: Callable[..., Any]) -> Any:
        if environ["REQUEST_METHOD"] == "OPTIONS":
            begin("204 No Content", allowed)
            return []
        return app(environ, lambda status, headers, *more: begin(status, [*headers, *allowed], *more))

    return answer
