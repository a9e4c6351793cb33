"""The Google Docs connector: offers itself to the hub."""

from __future__ import annotations

from collections.abc import Callable

from hub.sdk import Connector, hookimpl


@hookimpl
def register_connectors(register: Callable[[Connector], None]) -> None:
    from connectors.google_docs.connector import GoogleDocs

    register(GoogleDocs())
