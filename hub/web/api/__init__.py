"""The API under /api/v1: JSON in, JSON out, an API key on every request."""

from __future__ import annotations

from apiflask import APIBlueprint

from hub.bootstrap import Hub
from hub.web.api import acts, budget, catalog, claims, proofs, reviews, runs, switches
from hub.web.auth import API


def blueprint(hub: Hub) -> APIBlueprint:
    """Every route of the API, for one hub."""
    api = APIBlueprint(API, __name__, url_prefix="/api/v1", tag="API")
    runs.add(api, hub)
    acts.add(api, hub)
    reviews.add(api, hub)
    catalog.add(api, hub)
    claims.add(api, hub)
    budget.add(api, hub)
    proofs.add(api, hub)
    switches.add(api, hub)
    return api
