"""Sets the stage: free ports, a running stand-in for each vendor, a hub with the demo's organisation applied to it."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml

from hub import configure
from hub.bootstrap import Hub, build
from hub.configure import Plan
from hub.demo.journeys import part
from hub.errors import ConfigurationError
from hub.sdk import Connector
from hub.settings import load

#: The stand-ins listen at this port and the ones after it.
SANDBOX_PORT = 8090
#: How many ports after a taken one are tried.
TRIES = 50


class StandIn(Protocol):
    """What a connector's ``sandbox()`` starts, as far as the demo asks it for something. ``at`` is a target's."""

    url: str

    def settings(self) -> Mapping[str, Any]:
        """What an admin fills in to connect to it, secrets as plain texts."""
        ...

    def calls_back(self, url: str) -> None:
        """From now on send webhooks to the hub; ``url`` is where the connection takes them."""
        ...

    def page(self, at: Mapping[str, Any]) -> str:
        """Where a person looks at a target."""
        ...

    def shown(self, at: Mapping[str, Any]) -> str:
        """The text a person sees at a target."""
        ...

    def ask(self, at: Mapping[str, Any], template: str, instructions: str = "") -> str:
        """Ask about a target as a person does in the vendor's page; gives the key of the request.

        Only where a vendor's page has such a form.
        """
        ...

    def act(self, at: Mapping[str, Any], what: str) -> Mapping[str, Any]:
        """Do what a person does in the vendor's page, such as ``drop`` or ``approve``; gives the place it was done to.

        Only where something that people do there starts a workflow. An empty ``at`` leaves the place to the stand-in.
        """
        ...

    def stop(self) -> None:
        """Nobody answers any more. Harmless the second time."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """A hub ready for the demo, and a stand-in for each of its connections.

    ``notes`` are things a person should be told, such as a port that was taken. ``close_hub`` ends the hub and leaves
    the stand-ins running, for a server that opens the same data.
    """

    hub: Hub
    plan: Plan
    stand_ins: Mapping[str, StandIn]
    notes: tuple[str, ...]
    close_hub: Callable[[], None]


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
    """A stand-in for each vendor and a hub, all running, with the demo's teams; everything ends with the block.

    Args:
        home: the folder of the demo's database and key.
        port: where the web server will listen, for links.
        sandbox_port: where the first stand-in listens; 0 takes free ports.
    """
    declared = yaml.safe_load(part("hub.yaml"))
    with ExitStack() as ends:
        hub = build(load(home=home, demo=True, port=port, **settings))
        stand_ins: dict[str, StandIn] = {}
        notes: list[str] = []
        environ: dict[str, str] = {}
        # Closed once, by whoever comes first: the stories' end, or this block's, however far it came.
        hub_ends = ends.enter_context(ExitStack())
        hub_ends.callback(hub.close)
        for number, (name, spec) in enumerate(declared["connections"].items()):
            connector = hub.registry.connectors.get(spec["connector"])
            wanted = sandbox_port + number if sandbox_port else 0
            stand_in = stand_ins[name] = _start(connector, spec["connector"], wanted)
            ends.callback(stand_in.stop)
            if wanted and not stand_in.url.endswith(f":{wanted}"):
                notes.append(f"Port {wanted} is taken, so the sandbox of {name} listens at {stand_in.url}.")
            assert connector is not None
            given, secrets = settings_of(connector, name, stand_in)
            spec["settings"] = {**spec.get("settings", {}), **given}
            environ |= secrets
        source = configure.read(yaml.safe_dump(declared), name="the demo's hub.yaml", environ=environ)
        ends.callback(hub_ends.close)  # Before the stand-ins it calls.
        plan = configure.apply(hub, source, actor="system:demo")
        yield Setting(hub, plan, stand_ins, tuple(notes), hub_ends.close)


def _start(connector: Connector | None, name: str, wanted: int) -> StandIn:
    start = connector.sandbox() if connector else None
    if start is None:
        raise ConfigurationError(
            f"The demo needs the connector {name}, which did not load. `inlay connectors` says why."
        )
    return start(port=free_port("127.0.0.1", wanted))


def settings_of(connector: Connector, name: str, stand_in: StandIn) -> tuple[dict[str, Any], dict[str, str]]:
    """A stand-in's settings as a hub.yaml has them, and its secrets, each in a variable of the connection's own."""
    given, secrets = dict(stand_in.settings()), {}
    for key in sorted(connector.settings.secret_names() & given.keys()):
        variable = re.sub(r"\W", "_", f"{name}_{key}".upper(), flags=re.ASCII)
        secrets[variable], given[key] = given[key], f"$env:{variable}"
    return given, secrets
