"""The hub's half of the Adobe panels: what they call, in the name of a person the hub itself has signed in.

A panel reads and writes the design itself, in the person's own program. It sends the text or the picture with the
click, and reports where it put a draft.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from connectors.dam import panel_view
from connectors.dam.panel_takes import Feedback, Nothing, Placed, Removed, Sent, Started, picture_of, read
from hub.sdk import BadRequest, Conflict, Desk, Json, Receipt, Request, Target, Visitor

SURFACE = "adobe"
#: Seconds a click waits for the result before it is answered with how far it came.
WAIT = 2.0
_RECENT = 10


def blueprint(desk: Desk) -> Blueprint:
    """Calls under ``/panel``, which the hub answers for whom its own sign-in has let in."""
    page = Blueprint("dam", __name__)

    def said(model: type[Sent]) -> Sent:
        return read(model, desk.body())

    def shown(run: Json) -> Response:
        return jsonify(panel_view.whole(run, desk.visitor()))

    @page.get("/panel/me")
    def panel_me(connection: str) -> Response:
        visitor = desk.visitor()
        mine = [run for run in visitor.recent(40) if run["surface"] == SURFACE]
        return jsonify(
            person=visitor.person,
            name=visitor.name,
            team=visitor.team,
            teams=list(visitor.teams),
            home=desk.url,
            friction=list(desk.friction),
            templates=[_template(one) for one in visitor.templates(SURFACE)],
            runs=[panel_view.brief(run) for run in mine[:_RECENT]],
        )

    @page.post("/panel/runs")
    def panel_start(connection: str) -> Response:
        sent = said(Started)
        visitor = desk.visitor()
        return shown(visitor.submit(asked(visitor, sent), wait=WAIT, picture=picture_of(sent)))

    @page.get("/panel/runs/<run>")
    def panel_show(connection: str, run: str) -> Response:
        return shown(desk.visitor().run(run))

    @page.post("/panel/runs/<run>/placed")
    def panel_placed(connection: str, run: str) -> Response:
        return shown(placed(desk.visitor(), run, said(Placed)))

    @page.post("/panel/runs/<run>/removed")
    def panel_removed(connection: str, run: str) -> Response:
        return shown(desk.visitor().removed(run, said(Removed).marker))

    @page.post("/panel/runs/<run>/feedback")
    def panel_feedback(connection: str, run: str) -> Response:
        desk.visitor().feedback(run, tag=said(Feedback).tag)
        return jsonify({})

    @page.post("/panel/runs/<run>/cancel")
    def panel_cancel(connection: str, run: str) -> Response:
        said(Nothing)
        return shown(desk.visitor().cancel(run))

    return page


def asked(visitor: Visitor, click: Started) -> Request:
    """The request of a click. The text of the design becomes the input a target's text fills.

    Raises:
        BadRequest: the team has no such template here.
    """
    template = next((one for one in visitor.templates(SURFACE) if one["name"] == click.template), None)
    if template is None:
        raise BadRequest("Your team no longer has this template.", instead="Open the panel again and pick another.")
    inputs = dict(click.inputs)
    for spec in template["inputs"]:
        found = {"target.text": click.text, "target.title": click.title}.get(spec["source"] or "", "")
        if found.strip() and not inputs.get(spec["name"]):
            inputs[spec["name"]] = found
    return Request(
        key=f"panel:{visitor.person}:{click.click}",
        template=template["name"],
        inputs=inputs,
        surface=SURFACE,
        raw={"program": click.program, "document": click.document, "pictured": click.picture is not None},
    )


def placed(visitor: Visitor, run_id: str, sent: Placed) -> Json:
    """Record where a piece of a draft stands.

    Raises:
        BadRequest: the draft has no such piece.
        Conflict: it may not be written, or its line is not as it has to be.
    """
    run = visitor.run(run_id)
    piece = panel_view.pieces(run).get(sent.piece)
    if piece is None:
        raise BadRequest("The draft has no such part.", instead="Open the run again.")
    if run["simulated"] and not visitor.connection.sandbox:
        raise Conflict("A simulated draft is not written into a real design.", instead="Take it out again.")
    line = panel_view.line(run)
    if line and not sent.marked:
        raise Conflict("This draft is not reviewed yet, and its line that says so is missing.", instead="Insert again.")
    receipt = Receipt(
        vendor_id=f"{sent.program}:{sent.document}"[:200],
        content_hash=panel_view.hash_of(sent.text),
        detail={
            "by": panel_view.BY,
            "marker": sent.piece,
            "program": sent.program,
            "marked": sent.marked,
            # A person may have taken a fix before the draft went in: only a text that is the draft's counts as it.
            "as_drafted": sent.text == piece,
        },
    )
    at = {"program": sent.program, "document": sent.document, "piece": sent.piece}
    target = Target(connection=visitor.connection.name, at=at)
    # The line of a simulated draft stays for good, so that its text never counts as unreviewed by that.
    reviewed = panel_view.is_reviewed(run) and (not sent.marked or run["simulated"])
    return visitor.placed(run_id, target, receipt, reviewed=reviewed)


def _template(one: Json) -> dict[str, Any]:
    """A template as the panel's form needs it."""
    plain = ("name", "title", "description", "owner", "version", "tier", "uses", "help", "picture")
    sources = [spec["source"] for spec in one["inputs"]]
    return {
        **{name: one[name] for name in plain},
        "inputs": [dict(spec) for spec in one["inputs"]],
        "takes_text": "target.text" in sources,
    }
