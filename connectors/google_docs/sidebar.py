"""The hub's half of the sidebar: what the Apps Script project in ``addon/`` calls, in the name of a proven person.

The hub holds no Google token for these people, so that the sidebar reads and writes the document itself: it sends the
selected text with the click, and reports where it put the draft.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, jsonify

from connectors.google_docs import command_line, place, sidebar_view
from connectors.google_docs.read_back import compared
from connectors.google_docs.sidebar_takes import (
    CommandRun,
    Feedback,
    Found,
    Line,
    Lines,
    Nothing,
    Opening,
    Placed,
    Removed,
    Sent,
    Started,
    read,
)
from hub.sdk import BadRequest, Conflict, Desk, Json, Receipt, Request, Target, Visitor

SURFACE = "google_docs"
IN = "inlay:in:"
#: Seconds a click waits for the result before it is answered with how far it came.
WAIT = 3.0
_RECENT = 40
_SHOWN = 10


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Add the calls under ``/sidebar``."""

    def said(model: type[Sent]) -> Sent:
        return read(model, desk.body())

    def shown(run: Json) -> Response:
        visitor = desk.visitor()
        return jsonify(sidebar_view.whole(run, visitor, comments=run["template"] in _remarks(visitor)))

    @blueprint.post("/sidebar/open")
    def sidebar_open(connection: str) -> Response:
        return jsonify(opened(desk, said(Opening).document))

    @blueprint.post("/sidebar/runs")
    def sidebar_start(connection: str) -> Response:
        visitor = desk.visitor()
        return shown(visitor.submit(asked(visitor, said(Started)), wait=WAIT))

    @blueprint.get("/sidebar/runs/<run>")
    def sidebar_show(connection: str, run: str) -> Response:
        return shown(desk.visitor().run(run))

    @blueprint.post("/sidebar/runs/<run>/placed")
    def sidebar_placed(connection: str, run: str) -> Response:
        return shown(placed(desk.visitor(), run, said(Placed)))

    @blueprint.post("/sidebar/runs/<run>/removed")
    def sidebar_removed(connection: str, run: str) -> Response:
        return shown(removed(desk.visitor(), run, said(Removed).marker))

    @blueprint.post("/sidebar/runs/<run>/stands")
    def sidebar_stands(connection: str, run: str) -> Response:
        stands(desk.visitor(), run, said(Found))
        return jsonify({})

    @blueprint.post("/sidebar/runs/<run>/feedback")
    def sidebar_feedback(connection: str, run: str) -> Response:
        desk.visitor().feedback(run, tag=said(Feedback).tag)
        return jsonify({})

    @blueprint.post("/sidebar/runs/<run>/<any(undo, resume, cancel):act>")
    def sidebar_act(connection: str, run: str, act: str) -> Response:
        said(Nothing)
        visitor = desk.visitor()
        acts = {"undo": visitor.undo, "resume": visitor.resume, "cancel": visitor.cancel}
        return shown(acts[act](run))

    @blueprint.post("/sidebar/commands")
    def sidebar_commands(connection: str) -> Response:
        return jsonify({"commands": commanded(desk.visitor(), said(Lines).lines)})

    @blueprint.post("/sidebar/commands/run")
    def sidebar_command(connection: str) -> Response:
        visitor = desk.visitor()
        return shown(visitor.submit(asked(visitor, of_command(visitor, said(CommandRun))), wait=WAIT))


def opened(desk: Desk, document: str) -> dict[str, Any]:
    """What the sidebar shows when it opens beside a document."""
    visitor = desk.visitor()
    here = [run for run in visitor.recent(_RECENT) if sidebar_view.in_document(run, document)]
    return {
        "name": visitor.name,
        "team": visitor.team,
        "teams": list(visitor.teams),
        "home": desk.url,
        "templates": [_template(one) for one in visitor.templates(SURFACE)],
        "friction": list(desk.friction),
        "runs": [sidebar_view.brief(run, visitor) for run in here[:_SHOWN]],
    }


def asked(visitor: Visitor, click: Started) -> Request:
    """The request of a click. The selected text becomes the input that a document's text fills, as a target's would.

    Raises:
        BadRequest: the team has no such template here.
    """
    template = next((one for one in visitor.templates(SURFACE) if one["name"] == click.template), None)
    if template is None:
        raise BadRequest(
            "Your team no longer has this template.", instead="Close the sidebar, open it and pick another."
        )
    if click.range != IN + click.click:
        raise BadRequest("The range is not this click's.")
    inputs = dict(click.inputs)
    for spec in template["inputs"]:
        sent = inputs.get(spec["name"])
        found = {"target.text": click.text, "target.title": click.title}.get(spec["source"] or "", "")
        if found.strip() and (sent is None or (isinstance(sent, str) and not sent.strip())):
            inputs[spec["name"]] = found
    return Request(
        key=f"docs:{visitor.person}:{click.click}",
        template=template["name"],
        inputs=inputs,
        surface=SURFACE,
        raw={
            "document": click.document,
            "tab": click.tab,
            "range": click.range,
            "text_hash": click.text_hash,
        },
    )


