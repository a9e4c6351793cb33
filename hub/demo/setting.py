"""Sets the stage: free ports, a running sandbox, a hub with the demo's organisation applied to it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from hub import configure
from hub.bootstrap import Hub, build
from hub.configure import Plan
from hub.errors import ConfigurationError
from hub.registry import Registry
from hub.settings import load

SANDBOX_PORT = 8090
#: Any text that is no word of the sandbox's own is an account that may write.
TOKEN = "demo"
#: How many ports after a taken one are tried.
TRIES = 50


@dataclass(frozen=True, slots=True)
class Setting:
    """A hub ready for the demo. ``notes`` are things a person should be told, such as a port that was taken."""

    hub: Hub
    plan: Plan
    sandbox_url: str
    notes: tuple[str, ...]


def part(name: str) -> str:
    """A file that ships with the demo."""
    return resources.files("hub.demo").joinpath(name).read_text(encoding="utf-8")


def free_port(host: str, wanted: int) -> int:
    """``wanted`` or the next free port after it; 0 gives any free one.

    Raises:
        ConfigurationError: none is free, or the address is not of this machine.
    """
    for port in [0] if wanted == 0 else range(wanted, min(wanted + TRIES, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            # As the servers do it: a port that only waits for old connections to be forgotten is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                probe.listen(1)
            except OSError as error:
                if error.errno in (errno.EADDRINUSE, errno.EACCES):
                    continue
                raise ConfigurationError(f"This machine cannot listen on {host}: {error.strerror}.") from None
            return probe.getsockname()[1]
    raise ConfigurationError(f"No port from {wanted} on is free on {host}. Name another with --port.")


@contextmanager
def set_up(home: Path, *, port: int, sandbox_port: int = SANDBOX_PORT, **settings: Any) -> Iterator[Setting]:
    """A sandbox and a hub, both running, with the demo's teams; everything ends with the block.

    Args:
        home: the folder of the demo's database and key.
        port: where the web server will listen, for links.
    """
    declared = yaml.safe_load(part("hub.yaml"))
    with ExitStack() as ends:
        hub = build(load(home=home, demo=True, port=port, **settings))
        ends.callback(hub.close)
        url, notes = "", []
        for spec in declared["connections"].values():
            running, taken = _sandbox(hub.registry, spec["connector"], sandbox_port)
            ends.callback(running.stop)
            url = running.url
            if taken:
                notes.append(f"Port {sandbox_port} is taken, so the sandbox listens at {url}.")
        environ: Mapping[str, str] = {"SANDBOX_URL": url, "SANDBOX_TOKEN": TOKEN}
        source = configure.read(part("hub.yaml"), name="the demo's hub.yaml", environ=environ)
        yield Setting(hub, configure.apply(hub, source, actor="system:demo"), url, tuple(notes))


def _sandbox(registry: Registry, name: str, wanted: int) -> tuple[Any, bool]:
    """The running sandbox of a connector, and whether its port was taken."""
    connector = registry.connectors.get(name)
    start = connector.sandbox() if connector else None
    if start is None:
        raise ConfigurationError(
            f"The demo needs the connector {name}, which did not load. `inlay connectors` says why."
        )
    port = free_port("127.0.0.1", wanted)
    return start(port=port), wanted not in (0, port)
