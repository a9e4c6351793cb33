"""What an admin puts into the DAM's console: the dialect's steps, with the hub's own address in them."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.dam.dialects import dialect_of
from hub.sdk import Connection


def manifests(connection: Connection, url: str) -> Mapping[str, str]:
    """Name to content. ``url`` is where the hub serves the connection's pages; webhooks go to ``/in/<connection>``."""
    hub = url.removesuffix(f"/connect/dam/{connection.name}").rstrip("/")
    return dialect_of(connection.settings).steps(connection.settings, f"{hub}/in/{connection.name}")
