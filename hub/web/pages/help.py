"""Help: the guides that ship with the hub, and what each kind of problem means."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

import hub as package
from hub.bootstrap import Hub
from hub.errors import UnknownName
from hub.web import problems
from hub.web.pages.help_search import Index, Section

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

GUIDES = Path(package.__file__).parent / "docs"
#: The guides in the order people need them; any other comes after these.
ORDER = (
    "start",
    "sign-in",
    "administer",
    "write-in-google-docs",
    "switch-on-connectors",
    "connect-google-docs",
    "deploy-google-docs-addons",
    "connect-salesforce",
    "connect-a-dam",
    "adobe-panels",
    "connect-a-model",
    "how-a-run-works",
    "review-drafts",
    "governance",
    "claims",
    "lineage",
    "use-the-api",
    "send-webhooks",
    "notifications",
    "write-a-template",
    "write-a-connector",
    "run-in-production",
    "audit",
    "reference",
)
#: What a problem can be called and is explained under that name.
CODES = frozenset(kind.code for kind in problems.EVERY)
#: The guide that fits the pages of a blueprint.
GUIDE_OF = {
    "run": "how-a-run-works",
    "runs": "how-a-run-works",
    "reviews": "review-drafts",
    "templates": "write-a-template",
    "notifications": "notifications",
    "provenance": "lineage",
    "policy": "governance",
    "connectors": "start",
    "admin": "run-in-production",
}
_HEADING = re.compile(r"^#\s+(.+)$", re.MULTILINE)
_FIRST_SENTENCE = re.compile(r"^#[^\n]*\n+(.+?\.)(?=\s)", re.DOTALL)
#: Markdown that a plain sentence leaves out: emphasis, code and the address of a link.
_MARKS = re.compile(r"[`*]|\[([^]]*)\]\([^)]*\)")
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
        asked = request.args.get("q", "").strip()
        hits = index().search(asked) if asked else []
        return render_template("help.html", guides=list(guides().values()), asked=asked[:400], hits=hits)

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


def here() -> str:
    """Where the link "Help" leads: to the guide about the page it stands on, which links to all of them."""
    name = GUIDE_OF.get((request.endpoint or "").partition(".")[0], "")
    return url_for("help.show", name=name) if name in guides() else url_for("help.every")


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
        about = " ".join(_MARKS.sub(r"\1", said.group(1)).split()) if said else ""
        found[path.stem] = Guide(path.stem, title, about, text)
    return found


@cache
def index() -> Index:
    """Every section of every guide, and every kind of problem."""
    found = [section for guide in guides().values() for section in _sections(guide)]
    for one in problems.EVERY:
        found.append(Section("Problems", one.title, f"{one.code}. {one.means}", f"/help/problems#{one.code}"))
    return Index(found)


def _sections(guide: Guide) -> Iterator[Section]:
    """A guide cut at its headings, as plain text."""
    heading, anchor, said = "", "", []
    tokens = _reader().parse(guide.text)
    for before, token in itertools.pairwise(tokens):
        if before.type == "heading_open":
            if said:
                yield Section(guide.title, heading, " ".join(said), f"/help/{guide.name}{anchor}")
            first = before.tag == "h1"
            heading, anchor, said = ("", "", []) if first else (_said(token), f"#{_anchor(token.content)}", [])
        elif token.type == "inline":
            said.append(_said(token))
        elif token.type == "fence":
            said.append(" ".join(token.content.split()))
    if said:
        yield Section(guide.title, heading, " ".join(said), f"/help/{guide.name}{anchor}")


def _said(token: Token) -> str:
    """What a person reads of a piece of Markdown."""
    return " ".join("".join(one.content or " " for one in token.children or [] if one.type != "html_inline").split())


def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _anchor(heading: str) -> str:
    return _NOT_IN_ANCHORS.sub("", heading.lower()).strip().replace(" ", "-")


def rendered(text: str) -> Markup:
    """Markdown as HTML. HTML in it is shown as text, not taken as markup; links between guides lead to their pages, and
    each heading has the anchor it has in a repository's viewer."""
    reader = _reader()
    tokens = reader.parse(text)
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", _anchor(inline.content))
    html = reader.renderer.render(tokens, reader.options, {})
    # What is wider than a phone scrolls inside its own frame, which the keyboard reaches too.
    html = html.replace("<table>", _FRAME + "<table>").replace("</table>", "</table></div>")
    html = html.replace("<pre>", '<pre tabindex="0">')
    return Markup(_GUIDE_LINK.sub(r'href="/help/\1\2"', html))
