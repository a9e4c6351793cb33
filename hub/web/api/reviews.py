"""Reviews over the API: what waits for the caller, one draft with its source, and the decision on it."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from hub.bootstrap import Hub
from hub.web import body, look_view
from hub.web.api import gives, takes
from hub.web.api.answering import answered
from hub.web.api.described import described
from hub.web.auth import whoever


def add(api: APIBlueprint, hub: Hub) -> None:
    """Add these routes."""

    @api.get("/reviews")
    @described(gives=gives.ReviewList)
    def list_reviews() -> Response:
        """What waits for you to look at, the soonest due first."""
        found = look_view.queue(hub, whoever())
        return answered({"reviews": [look_view.shown(one) for one in found.mine], "others": found.others})

    @api.get("/reviews/<review_id>")
    @described(gives=gives.Review, problems=(404,))
    def show_review(review_id: str) -> Response:
        """A draft that waits for you, beside what it was made from. From now on you can have read it."""
        return answered(look_view.whole(look_view.opened(hub, whoever(), review_id)))

    @api.post("/reviews/<review_id>/accept")
    @described(takes=takes.Approval, gives=gives.Decided, problems=(403, 404, 409))
    def approve(review_id: str) -> Response:
        """Say that the draft is fine. It counts for the text whose hash is sent, and no other."""
        said = body.read(takes.Approval)
        return _decided(review_id, accept=True, seen=said.content_hash, reason=said.reason)

    @api.post("/reviews/<review_id>/reject")
    @described(takes=takes.Rejection, gives=gives.Decided, problems=(403, 404, 409))
    def turn_down(review_id: str) -> Response:
        """Say that it is not, and why. The next draft is written with the reason."""
        said = body.read(takes.Rejection)
        return _decided(review_id, accept=False, seen=said.content_hash, reason=said.reason)

    def _decided(review_id: str, *, accept: bool, seen: str | None, reason: str) -> Response:
        told = look_view.decide(hub, whoever(), review_id, accept=accept, seen=seen, reason=reason)
        return answered({"id": review_id, "says": told})
