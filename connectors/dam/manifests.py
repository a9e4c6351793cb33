"""What an admin puts into the DAM's console and Adobe's programs, with the hub's own address in it."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.dam import panels
from connectors.dam.dialects import dialect_of
from connectors.dam.panels import ccx
from hub.sdk import Connection


def manifests(connection: Connection, url: str) -> Mapping[str, str | bytes]:
    """Name to content. ``url`` is where the hub serves the connection's pages; webhooks go to ``/in/<connection>``."""
    hub = url.removesuffix(f"/connect/dam/{connection.name}").rstrip("/")
    steps = dialect_of(connection.settings).steps(connection.settings, f"{hub}/in/{connection.name}")
    made = panels.packages(connection, f"{hub}/connect/dam/{connection.name}")
    return {**steps, **made, **ccx.installers(made)}
