"""Stand-ins: connectors' sandboxes that an admin starts from a page, on this machine, as long as this process runs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Any

import structlog

from hub.bootstrap import Hub
from hub.errors import BadRequest, ConfigurationError, Conflict, InlayError
from hub.sdk import Connector

log = structlog.get_logger("inlay.stand-ins")


class StandIns:
    """The sandboxes this process started, by the name of their connection. They end with the hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._running: dict[str, Any] = {}
        self._lock = threading.Lock()
        hub.closers.append(self.stop)

    def start(self, connector: Connector, name: str, port: int = 0) -> dict[str, Any]:
        """Start the sandbox of a connection, on this port where it is free; the settings to connect to it.

        Raises:
            BadRequest: the connector ships none.
            Conflict: this machine does not let it listen.
        """
        begin = connector.sandbox()
        if begin is None:
            raise BadRequest(f"{connector.title} has no sandbox.", instead="Connect a real account.")
        with self._lock:
            if name in self._running:
                return dict(self._running[name].settings())
            for wanted in dict.fromkeys((port, 0)):
                try:
                    running = self._running[name] = begin(port=wanted)
                    break
                except OSError:
                    continue
            else:
                raise Conflict("The sandbox cannot listen on this machine.", who="an admin of the machine")
        if hasattr(running, "calls_back"):
            try:
                running.calls_back(f"{self._hub.settings.url}/in/{name}")
            except ValueError:
                log.info("a sandbox sends nothing: the hub's address is not of this machine", connection=name)
        return dict(running.settings())

    def forget(self, name: str) -> None:
        """End the sandbox of a connection that is gone."""
        with self._lock:
            running = self._running.pop(name, None)
        if running is not None:
            running.stop()

    def stop(self) -> None:
        """End all of them."""
        for name in list(self._running):
            self.forget(name)

    def sample(self, connector: Connector, name: str) -> Mapping[str, Any]:
        """A target among the sandbox's own samples; empty where there is none."""
        running = self._running.get(name)
        return connector.sample_target() or getattr(running, "sample", dict)()

    def page(self, name: str, at: Mapping[str, Any]) -> str:
        """Where a person looks at a target, or at the sandbox as a whole; empty when it was not started here."""
        running = self._running.get(name)
        if running is None:
            return ""
        return running.page(at) if at and hasattr(running, "page") else running.url

    def answers(self, name: str) -> bool:
        """Whether somebody listens where a sandbox's connection leads, whoever started it."""
        try:
            _, connection = self._hub.parts.connections.get(name)
            return any(_listens(host) for host in connection.settings.hosts())
        except (InlayError, ConfigurationError):
            return False

    def port_of(self, name: str) -> int:
        """The port a sandbox's connection leads to; 0 where it names none."""
        try:
            _, connection = self._hub.parts.connections.get(name)
        except (InlayError, ConfigurationError):
            return 0
        ports = [host.rpartition(":")[2] for host in sorted(connection.settings.hosts())]
        return next((int(port) for port in ports if port.isdigit()), 0)


def _listens(host: str) -> bool:
    name, _, port = host.rpartition(":")
    if not port.isdigit():
        return False
    try:
        with socket.create_connection((name.strip("[]"), int(port)), timeout=0.5):
            return True
    except OSError:
        return False
