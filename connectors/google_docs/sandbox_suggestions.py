"""Suggestions: a batch applied as proposals (``writeMode: SUGGEST``), and what becomes of them when a person decides.

What is to come in stands in the document, in runs that carry ``suggestedInsertionIds``, and counts in every index; what
is to go stays and carries ``suggestedDeletionIds``. What touches a suggestion of the same account is absorbed into it
and told as ``updatedSummarySuggestionIds`` (measured on the live API in August 2026, as are the refusals).
"""

from __future__ import annotations

import marshal
import secrets
from collections.abc import Iterator
from typing import Any

from connectors.google_docs import sandbox_text as text
from connectors.google_docs.sandbox_comments import Board
from connectors.google_docs.sandbox_document import (
    Json,
    Refusal,
    all_tabs,
    find_segment,
    lay_out,
    paragraphs,
    segments,
    start_of,
    units,
)
from connectors.google_docs.sandbox_edits import Editor, fields_of, overlapped

INSERTED, DELETED, STYLES = "suggestedInsertionIds", "suggestedDeletionIds", "suggestedParagraphStyleChanges"
NOT_SUGGESTIBLE = frozenset(
    {"addDocumentTab", "createNamedRange", "deleteNamedRange", "deleteHeader", "deleteFooter", "deleteTab"}
    | {"updateDocumentTabProperties", "updateTableColumnProperties"}
)


def suggest(
    tabs: list[Json], requests: list[Json], authors: dict[str, str], by: str, board: Board | None = None
) -> tuple[list[Json], list[Json]]:
    """Apply requests to ``tabs`` as suggestions of the account ``by``; gives the replies and the suggestion responses.

    ``authors`` tells whose each suggestion is, and learns the new ones. Comments, of ``board``, are made as they are.

    Raises:
        Refusal: with the whole message. ``tabs`` may then be half changed: throw the copy away.
    """
    suggester = _Suggester(tabs, authors, by, board)
    replies = [suggester.apply(number, request) for number, request in enumerate(requests)]
    return replies, suggester.responses


def decide(tabs: list[Json], suggestion: str | None, accept: bool) -> bool:
    """Accept or reject one suggestion, or all of them for None; whether there was one.

    Raises:
        Refusal: the document has changed so that the text cannot go as a whole.
    """
    editor, found = Editor(tabs), False
    goes = DELETED if accept else INSERTED
    for tab in all_tabs(tabs):
        for segment, content in list(segments(tab)):
            for start, end in reversed(_spans(content, goes, suggestion)):
                editor.take(tab, segment, start, end)
                found = True
            found |= _settled(content, suggestion, accept)
    return found


def preview(tabs: list[Json], accepted: bool) -> list[Json]:
    """A copy with every suggestion accepted, or without any."""
    copied = marshal.loads(marshal.dumps(tabs))
    decide(copied, None, accepted)
    return copied


def suggestions(tabs: list[Json]) -> list[str]:
    """The ids of all suggestions, in the order of the text."""
    found: dict[str, None] = {}
    for tab in all_tabs(tabs):
        for _, content in segments(tab):
            for holder in _holders(content):
                found.update(
                    dict.fromkeys([*holder.get(INSERTED, ()), *holder.get(DELETED, ()), *holder.get(STYLES, ())])
                )
    return list(found)


