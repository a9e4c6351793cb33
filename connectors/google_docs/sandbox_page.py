"""A document of the sandbox as a person looks at it: a page on grey ground, with a margin note at what Inlay wrote,
and above it the suggestions, each to accept or reject, and the comments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from connectors.google_docs.sandbox_document import Json, all_tabs, paragraphs, segments, start_of, units
from connectors.google_docs.sandbox_ranges import all_named
from connectors.google_docs.sandbox_store import Snapshot
from connectors.google_docs.sandbox_suggestions import DELETED, INSERTED, suggestions

STYLE = Path(__file__).with_name("sandbox_page.css").read_text(encoding="utf-8")
#: Named ranges that begin like this are Inlay's own, and get a margin note; what its second part says.
OURS = "inlay:"
NOTES = {"out": "Written by Inlay", "mark": "Waits for review", "in": "Inlay writes here"}
#: How the line above a draft begins when no model wrote it: nobody is asked to review such a draft.
SIMULATED = "[Simulated draft"
TAGS = {
    "TITLE": "h1",
    "SUBTITLE": "p",
    **{f"HEADING_{level}": f"h{level + 1}" for level in range(1, 6)},
    "HEADING_6": "h6",
}
SAFE_LINKS = ("https://", "http://", "mailto:")


def list_page(snapshots: Iterable[Snapshot]) -> str:
    """Every document, with a link to each."""
    rows = "".join(
        f'<li><a href="/document/d/{escape(one.id)}/edit">{escape(one.title)}</a>'
        f"<small>{escape(one.id)}{' · in the bin' if one.trashed else ''}</small></li>"
        for one in snapshots
    )
    return _page("Documents", f'<main class="sheet"><h1>Documents</h1><ul class="index">{rows}</ul></main>')


def document_page(snapshot: Snapshot) -> str:
    """A document as a web page: all its tabs, Inlay's named ranges marked."""
    tabs = list(all_tabs(snapshot.tabs))
    sheets = []
    for tab in tabs:
        drawn = _Drawing.of(tab)
        title = tab["tabProperties"].get("title", "")
        head = f'<p class="tab">{escape(title)}</p>' if len(tabs) > 1 else ""
        sheets.append(f'<main class="sheet">{head}{drawn.blocks(tab["documentTab"]["body"]["content"])}</main>')
    edits = "1 edit" if snapshot.writes == 1 else f"{snapshot.writes} edits"
    state = "in the bin" if snapshot.trashed else f"{edits} so far"
    bar = (
        f"<header><strong>{escape(snapshot.title)}</strong><span>Sandbox document, {state}. "
        'This is not Google Docs.</span><a href="/">All documents</a></header>'
    )
    return _page(snapshot.title, bar + _suggestions(snapshot) + _comments(snapshot) + "".join(sheets))


def _suggestions(snapshot: Snapshot) -> str:
    """What nobody has decided on yet, each with the two buttons of a decision."""
    items = []
    for name in suggestions(snapshot.tabs):
        told = [
            f"<{tag}>{escape(_excerpt(words))}</{tag}>"
            for tag, kind in (("del", DELETED), ("ins", INSERTED))
            if (words := _suggested(snapshot.tabs, kind, name))
        ]
        address = f"/document/d/{escape(quote(snapshot.id))}/suggestions/{escape(quote(name))}"
        buttons = "".join(
            f'<button name="decision" value="{word.lower()}">{word}</button>' for word in ("Accept", "Reject")
        )
        said = " ".join(told) or "A change of style"
        items.append(f'<li><span>{said}</span><form method="post" action="{address}">{buttons}</form></li>')
    return f'<section class="aside" aria-label="Suggestions"><ul>{"".join(items)}</ul></section>' if items else ""


def _comments(snapshot: Snapshot) -> str:
    items = []
    for one in snapshot.comments:
        about = one.get("quotedFileContent", {}).get("value", "")
        said = escape(one["content"]).replace("\n", "<br>")
        state = " · resolved" if one["resolved"] else ""
        answers = "".join(f"<small>{escape(reply['content'])}</small>" for reply in one["replies"] if reply["content"])
        head = f"<b>{escape(_excerpt(about))}{state}</b>" if about or state else ""
        items.append(f"<li><span>{head}{said}{answers}</span></li>")
    return f'<section class="aside" aria-label="Comments"><ul>{"".join(items)}</ul></section>' if items else ""


def _suggested(tabs: list[Json], kind: str, name: str) -> str:
    return "".join(
        element["textRun"]["content"]
        for tab in all_tabs(tabs)
        for _, content in segments(tab)
        for node in paragraphs(content)
        for element in node["paragraph"]["elements"]
        if name in element.get("textRun", {}).get(kind, ())
    )


