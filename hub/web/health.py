"""Whether the process lives, whether the hub can work, and its figures."""

from __future__ import annotations

from flask import Blueprint, Response, request
from pydantic_core import to_json

from hub.bootstrap import Hub
from hub.errors import InlayError
from hub.store.database import SCHEMA
from hub.web.auth import by_bearer, from_this_machine, need_admin, public
from hub.web.metrics import CONTENT_TYPE, Metrics


def blueprint(hub: Hub, metrics: Metrics) -> Blueprint:
    """The routes a supervisor, a load balancer and Prometheus ask."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    @public
    def healthz() -> Response:
        """The process answers; nothing else is looked at."""
        return Response('{"status": "ok"}', content_type="application/json")

    @health.get("/readyz")
    @public
    def readyz() -> Response:
        """Whether work can be taken: 503 when the database is away or stands at another migration.

        A missing model is no reason to refuse work: the simulator answers, and says what it is.
        """
        checks = ready(hub)
        status = 200 if checks["database"] == "ok" and checks["migrations"] == "ok" else 503
        said = {"status": "ready" if status == 200 else "not ready", "checks": checks}
        return Response(to_json(said), status, content_type="application/json")

    @health.get("/metrics")
    @public
    def figures() -> Response:
        """Guards itself: an admin's key, or a request made on this machine to a hub nobody else is told of.

        A proxy that adds no header looks like this machine, so a hub with a public address always wants the key.
        """
        if "Authorization" in request.headers or hub.settings.public_url or not from_this_machine():
            need_admin(by_bearer(hub))
        return Response(metrics.text(hub), content_type=CONTENT_TYPE)

    return health


def ready(hub: Hub) -> dict[str, str]:
    """Each thing the hub needs, and how it stands."""
    try:
        schema = hub.database.schema()
    except InlayError:
        return {"database": "away", "migrations": "unknown", "model": _model(hub)}
    migrations = "ok" if schema == SCHEMA else "not up to date: start the hub once, it migrates by itself"
    return {"database": "ok", "migrations": migrations, "model": _model(hub)}


def _model(hub: Hub) -> str:
    return "simulator: set INLAY_MODEL for real answers" if hub.parts.model.simulated else "ok"
