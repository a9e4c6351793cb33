"""The card add-on: the pages Google's servers call when somebody opens or clicks a card beside a document.

Google posts an event, and shows the card it is answered with. Every call is proven by ``tokens`` first. An error is
answered with a card, as Google shows "something went wrong" for every status but 200.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request

from connectors.google_docs import card_commands, card_event, card_form, card_run, commands
from connectors.google_docs import card_parts as parts
from connectors.google_docs.card_event import CardEvent
from connectors.google_docs.card_parts import Buttons, Part
from connectors.google_docs.client import Rejected, client_of
from connectors.google_docs.document import Document, read
from hub.sdk import BadRequest, Conflict, Desk, InlayError, Json, Request, Target, TryLater, Visitor

SURFACE = "google_docs"
#: Seconds a click waits for the result before it is answered with what there is. A card should be there within five.
WAIT = 3.0
_FIRST, _RECENT = 8, 5
#: How many of a person's newest runs are looked through for those of a click.
_COMMANDS = 60
_CLICK = re.compile(r"[A-Za-z0-9_-]{8,64}")
#: Google calls these on its own and takes the card without the wrapper that the answer to a click has.
_TRIGGERS = ("home", "file-scope-granted")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of Google's: who is there, what they sent, and buttons that carry the document on."""

    desk: Desk
    visitor: Visitor
    event: CardEvent
    buttons: Buttons


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Add the pages under ``/cards``."""
    views: dict[str, Callable[[Call], Part]] = {
        "home": lambda call: parts.opened(home(call)),
        "file-scope-granted": lambda call: parts.opened(home(call)),
        "file-scope-request": lambda call: parts.ASK_FOR_THE_DOCUMENT,
        "template": lambda call: parts.pushed(card_form.form(_template(call), call.buttons)),
        "run": run,
        "refresh": refresh,
        "result-action": act,
        "commands": run_commands,
    }
    for name, view in views.items():
        blueprint.add_url_rule(
            f"/cards/{name}", endpoint=f"cards-{name}", view_func=_answering(desk, view), methods=["POST"]
        )
    blueprint.after_request(_as_a_card)


def home(call: Call) -> Part:
    """What there is to do in this document, and what was done."""
    event, visitor, buttons = call.event, call.visitor, call.buttons
    if event.granted is False or not event.document:
        return parts.card(
            "Inlay",
            parts.section(
                parts.text("Inlay cannot see this document yet."),
                parts.text("You decide, document by document. It then reads and writes here in your name, on a click."),
                parts.buttons(buttons.call("Allow this document", "file-scope-request", main=True)),
            ),
        )
    templates = [
        parts.line(one["title"], below=one["description"], click=buttons.action("template", template=one["name"]))
        for one in visitor.templates(SURFACE)
    ]
    nothing = parts.text("Your team has no templates for Google Docs yet. A lead or an admin can add one.")
    return parts.card(
        event.title.strip() or "This document",
        parts.section(
            *(templates or [nothing]),
            header="What shall we do?",
            folded=_FIRST if len(templates) > _FIRST else None,
        ),
        card_commands.offer(buttons) if templates else None,
        parts.section(*_recent(call), header="Your runs in this document"),
        _teams(call),
        subtitle=f"Inlay · {visitor.team}",
    )


def run(call: Call) -> Part:
    """Start a run, and show how far it came. The same click again shows the same run."""
    event, template = call.event, _template(call)
    click = event.parameters.get("click", "")
    if not _CLICK.fullmatch(click):
        raise BadRequest("This form is not complete.", instead="Open the template again.")
    if not event.document:
        raise BadRequest("Google did not say which document this is.", instead="Open the add-on again.")
    try:
        asked = Request(
            key=f"card:{hashlib.sha256(f'{call.visitor.person} {click}'.encode()).hexdigest()[:40]}",
            template=template["name"],
            inputs=card_form.inputs(template, event),
            target=Target(connection=call.visitor.connection.name, at=card_form.place(event)),
            surface=SURFACE,
        )
    except card_form.NotFilledIn as missing:
        return parts.noted(str(missing))
    return _result(call, call.visitor.submit(asked, wait=WAIT))


def run_commands(call: Call) -> Part:
    """Run the ``/ai …`` commands that stand in the document, each once for a click; with ``look`` run none."""
    event, visitor, until = call.event, call.visitor, time.monotonic() + WAIT
    click = event.parameters.get("click", "")
    if not _CLICK.fullmatch(click) or not event.document:
        raise BadRequest("This click is not complete.", instead="Open the add-on again.")
    document, templates = read(client_of(visitor.connection).document(event.document)), visitor.templates(SURFACE)
    if "look" not in event.parameters:
        document = _named(visitor, document, templates, click)
    asked = commands.requests(
        document, templates, person=visitor.person, connection=visitor.connection.name, click=click
    )
    recent, mark = visitor.recent(_COMMANDS), commands.click_of(visitor.person, document.id, click)
    runs = {one["id"]: one for one in reversed(recent) if one["raw"].get("commands") == mark}
    under_way = [one for one in recent if one["state"] in card_commands.OPEN]
    problems = [(one.command, one.problem) for one in asked if one.problem]
    ready = [(one.command, one.request) for one in asked if one.request and "look" not in event.parameters]
    for command, wanted in ready:
        same = wanted.target.at if wanted.target else None, wanted.raw["line"]
        found = next((one for one in under_way if (one["at"], one["raw"].get("line")) == same), None)
        try:
            # Each gets its share of the time, so that the last one is started too.
            share = max(0.05, min(WAIT / len(ready), until - time.monotonic()))
            found = found or visitor.submit(wanted, wait=share)
        except InlayError as problem:
            problems.append((command, problem))
        else:
            runs[found["id"]] = found
    shown = card_commands.show([visitor.run(one) for one in runs], problems, call.buttons, click)
    if "look" in event.parameters or "again" in event.parameters:
        return parts.replaced(shown)
    # The first card is made anew: its button must not carry this click again when there are new commands.
    return parts.pushed(shown, below=home(call))


def _named(visitor: Visitor, document: Document, templates: Sequence[Json], click: str) -> Document:
    """The document once each command that reads like another has a name. What got none is told so beside it."""
    naming = commands.naming(document, templates, person=visitor.person, click=click)
    if not naming or not document.revision:
        return document
    client = client_of(visitor.connection)
    # The document may change meanwhile, or the reply be lost: then it says itself whether the names are there.
    with suppress(Rejected, TryLater):
        client.batch(document.id, naming, document.revision)
    return read(client.document(document.id))


def refresh(call: Call) -> Part:
    """The run as it stands now, or without one the first card."""
    if "run" not in call.event.parameters:
        return parts.replaced(home(call))
    return _result(call, call.visitor.run(_run_id(call)))


def act(call: Call) -> Part:
    """What a person does with a result."""
    visitor, event, run_id = call.visitor, call.event, _run_id(call)
    wanted = event.parameters.get("act", "")
    if wanted == "feedback":
        visitor.feedback(run_id, tag=event.parameters.get("tag", ""))
        return parts.noted("Thank you. Your lead sees what gets in the way, not who said it.")
    if wanted == "undo":
        return _result(call, visitor.undo(run_id), "Taken back.")
    if wanted == "cancel":
        return _result(call, visitor.cancel(run_id), "Cancelled.")
    if wanted == "insert_end":
        return _result(call, visitor.resume(run_id, at={"document": _document(call, run_id), "end": True}))
    if wanted == "insert_at":
        try:
            at = {**card_form.place(event), "document": _document(call, run_id)}
        except card_form.NotFilledIn as missing:
            return parts.noted(str(missing))
        return _result(call, visitor.resume(run_id, at=at))
    if wanted == "resume":
        try:
            return _result(call, visitor.resume(run_id))
        except Conflict:
            # The token this very click brought has made it go on already.
            return _result(call, visitor.run(run_id))
    raise BadRequest("This button is not known.", instead="Open the add-on again.")


def _answering(desk: Desk, view: Callable[[Call], Part]) -> Callable[..., Response]:
    def answer(connection: str) -> Response:
        visitor, event = desk.visitor(), card_event.read(desk.body())
        # Google's service was let in by one of these addresses, so there is one.
        root = visitor.connection.settings.addon_urls[0]
        team = quote(visitor.team, safe="") if len(visitor.teams) > 1 else ""
        return jsonify(view(Call(desk, visitor, event, Buttons(root, team, {"document": event.document}))))

    return answer


def _as_a_card(response: Response) -> Response:
    """A problem as a card. A call that proves nobody keeps its 401: there is nobody to show a card to."""
    view = (request.endpoint or "").rpartition(".cards-")[2] if ".cards-" in (request.endpoint or "") else ""
    if not view or response.status_code in (200, 401, 405) or response.mimetype != "application/problem+json":
        return response
    problem = json.loads(response.get_data())
    who = problem.get("who", "")
    shown = parts.card(
        problem["title"],
        parts.section(
            *(parts.text(problem[name]) for name in ("detail", "why", "instead") if problem.get(name)),
            parts.text(f"Who can help: {who}.") if who not in ("", "the asker", "the sender", "nobody") else None,
            parts.buttons(parts.link("What this means", problem["help"])),
        ),
    )
    return jsonify(parts.opened(shown) if view in _TRIGGERS else parts.pushed(shown))


def _result(call: Call, found: Json, note: str = "") -> Part:
    return parts.replaced(card_run.show(found, call.buttons, call.desk.friction), note)


def _template(call: Call) -> Json:
    """The template a click names, if the team may use it here.

    Raises:
        BadRequest: it may not, any more.
    """
    name = call.event.parameters.get("template")
    found = next((one for one in call.visitor.templates(SURFACE) if one["name"] == name), None)
    if found is None:
        raise BadRequest("Your team no longer has this template.", instead="Open the add-on again and pick another.")
    return found


def _run_id(call: Call) -> str:
    return call.event.parameters.get("run", "")


def _document(call: Call, run_id: str) -> str:
    """The document a run is about, whatever document the click comes from."""
    at = call.visitor.run(run_id)["at"] or {}
    return at.get("document") or call.event.document


def _recent(call: Call) -> Iterator[Part]:
    now = time.time()
    here = [one for one in call.visitor.recent() if (one["at"] or {}).get("document") == call.event.document]
    for one in here[:_RECENT]:
        yield card_run.row(one, call.buttons, now)
    if not here:
        yield parts.text("Nothing yet. What you run here is listed here, with what became of it.")


def _teams(call: Call) -> Part | None:
    """The way to work for another of the person's teams."""
    others = [team for team in call.visitor.teams if team != call.visitor.team]
    made = [Buttons(call.buttons.root, quote(team, safe=""), call.buttons.common) for team in others]
    calls = [one.call(team, "refresh") for one, team in zip(made, others, strict=True)]
    return parts.section(parts.buttons(*calls), header="Work for another team") if calls else None