def _excerpt(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= 160 else f"{words[:159]}…"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


@dataclass(slots=True)
class _Drawing:
    """What drawing one tab needs to know: its lists, and where Inlay's ranges lie in the body."""

    lists: Json
    spans: list[tuple[int, int, str]]
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)

    @classmethod
    def of(cls, tab: Json) -> _Drawing:
        spans = [
            (start_of(span), span["endIndex"], named["name"])
            for named in all_named(tab)
            if named["name"].startswith(OURS)
            for span in named["ranges"]
            if not span.get("segmentId")
        ]
        assert next(segments(tab))[0] == ""
        return cls(tab["documentTab"].get("lists", {}), sorted(spans))

    def blocks(self, content: list[Json]) -> str:
        return "".join(self._block(node) for node in content)

    def _block(self, node: Json) -> str:
        if "paragraph" in node:
            return self._paragraph(node)
        if "table" in node:
            rows = "".join(
                "<tr>"
                + "".join(f"<td>{self.blocks(cell['content'])}</td>" for cell in row.get("tableCells", ()))
                + "</tr>"
                for row in node["table"].get("tableRows", ())
            )
            return f'<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>{rows}</table></div>'
        if "tableOfContents" in node:
            inside = self.blocks(node["tableOfContents"].get("content", []))
            return f'<nav class="toc" aria-label="Contents">{inside}</nav>'
        return ""

    def _paragraph(self, node: Json) -> str:
        inside = node["paragraph"]
        text = "".join(self._element(element) for element in inside["elements"])
        style = inside.get("paragraphStyle", {}).get("namedStyleType", "NORMAL_TEXT")
        tag = TAGS.get(style, "p")
        kind = "subtitle" if style == "SUBTITLE" else ""
        marker = ""
        if "bullet" in inside:
            level = min(int(inside["bullet"].get("nestingLevel", 0)), 8)
            kind, marker = (
                f"item level-{level}",
                f'<span class="glyph">{escape(self._glyph(inside["bullet"], level))}</span>',
            )
        notes = "".join(
            f'<span class="note" role="note" title="{escape(name)}">{_note(name, text)}</span>'
            for start, _, name in self.spans
            if start_of(node) <= start < node["endIndex"]
        )
        attribute = f' class="{kind}"' if kind else ""
        # A link to a heading, …/edit#heading=<its id>, finds it here as well.
        heading = inside.get("paragraphStyle", {}).get("headingId")
        attribute += f' id="heading={escape(heading)}"' if heading else ""
        return f'<div class="row"><{tag}{attribute}>{marker}{text or "<br>"}</{tag}>{notes}</div>'

    def _glyph(self, bullet: Json, level: int) -> str:
        name = bullet.get("listId", "")
        self.counts[name, level] += 1
        for deeper in range(level + 1, 9):
            self.counts.pop((name, deeper), None)
        levels = self.lists.get(name, {}).get("listProperties", {}).get("nestingLevels", [])
        shape = levels[level] if level < len(levels) else {}
        if shape.get("glyphType", "NONE") in ("NONE", "GLYPH_TYPE_UNSPECIFIED"):
            return str(shape.get("glyphSymbol") or "•")
        count = self.counts[name, level]
        if "ALPHA" in shape["glyphType"] and count <= 26:
            return f"{chr(ord('a') + count - 1)}."
        return f"{count}."

    def _element(self, element: Json) -> str:
        if "textRun" in element:
            return self._run(element)
        if "horizontalRule" in element:
            return "<hr>"
        if "inlineObjectElement" in element:
            return '<span class="object">image</span>'
        if "footnoteReference" in element:
            return f"<sup>{escape(str(element['footnoteReference'].get('footnoteNumber', '*')))}</sup>"
        return ""

    def _run(self, element: Json) -> str:
        text, at = element["textRun"]["content"], start_of(element)
        end = element["endIndex"]
        edges = sorted({edge for start, stop, _ in self.spans for edge in (start, stop) if at < edge < end} | {at, end})
        raw = text.encode("utf-16-le") if units(text) else b""
        made = ""
        for left, right in pairwise(edges):
            piece = raw[2 * (left - at) : 2 * (right - at)].decode("utf-16-le", "replace").rstrip("\n")
            shown = escape(piece).replace("\v", "<br>")
            if shown and any(start < right and stop > left for start, stop, _ in self.spans):
                shown = f"<mark>{shown}</mark>"
            made += shown
        for tag, kind in (("ins", INSERTED), ("del", DELETED)):
            if element["textRun"].get(kind) and made:
                made = f"<{tag}>{made}</{tag}>"
        return _styled(made, element["textRun"].get("textStyle", {}))


def _note(name: str, text: str) -> str:
    """The margin note of a named range that begins in a paragraph with this text."""
    kind, _, key = name.removeprefix(OURS).partition(":")
    shown = key if len(key) <= 18 else key[:17] + "…"
    said = "Simulated draft" if kind == "mark" and SIMULATED in text else NOTES.get(kind, "Inlay")
    return f"<b>{escape(said)}</b><small>{escape(shown if kind in NOTES else name)}</small>"


def _styled(text: str, style: Json) -> str:
    for name, tag in (("bold", "b"), ("italic", "i"), ("strikethrough", "s")):
        if style.get(name) and text:
            text = f"<{tag}>{text}</{tag}>"
    url = str(style.get("link", {}).get("url", ""))
    if url.startswith(SAFE_LINKS) and text:
        text = f'<a href="{escape(url)}" rel="noreferrer">{text}</a>'
    return text
