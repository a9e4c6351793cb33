"""Takes webhooks: proves the sender from the raw bytes, then stores every request in it, and only then says so."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from hub.bootstrap import Hub
from hub.domain import Ignored, Request
from hub.errors import BadRequest, ConfigurationError, TryLater, UnknownName, Unverified
from hub.pipeline import arrive
from hub.sdk import Connection, Connector, Inbound, Notice
from hub.sdk.connector import InboundAnswer
from hub.web.auth import public
from hub.web.metrics import Metrics

log = structlog.get_logger("inlay.inbound")


def blueprint(hub: Hub, metrics: Metrics) -> Blueprint:
    """``/in/<connection>``, for one hub."""
    inbound = Blueprint("inbound", __name__)

    @inbound.route("/in/<connection>", methods=["GET", "POST"])
    @inbound.route("/in/<connection>/<token>", methods=["GET", "POST"])
    @public
    def take(connection: str, token: str = "") -> Response:
        """Verifies itself: by what the connector knows of its vendor's signatures, or of a token where the vendor can
        only be given an address."""
        try:
            # PostgreSQL takes no text with a NUL, not even to say that it does not know it.
            connector, opened = hub.parts.connections.get(connection.replace("\x00", "\ufffd"))
        except (UnknownName, ConfigurationError) as error:
            # Nobody who only guesses names learns which exist.
            _count(metrics, "(unknown)", "unverified")
            if isinstance(error, ConfigurationError):
                log.error("connection cannot be opened", connection=connection)
            raise Unverified("The request does not prove who sent it.") from None
        return _answer(_taken(hub, metrics, connector, opened, arrived()))

    return inbound


def arrived(*, cache: bool = False) -> Inbound:
    """The request as it came, its body unread by any parser and no larger than the hub reads."""
    return Inbound(
        method=request.method,
        path=request.path,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.args.to_dict(),
        body=request.get_data(cache=cache),
    )


def _taken(hub: Hub, metrics: Metrics, connector: Connector, connection: Connection, came: Inbound) -> InboundAnswer:
    name = connection.name
    try:
        shaken = connector.handshake(connection, came)
        if shaken is not None:
            _count(metrics, name, "handshake")
            return shaken
        connector.prepare(connection, came)
        connector.verify(connection, came, hub.parts.clock)
    except Unverified:
        _count(metrics, name, "unverified")
        log.warning("unverified", connection=name)
        # Why it does not verify helps an attacker most.
        raise Unverified("The request does not prove who sent it.") from None
    if came.method != "POST":
        # A GET may ask a handshake's question; links and previews are fetched by GET, and must start nothing.
        raise MethodNotAllowed(valid_methods=["POST"])
    try:
        _store(hub, metrics, name, connector.parse(connection, came))
    except TryLater:
        _count(metrics, name, "not stored")
        raise
    except BadRequest:
        _count(metrics, name, "bad request")
        raise
    return connector.acknowledge(connection, came)


def _store(hub: Hub, metrics: Metrics, name: str, items: Sequence[Request | Notice | Ignored]) -> None:
    """Each request as a run, and all notices, to be looked up, in one transaction.

    Raises:
        BadRequest: no team can be found for a request.
        Unavailable: it could not be stored; the vendor must send it again.
    """
    for item in items:
        if isinstance(item, Ignored):
            _count(metrics, name, "ignored")
            log.info("ignored", connection=name, ignored=item.event[:100])
        elif isinstance(item, Request):
            received = arrive.arrive(hub.parts, name, item, heard=True)
            _count(metrics, name, "stored" if received.new else "known")
    found = [item for item in items if isinstance(item, Notice)]
    if found:
        new = arrive.note(hub.parts, name, *found)
        _count(metrics, name, "stored", new)
        _count(metrics, name, "known", len(found) - new)


def _count(metrics: Metrics, connection: str, outcome: str, how_many: int = 1) -> None:
    if how_many:
        metrics.inbound.labels(connection, outcome).inc(how_many)


def _answer(said: InboundAnswer) -> Response:
    return Response(said.body, said.status, content_type=said.content_type)
