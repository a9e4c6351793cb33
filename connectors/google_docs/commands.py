"""``/ai …`` paragraphs: finds them in a document and makes one request of each. Pure.

A person writes ``/ai shorten 50 words`` below a paragraph and clicks; the draft takes the place of that line. What a
line asks for is read by ``command_line``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.google_docs import place
from connectors.google_docs.command_line import Order, is_command, parse, text_input
from connectors.google_docs.document import Document, Paragraph, Segment
from hub.sdk import BadRequest, InlayError, Json, Request, Target

SURFACE = "google_docs"
#: Commands that run at one click.
MOST = 20


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it stands: its paragraph's text, where that is, and the text above it, or an empty string."""

    number: int
    line: str
    tab: str
    above: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A command with its request, or with what is wrong with it."""

    command: Command
    request: Request | None = None
    problem: InlayError | None = None


def find(document: Document) -> list[Command]:
    """Every command in the bodies of the document's tabs, tables included, from the top."""
    found: list[Command] = []
    for tab in document.tabs:
        for paragraph in tab.body.paragraphs:
            line = _text(tab.body, paragraph)
            if is_command(line):
                found.append(Command(len(found) + 1, line, tab.id, _above(tab.body, paragraph)))
    return found


def requests(document: Document, templates: Sequence[Json], *, person: str, connection: str, click: str) -> list[Asked]:
    """Every command of the document with its request or its problem.

    The key is made of the person, the document, the click and the command's own line, which stands once: the number of
    a command changes as soon as the one before it is replaced, and the same click would then run it a second time.
    """
    asked: list[Asked] = []
    made = 0
    for command in find(document):
        try:
            request = _request(document, command, templates, (person, document.id, click), connection)
            if made == MOST:
                raise BadRequest(f"{MOST} commands run at one click.", instead="Click again for this one.")
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


def _request(
    document: Document, command: Command, templates: Sequence[Json], click: tuple[str, str, str], connection: str
) -> Request:
    order = parse(command.line, templates)
    template = next(one for one in templates if one["name"] == order.template)
    filled = inputs(order, template, command.above)
    at = {"document": document.id, "quote": command.line, "mode": "replace"}
    if command.tab:
        at["tab"] = command.tab
    where = place.address(at)
    segments = [segment for tab in document.tabs if tab.id == command.tab for segment in tab.segments]
    times = sum(len(segment.find(where.value)) for segment in segments)
    if times > 1:
        raise BadRequest(
            f"The words of this command stand {times} times in the document.",
            why="Inlay puts a draft only where there is no doubt which place is meant.",
            instead="Write them differently, or run this one again when the other is replaced.",
        )
    place.find_to_write(document, where)
    return Request(
        key=f"commands:{_hash(*click, command.tab, command.line)}",
        template=order.template,
        inputs=filled,
        target=Target(connection=connection, at=at),
        surface=SURFACE,
        raw={"commands": click_of(*click)},
    )


def _above(segment: Segment, paragraph: Paragraph) -> str:
    texts = (_text(segment, one) for one in reversed(segment.within(paragraph.container)) if one.end <= paragraph.start)
    return next((text.strip("\n") for text in texts if text.strip() and not is_command(text)), "")


def _text(segment: Segment, paragraph: Paragraph) -> str:
    return segment.text(paragraph.start, paragraph.end).replace("\v", "\n").removesuffix("\n")


def _hash(*parts: str) -> str:
    told = (part.encode("utf-8", "surrogatepass") for part in parts)
    return hashlib.sha256(b"\x00".join(told)).hexdigest()[:40]
