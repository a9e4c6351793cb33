"""``inlay sandbox``: any connector's local stand-in for its vendor, on a port of this machine, until it is stopped."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click


@click.command("sandbox")
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True, help="0 takes a free one.")
@click.option(
    "--seed",
    type=click.Path(path_type=Path, exists=True),
    help="A recorded payload of the vendor's, or a folder of them, to start with.",
)
def command(name: str, port: int, seed: Path | None) -> None:
    """Run a connector's local stand-in for its vendor."""
    from hub import registry
    from hub.errors import UnknownName
    from hub.logs import configure

    configure("ERROR")
    connectors = registry.load().connectors
    connector = connectors.get(name)
    if connector is None:
        raise UnknownName(
            f"No connector named {name!r} is installed.", instead=f"Installed are: {', '.join(connectors) or 'none'}."
        )
    start = connector.sandbox()
    if start is None:
        raise UnknownName(f"{connector.title} has no sandbox.", who="the connector's maker")
    ends = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ends.set())
    try:
        running = start(port=port, seed=seed)
    except OSError as error:
        raise click.ClickException(f"The sandbox cannot listen on port {port}: {error.strerror or error}.") from None
    except ValueError as error:
        raise click.ClickException(f"{seed} cannot be used: {error}.") from None
    click.echo(f"{connector.title} sandbox at {running.url}. Stop with Ctrl-C.")
    ends.wait()
    running.stop()
