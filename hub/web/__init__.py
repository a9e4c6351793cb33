"""The web side of the hub: the API, the webhooks, the pages, and the server that carries them."""

from hub.web.app import create_app

__all__ = ["create_app"]
