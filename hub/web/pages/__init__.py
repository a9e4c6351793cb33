"""The pages people see, one module each, rendered on the server."""

from __future__ import annotations

from flask import Blueprint

from hub.bootstrap import Hub
from hub.web.pages import formats, help, home, run, runs, sign_in, templates


def blueprints(hub: Hub) -> list[Blueprint]:
    """Every page, for one hub."""
    found = [page.blueprint(hub) for page in (home, runs, run, templates, help, sign_in)]
    formats.install(found[0], hub)
    return found
