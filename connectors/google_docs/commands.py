"""``/ai …`` paragraphs: finds them in a document and makes one request of each. Pure.

A person writes ``/ai shorten 50 words`` below a paragraph and clicks; the draft takes the place of that line. What a
line asks for is read by ``command_line``. A template that writes remarks works on the whole section its line stands in,
and leaves the line.

A line whose words stand once in its tab is found again by these words. Of lines that read alike each needs a name:
``naming`` gives the requests that put a named range over each, which are sent and the document read again before
``requests`` is called. So the usual click writes nothing but the drafts.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from connectors.google_docs import draft, place
from connectors.google_docs.command_line import Order, is_command, parse, text_input
from connectors.google_docs.document import STRUCTURE, Document, Paragraph, Segment, Tab, text_of
from hub.sdk import BadRequest, InlayError, Json, Request, Target

SURFACE = "google_docs"
#: Commands that run at one click, and commands that are looked at: anybody who may edit can write thousands.
MOST = 20
LOOKED_AT = 50
IN = "inlay:in:"
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it stands: its paragraph's text, where that is, and the text above it, or an empty string.

    ``name`` is the named range that covers it and nothing else, or an empty string; ``drafted`` whether it stands in a
    draft that Inlay wrote.
    """

    number: int
    line: str
    tab: str
    above: str
    segment: Segment
    start: int
    end: int
    name: str = ""
    drafted: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A command with its request, or with what is wrong with it."""

    command: Command
    request: Request | None = None
    problem: InlayError | None = None


def find(document: Document) -> list[Command]:
    """The commands of the document from the top, ``LOOKED_AT`` of them and the first one beyond: in each tab the body,
    tables included, then headers, footers and footnotes. A line that is itself suggested, to come in or to go, is none:
    nobody has decided that it stands there.
    """
    found: list[Command] = []
    for tab in document.tabs:
        for segment in tab.segments:
            lines = list(islice(_commands(segment), LOOKED_AT + 1 - len(found)))
            drafts = [one for one in tab.ranges if one.segment is segment and one.name.startswith(draft.OUT)]
            above = _texts_above(segment, [one for one, _ in lines])
            for one, line in lines:
                place_of = segment, one.start, one.end - 1
                name = _name(document, tab, *place_of)
                drafted = any(made.start <= one.start < made.end for made in drafts)
                found.append(Command(len(found) + 1, line, tab.id, above[one.start], *place_of, name, drafted))
    return found


def naming(document: Document, templates: Sequence[Json], *, person: str, click: str) -> list[dict[str, Any]]:
    """The requests for ``documents.batchUpdate`` that name each command which its words do not tell from others,
    or whose words are too many; usually none. Once they stand, at whatever click, it gives none.
    """
    made: list[dict[str, Any]] = []
    understood = (one for one in find(document)[:LOOKED_AT] if _is_understood(one, templates))
    times = _Times(document)
    for command in islice(understood, MOST):
        if not command.name and (len(command.line) > place.LONGEST or times.of(command) > 1):
            # The line is a part of the name: at the same click the same number may come to stand before another.
            told = f"{command.number}-{_hash(command.line)[:8]}"
            name = f"{IN}{click_of(person, document.id, click)[:12]}.{told}"
            made.append(
                {"createNamedRange": {"name": name, "range": command.segment.range(command.start, command.end)}}
            )
    return made


def requests(document: Document, templates: Sequence[Json], *, person: str, connection: str, click: str) -> list[Asked]:
    """The commands of the document with their requests or their problems; that there are too many comes first.

    The key is made of the person, the document, the click and the command's own line or name: the number of a command
    changes as soon as the one before it is replaced, and the same click would then run it a second time.
    """
    asked: list[Asked] = []
    made, times = 0, _Times(document)
    for command in find(document):
        if command.number > LOOKED_AT:
            asked.insert(0, Asked(command, problem=_too_many()))
            break
        try:
            if made == MOST:
                raise BadRequest(f"At most {MOST} commands run at one click.", instead="Click again for this one.")
            request = _request(times, command, templates, (person, document.id, click), connection)
        except InlayError as problem:
            asked.append(Asked(command, problem=problem))
        else:
            made += 1
            asked.append(Asked(command, request))
    return asked


def click_of(person: str, document: str, click: str) -> str:
    """What the requests of one click have in common, in their ``raw``."""
    return _hash(person, document, click)


def inputs(order: Order, template: Json, above: str) -> dict[str, Any]:
    """The inputs with the material among them.

    Raises:
        BadRequest: there is none.
    """
    name = text_input(template)
    if name is None or name in order.inputs:
        return dict(order.inputs)
    material = order.material or above
    if not material.strip():
        raise BadRequest(
            "There is no text above this command.",
            instead="Write the command below a paragraph, or its text after a colon: /ai … : the text.",
        )
    return {**order.inputs, name: material}


class _Times:
    """How many times the words of a command stand in its tab, inside other lines too; each line is counted once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._known: dict[tuple[str, str], int] = {}

    def of(self, command: Command) -> int:
        words = command.tab, command.line
        if words not in self._known:
            segments = (one for tab in self.document.tabs if tab.id == command.tab for one in tab.segments)
            self._known[words] = sum(len(one.find(command.line)) for one in segments)
        return self._known[words]


