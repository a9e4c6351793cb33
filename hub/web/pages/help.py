"""Help: the guides that ship with the hub, and what each kind of problem means."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

import hub as package
from hub.bootstrap import Hub
from hub.errors import UnknownName
from hub.web import problems

GUIDES = Path(package.__file__).parent / "docs"
#: The guides in the order people need them; any other comes after these.
ORDER = (
    "start",
    "write-in-google-docs",
    "connect-google-docs",
    "deploy-google-docs-addons",
    "connect-salesforce",
    "connect-a-dam",
    "adobe-panels",
    "connect-a-model",
    "how-a-run-works",
    "governance",
    "use-the-api",
    "send-webhooks",
    "write-a-template",
    "write-a-connector",
    "run-in-production",
    "reference",
)
_HEADING = re.compile(r"^#\s+(.+)$", re.MULTILINE)
_FIRST_SENTENCE = re.compile(r"^#[^\n]*\n+(.+?\.)(?=\s)", re.DOTALL)
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
_GUIDE_LINK = re.compile(r'href="(?:\./)?([\w-]+)\.md(#[\w-]*)?"')
_FRAME = '<div class="scroll" tabindex="0" role="group" aria-label="Table">'


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide: its name in the address, its title, what it is about in a sentence, and its text as Markdown."""

    name: str
    title: str
    about: str
    text: str


def blueprint(_hub: Hub) -> Blueprint:
    page = Blueprint("help", __name__)

    @page.get("/help")
    def every() -> str:
        return render_template("help.html", guides=list(guides().values()))

    @page.get("/help/problems")
    def kinds() -> str:
        return render_template("problems.html", kinds=problems.EVERY)

    @page.get("/help/templates/<name>")
    def of_template(name: str) -> Response:
        """Where a template's help points: its own page holds its help."""
        return redirect(url_for("templates.show", name=name))

    @page.get("/help/<name>")
    def show(name: str) -> str:
        guide = guides().get(name)
        if guide is None:
            raise UnknownName("There is no guide of this name.", instead="Look at the list of guides.")
        return render_template("guide.html", guide=guide, text=rendered(guide.text))

    return page


@cache
def guides() -> dict[str, Guide]:
    """Every guide that ships, by name, in reading order."""
    found: dict[str, Guide] = {}
    places = {name: place for place, name in enumerate(ORDER)}
    for path in sorted(GUIDES.glob("*.md"), key=lambda path: (places.get(path.stem, len(ORDER)), path.stem)):
        text = path.read_text(encoding="utf-8")
        heading = _HEADING.search(text)
        title = heading.group(1).strip() if heading else path.stem.replace("-", " ").capitalize()
        said = _FIRST_SENTENCE.match(text)
        about = " ".join(said.group(1).replace("`", "").split()) if said else ""
        found[path.stem] = Guide(path.stem, title, about, text)
    return found


def rendered(text: str) -> Markup:
    """Markdown as HTML. HTML in it is shown as text, not taken as markup; links between guides lead to their pages, and
    each heading has the anchor it has in a repository's viewer."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(text)
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", _NOT_IN_ANCHORS.sub("", inline.content.lower()).strip().replace(" ", "-"))
    html = reader.renderer.render(tokens, reader.options, {})
    # What is wider than a phone scrolls inside its own frame, which the keyboard reaches too.
    html = html.replace("<table>", _FRAME + "<table>").replace("</table>", "</table></div>")
    html = html.replace("<pre>", '<pre tabindex="0">')
    return Markup(_GUIDE_LINK.sub(r'href="/help/\1\2"', html))
