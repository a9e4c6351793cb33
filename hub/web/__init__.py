"""The web side of the hub: the API, the webhooks, the pages, and the server that carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apiflask import APIFlask

    from hub.bootstrap import Hub


def create_app(hub: Hub) -> APIFlask:
    """The WSGI application of this hub; the hub is started and closed by whoever made it."""
    # Imported on call: the process that only supervises the web processes needs none of it.
    from hub.web import app

    made: Any = app.create_app(hub)
    return made