def _too_many() -> BadRequest:
    return BadRequest(
        f"There are more than {LOOKED_AT} commands in this document: this one and those below it were not looked at.",
        instead="Click again when those above are done; correct or delete those that do not run.",
    )


def _request(
    times: _Times, command: Command, templates: Sequence[Json], click: tuple[str, str, str], connection: str
) -> Request:
    document = times.document
    if command.drafted:
        raise BadRequest(
            "This line stands inside a draft that Inlay wrote.",
            why="It may be the model's words and not yours: a text must not give orders by way of its own result.",
            instead="Put the command below the draft.",
        )
    order = parse(command.line, templates)
    template = next(one for one in templates if one["name"] == order.template)
    remarks = template.get("write") == "comments"
    heading, section = _section(command) if remarks else (None, "")
    filled = inputs(order, template, section if remarks else command.above)
    if not command.name and (stands := times.of(command)) > 1:
        raise BadRequest(
            f"The words of this command stand {stands} times in the document.",
            why="Inlay puts a draft only where there is no doubt which place is meant.",
            instead="Write them differently, or run this one again when the other is replaced.",
        )
    at = _remarked(document, command, heading, order) if remarks else _at(document, command, "replace")
    place.find_to_write(document, place.address(at))
    return Request(
        key=f"commands:{_hash(*click, command.tab, command.name or command.line)}",
        template=order.template,
        inputs=filled,
        target=Target(connection=connection, at=at),
        surface=SURFACE,
        raw={"commands": click_of(*click), "line": command.line[:_SHOWN]},
    )


def _at(document: Document, command: Command, mode: str) -> dict[str, Any]:
    """The line itself as a place."""
    at = {"document": document.id, "mode": mode} | ({"tab": command.tab} if command.tab else {})
    return at | ({"named_range": command.name} if command.name else {"quote": command.line})


def _remarked(document: Document, command: Command, heading: Paragraph | None, order: Order) -> dict[str, Any]:
    """What remarks are about as a place: the section, so that the line may go meanwhile; the line where the text is in
    it, or where no other place can be named.
    """
    whole = command.segment.kind == "body" and command.segment.at(command.start) in command.segment.within(0)
    at = _at(document, command, "below")
    if order.material or not whole:
        return at
    there = {name: at[name] for name in ("document", "tab") if name in at}
    if heading is None:
        return {**there, "end": True}
    there |= {"heading": command.segment.text(heading.start, heading.end).strip(), "mode": "below"}
    try:
        found = place.find(document, place.address(there))
    except InlayError:  # It stands there twice, or holds no text.
        return at
    return there if (found.segment, found.start) == (command.segment, heading.end) else at


def _section(command: Command) -> tuple[Paragraph | None, str]:
    """The heading a command stands below, and the text from there to the next heading of its rank; without a heading
    all of its cell, header, footnote or tab. Commands are no part of it.
    """
    segment = command.segment
    own = segment.at(command.start)
    siblings = segment.within(own.container) if own else []
    before = bisect_left(siblings, command.start, key=lambda one: one.start)
    heading = next((one for one in reversed(siblings[:before]) if one.level is not None), None)
    level = -1 if heading is None else heading.level or 0
    after = (one.start for one in siblings[before:] if one.level is not None and one.level <= level)
    start, stop = (heading or siblings[0]).start, next(after, siblings[-1].end)
    lines = [(one.start, one.end) for one in _inside(segment, start, stop) if is_command(_text(segment, one))]
    return heading, _plain(_settled(segment, start, stop, without=lines))


