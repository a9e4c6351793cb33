"""``inlay sandbox``: any connector's local stand-in for its vendor, on a port of this machine, until it is stopped."""

from __future__ import annotations

import shlex
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hub.sdk import Connector


@click.command("sandbox")
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True, help="0 takes a free one.")
@click.option(
    "--seed",
    type=click.Path(path_type=Path, exists=True),
    help="A recorded payload of the vendor's, or a folder of them, to start with.",
)
@click.option("--calls-back", metavar="URL", help="Where it sends webhooks: http://127.0.0.1:8800/in/CONNECTION.")
def command(name: str, port: int, seed: Path | None, calls_back: str | None) -> None:
    """Run a connector's local stand-in for its vendor, and print the settings of a connection to it."""
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
    try:
        click.echo(f"{connector.title} sandbox at {running.url}.")
        _tell_back(running, calls_back)
        if hasattr(running, "settings"):
            _print_settings(connector, running)
        click.echo("Stop with Ctrl-C.")
        ends.wait()
    finally:
        running.stop()


def _tell_back(running: Any, url: str | None) -> None:
    if url is None:
        return
    if not hasattr(running, "calls_back"):
        raise click.ClickException("This sandbox sends nothing: leave --calls-back out.")
    try:
        running.calls_back(url.rstrip("/"))
    except ValueError as error:
        raise click.ClickException(f"--calls-back cannot be used: {error}.") from None


def _print_settings(connector: Connector, running: Any) -> None:
    """For a terminal and for a hub.yaml. The secrets open this stand-in alone, as long as it runs."""
    import yaml

    from hub.demo import settings_of

    given, secrets = settings_of(connector, connector.name, running)
    part = {"connector": connector.name, "sandbox": True, "settings": given}
    click.echo("\nTo connect to it, export these and put the rest into hub.yaml:\n")
    for variable, secret in secrets.items():
        click.echo(f"export {variable}={shlex.quote(secret)}")
    click.echo(yaml.safe_dump({"connections": {connector.name: part}}, sort_keys=False, width=110))