def placed(visitor: Visitor, run_id: str, sent: Placed) -> Json:
    """Record where a variant stands.

    Raises:
        BadRequest: no such variant, under no such name.
        Conflict: the run has no draft to place, or its line is not as it has to be.
    """
    run = visitor.run(run_id)
    order = sidebar_view.orders(run, visitor).get(sent.variant)
    if order is None or order.marker != sent.marker:
        raise BadRequest(
            "The draft stands under a name that is not its own.", instead="Open the run and insert it again."
        )
    if run["simulated"] and not visitor.connection.sandbox:
        raise Conflict("A simulated draft is not written into a real document.", instead="Take it out again.")
    if order.mark and sent.mark != order.mark:
        raise Conflict(
            "This draft is not reviewed yet, and its line that says so is missing.", instead="Insert it again."
        )
    at = {"document": sent.document, "tab": sent.tab, "named_range": sent.marker}
    receipt = Receipt(
        vendor_id=sent.document,
        content_hash=sent.text_hash,
        url=place.url(visitor.connection, sent.document, sent.tab),
        detail={
            "by": sidebar_view.BY,
            "document": sent.document,
            "tab": sent.tab,
            "marker": sent.marker,
            "mark_marker": order.mark_marker,
            "mark": sent.mark,
            "mode": sent.mode,
            "variant": sent.variant,
            # The hash is the script's word: a person may have worked on the draft before it could be told, or it is
            # not true. Only a text that is the draft's counts as the draft.
            "as_drafted": sent.text_hash == hashlib.sha256(order.text.encode()).hexdigest(),
            **({} if sent.replaced is None else {"replaced": sent.replaced}),
        },
    )
    # The line of a simulated draft stays for good.
    reviewed = sidebar_view.is_reviewed(run) and (not sent.mark or run["simulated"])
    target = Target(connection=visitor.connection.name, at=at)
    return visitor.placed(run_id, target, receipt, reviewed=reviewed)


def removed(visitor: Visitor, run_id: str, marker: str) -> Json:
    """Record that the sidebar took a draft out again.

    Raises:
        Conflict: it was not the sidebar that put it there: only the hub knows whether that one is gone.
    """
    placed_here = (
        one["detail"] for one in visitor.run(run_id)["deliveries"] if one["detail"].get("by") == sidebar_view.BY
    )
    if marker not in (detail.get("marker") for detail in placed_here):
        raise Conflict("The sidebar put no draft of that name into a document.", instead="Undo it on the run's page.")
    return visitor.removed(run_id, marker)


def stands(visitor: Visitor, run_id: str, found: Found) -> None:
    """Record what became of a variant. The text is compared here, so that every surface means the same by a share. Of a
    draft that was taken back meanwhile nothing is recorded.

    Raises:
        Conflict: nothing of that name was placed, or somebody else asked for the run: the sidebar looks after the
            drafts of the person in front of it.
    """
    run = visitor.run(run_id)
    if (run["asked_by"] or "").strip().casefold() != visitor.person.strip().casefold():
        raise Conflict("This is somebody else's draft.", instead="Inlay looks after it when they open the document.")
    order = next((one for one in sidebar_view.orders(run, visitor).values() if one.marker == found.marker), None)
    if order is None:
        raise Conflict("This run has placed nothing of that name.")
    states = [one["state"] for one in run["deliveries"] if one["detail"].get("marker") == found.marker]
    if states != ["undone"]:
        visitor.stands(run_id, found.marker, compared(order.text, found.text))


def commanded(visitor: Visitor, lines: list[Line]) -> list[dict[str, Any]]:
    """What each ``/ai`` line asks for, or what is wrong with it."""
    templates = visitor.templates(SURFACE)
    titles = {one["name"]: one["title"] for one in templates}
    told: list[dict[str, Any]] = []
    for line in lines:
        try:
            order = command_line.parse(line.text, templates)
        except BadRequest as error:
            problem = {"what": error.what, "why": error.why, "instead": error.instead}
            told.append({"id": line.id, "problem": problem})
        else:
            told.append(
                {
                    "id": line.id,
                    "template": order.template,
                    "title": titles[order.template],
                    "inputs": dict(order.inputs),
                    "material": "above" if order.material is None else order.material,
                }
            )
    return told


def of_command(visitor: Visitor, click: CommandRun) -> Started:
    """A line as the click on Run that it stands for: what is behind its colon, or the text above, is the selection.

    Raises:
        BadRequest: the line is not understood, or there is no text for it to work on.
    """
    templates = visitor.templates(SURFACE)
    order = command_line.parse(click.line, templates)
    template = next(one for one in templates if one["name"] == order.template)
    above = click.section if template.get("write") == "comments" else click.above
    material = order.material or ("" if command_line.is_command(above) else above)
    if command_line.text_input(template) not in (None, *order.inputs) and not material.strip():
        raise BadRequest(
            "There is no text right above this command.",
            instead="Write the command below a paragraph, or its text after a colon: /ai … : the text.",
        )
    return Started(
        click=click.click,
        template=order.template,
        inputs=dict(order.inputs),
        text=material,
        text_hash=click.text_hash,
        title=click.title,
        document=click.document,
        tab=click.tab,
        range=click.range,
    )


def _template(one: Json) -> dict[str, Any]:
    """A template as the form needs it."""
    plain = {name: one[name] for name in ("name", "title", "description", "owner", "version", "tier", "uses", "help")}
    return {
        **plain,
        "inputs": [dict(spec) for spec in one["inputs"]],
        "takes_text": any(spec["source"] == "target.text" for spec in one["inputs"]),
        "comments": one.get("write") == "comments",
    }


def _remarks(visitor: Visitor) -> set[str]:
    """The templates that write remarks beside a text, and never a text."""
    return {one["name"] for one in visitor.templates(SURFACE) if one.get("write") == "comments"}