def _is_understood(command: Command, templates: Sequence[Json]) -> bool:
    if command.drafted:
        return False
    try:
        parse(command.line, templates)
    except BadRequest:
        return False
    return True


def _name(document: Document, tab: Tab, segment: Segment, start: int, end: int) -> str:
    """The named range that covers exactly this and nothing else. A copied text may carry a name a second time."""
    names = (
        one.name
        for one in tab.ranges
        if one.segment is segment and (one.start, one.end) == (start, end) and one.whole and one.name.startswith(IN)
    )
    return next((name for name in names if len(document.named(name)) == 1), "")


def _commands(segment: Segment) -> Iterator[tuple[Paragraph, str]]:
    found = ((one, _text(segment, one)) for one in segment.paragraphs)
    return ((one, line) for one, line in found if is_command(line) and not segment.undecided(one.start, one.end))


def _texts_above(segment: Segment, lines: Sequence[Paragraph]) -> dict[int, str]:
    """For each of these lines, in their order and by its start, the nearest text above in the same cell or body that is
    no command: a paragraph, or a whole table. No paragraph is looked at for two lines.
    """
    siblings: dict[int, list[Paragraph]] = {one.container: [] for one in lines}
    for one in segment.paragraphs:
        if one.container in siblings:
            siblings[one.container].append(one)
    above: dict[int, str] = {}
    for one in lines:
        above[one.start] = _above(segment, one, siblings[one.container], above)
    return above


def _above(segment: Segment, line: Paragraph, siblings: Sequence[Paragraph], known: Mapping[int, str]) -> str:
    for at in range(bisect_left(siblings, line.start, key=lambda one: one.start) - 1, -1, -1):
        before = siblings[at]
        if before.next == "table" and (cells := _table(segment, before.end, siblings[at + 1].start)):
            return cells
        if before.start in known:
            return known[before.start]
        if before.empty:
            continue
        text = _text(segment, before)
        if not is_command(text) and (plain := _plain(_settled(segment, before.start, before.end))):
            return plain
    return ""


def _table(segment: Segment, start: int, end: int) -> str:
    """A table as text: cells apart by tabs, rows by line breaks. Commands in it are left out."""
    lines = [(one.start, one.end - 1) for one in _inside(segment, start, end) if is_command(_text(segment, one))]
    # Google counts one unit before each cell, and one more before each row, before the table and behind it.
    units = _settled(segment, start, end, without=lines).strip(f"\n{STRUCTURE}")
    units = re.sub(f"\n{STRUCTURE}{{2,}}", "\n", units).replace(f"\n{STRUCTURE}", "\t")
    return _plain(units)


def _inside(segment: Segment, start: int, end: int) -> Sequence[Paragraph]:
    first, stop = (bisect_left(segment.paragraphs, at, key=lambda one: one.start) for at in (start, end))
    return segment.paragraphs[first:stop]


def _settled(segment: Segment, start: int, end: int, without: Sequence[tuple[int, int]] = ()) -> str:
    """The units there, without what is only suggested to come in."""
    kept, at = [], start
    for first, last in sorted([*without, *segment.coming_in(start, end)]):
        if first < end and last > at:
            kept.append(segment.units[at : max(first, at)])
            at = min(last, end)
    return "".join([*kept, segment.units[at:end]])


def _plain(units: str) -> str:
    """Units as a person reads them; an empty string when that is nothing but space."""
    text = text_of(units).replace("\v", "\n").strip("\n")
    return text if text.strip() else ""


def _text(segment: Segment, paragraph: Paragraph) -> str:
    return segment.text(paragraph.start, paragraph.end).replace("\v", "\n").removesuffix("\n")


def _hash(*parts: str) -> str:
    told = (part.encode("utf-8", "surrogatepass") for part in parts)
    return hashlib.sha256(b"\x00".join(told)).hexdigest()[:40]