class _Suggester(Editor):
    def __init__(self, tabs: list[Json], authors: dict[str, str], by: str, board: Board | None) -> None:
        super().__init__(tabs, board)
        self._authors, self._by = authors, by
        self._response: dict[str, list[str]] = {}
        self.responses: list[Json] = []
        self.kinds = {
            **{kind: self.kinds[kind] for kind in ("insertText", "deleteContentRange", "replaceAllText")},
            "updateParagraphStyle": self._suggest_paragraph_style,
            **(board.kinds(tabs) if board else {}),
        }

    def apply(self, number: int, request: Json) -> Json:
        for kind in NOT_SUGGESTIBLE & set(request):
            raise Refusal(f"Invalid requests[{number}].{kind}: Request does not support application as suggestion.")
        self._response = {}
        reply = super().apply(number, request)
        self.responses.append(self._response)
        return reply

    def put(self, tab: Json, segment: str, at: int, wanted: str, style: Json | None = None) -> None:
        named = self._named(find_segment(tab, segment), at, at)
        super().put(tab, segment, at, wanted, style)
        _mark(find_segment(tab, segment), at, at + units(wanted), INSERTED, named)

    def take(self, tab: Json, segment: str, start: int, end: int) -> None:
        content = find_segment(tab, segment)
        text.delete(marshal.loads(marshal.dumps(content)), start, end)  # What cannot go cannot be suggested to go.
        _mark(content, start, end, DELETED, self._named(content, start, end))

    def _suggest_paragraph_style(self, body: Json) -> Json:
        tab, segment, start, end = self.range(body)
        content, names = find_segment(tab, segment), fields_of(body)
        if names != ["namedStyleType"]:
            raise Refusal("The sandbox suggests no style but namedStyleType; the Docs API does.")
        named = self._named(content, start, end)
        change = {
            "paragraphStyle": {"namedStyleType": body.get("paragraphStyle", {}).get("namedStyleType", "NORMAL_TEXT")},
            "paragraphStyleSuggestionState": {"namedStyleTypeSuggested": True},
        }
        for node in overlapped(content, start, end):
            node["paragraph"].setdefault(STYLES, {})[named] = change
        return {}

    def _named(self, content: list[Json], start: int, end: int) -> str:
        """The suggestion a change belongs to: this account's own that it touches, or a new one."""
        for node in paragraphs(content):
            for element in node["paragraph"]["elements"]:
                if start_of(element) <= end and element["endIndex"] >= start:
                    held = _holder(element)
                    for one in (*held.get(INSERTED, ()), *held.get(DELETED, ())):
                        if self._authors.get(one) == self._by:
                            self._tell("updatedSummarySuggestionIds", one)
                            return one
        made = f"suggest.{secrets.token_hex(6)}"
        self._authors[made] = self._by
        self._tell("createdSuggestionIds", made)
        return made

    def _tell(self, kind: str, suggestion: str) -> None:
        told = self._response.setdefault(kind, [])
        if suggestion not in told:
            told.append(suggestion)


def _holder(element: Json) -> Json:
    """What an element holds beside its indexes: a text run, an image, a footnote's number."""
    return next((value for value in element.values() if isinstance(value, dict)), {})


def _holders(content: list[Json]) -> Iterator[Json]:
    for node in content:
        if "table" in node:
            yield node["table"]
    for node in paragraphs(content):
        yield node["paragraph"]
        for element in node["paragraph"]["elements"]:
            yield _holder(element)


def _mark(content: list[Json], start: int, end: int, kind: str, suggestion: str) -> None:
    for node in content:
        if "table" in node and start <= start_of(node) and node["endIndex"] <= end:
            _add(node["table"], kind, suggestion)
    for node in overlapped(content, start, end):
        before, rest = text.split_elements(node["paragraph"]["elements"], start)
        inside, after = text.split_elements(rest, end)
        for element in inside:
            _add(_holder(element), kind, suggestion)
        node["paragraph"]["elements"] = text.join_runs(before + inside + after)
    lay_out(content)


def _add(holder: Json, kind: str, suggestion: str) -> None:
    # A new list: the two halves of a run that was cut share the old one.
    holder[kind] = list(dict.fromkeys([*holder.get(kind, ()), suggestion]))


def _spans(content: list[Json], kind: str, suggestion: str | None) -> list[tuple[int, int]]:
    """Where the runs of a suggestion lie, those that touch as one."""

    def meant(holder: Json) -> bool:
        ids: Any = holder.get(kind, ())
        return bool(ids) if suggestion is None else suggestion in ids

    found = [(start_of(node), node["endIndex"]) for node in content if meant(node.get("table", {}))]
    for node in paragraphs(content):
        found += [(start_of(one), one["endIndex"]) for one in node["paragraph"]["elements"] if meant(_holder(one))]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            start, end = joined[-1][0], max(end, joined.pop()[1])
        joined.append((start, end))
    return joined


def _settled(content: list[Json], suggestion: str | None, accept: bool) -> bool:
    """Takes a decided suggestion's marks off what stays; whether there was one."""
    found = False
    for holder in _holders(content):
        for kind in (INSERTED, DELETED):
            ids = holder.get(kind)
            if ids and (suggestion is None or suggestion in ids):
                found = True
                left = [one for one in ids if suggestion is not None and one != suggestion]
                holder.pop(kind)
                if left:
                    holder[kind] = left
        for one in [one for one in holder.get(STYLES, ()) if suggestion in (None, one)]:
            found = True
            change = holder[STYLES].pop(one)
            if accept:
                holder.setdefault("paragraphStyle", {}).update(change["paragraphStyle"])
        if holder.get(STYLES) == {}:
            del holder[STYLES]
    for node in paragraphs(content) if found else ():
        node["paragraph"]["elements"] = text.join_runs(node["paragraph"]["elements"])
    lay_out(content)
    return found
