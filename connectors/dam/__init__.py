"""The DAM connector: offers itself to the hub."""

from __future__ import annotations

from collections.abc import Callable

from hub.sdk import Connector, hookimpl


@hookimpl
def register_connectors(register: Callable[[Connector], None]) -> None:
    from connectors.dam.connector import Dam

    register(Dam())
