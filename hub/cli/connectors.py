"""``inlay connectors``: what is installed and what failed to load, the connections made of it; tries and sweeps one."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli import output
from hub.cli.opening import a_hub

if TYPE_CHECKING:
    from hub.bootstrap import Hub


class ByConnector(click.Group):
    """Takes the name of an installed connector as well: ``inlay connectors NAME manifest``."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = super().get_command(ctx, cmd_name)
        if known is not None or cmd_name not in {point.name for point in entry_points(group="hub.connectors")}:
            return known
        return click.Group(cmd_name, commands=[_manifest_of(cmd_name)], help=f"What there is to do with {cmd_name}.")


@click.group("connectors", cls=ByConnector, invoke_without_command=True)
@output.json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List installed connectors and connections; try a connection."""
    if ctx.invoked_subcommand is not None:
        return
    with a_hub(log_level="CRITICAL") as hub:
        installed, made = _installed(hub), _made(hub)
    if as_json:
        output.as_json({"plugins": installed, "connections": made})
        return
    rows = [(p["plugin"], ", ".join(p["connectors"]), p["distribution"], p["version"], p["state"]) for p in installed]
    output.table("Installed", ("plugin", "connectors", "distribution", "version", "state"), rows)
    rows = [(c["name"], c["connector"], c["account"], ", ".join(c["teams"]) or "no team", c["state"]) for c in made]
    output.table("Connections", ("name", "connector", "account", "on for", "state"), rows)
    for one in made:
        if one["caution"]:
            click.echo(f"{one['name']}: {one['caution']}")
    if not made:
        click.echo("There is no connection yet: `inlay init` shows how one is declared.")


@command.command("check")
@click.argument("name")
@output.json_option
@click.pass_context
def check(ctx: click.Context, name: str, as_json: bool) -> None:
    """Try what a connection needs to do.

    The exit code is 1 when something does not work. What only one feature needs is a note.
    """
    import dataclasses

    with a_hub(log_level="CRITICAL") as hub:
        connector, connection = hub.parts.connections.get(name)
        probes = list(connector.check_connection(connection))
    if as_json:
        output.as_json([dataclasses.asdict(probe) for probe in probes])
    else:
        output.probes(f"{connector.title}: {name}", "probe", probes)
    if not all(probe.ok or probe.optional for probe in probes):
        ctx.exit(1)


@command.command("sweep")
@click.argument("name")
@output.json_option
def sweep(name: str, as_json: bool) -> None:
    """Look over a connection's account now for what no webhook brought.

    The hub does this by itself every few minutes. What is found becomes runs, each once; `inlay serve` or `inlay work`
    works on them.
    """
    import dataclasses

    from hub.pipeline.sweep import sweep_now

    with a_hub(log_level="CRITICAL") as hub:
        found = sweep_now(hub.parts, name)
    if as_json:
        output.as_json(dataclasses.asdict(found))
        return
    said = f"{found.requests} requests found, {found.new} of them new; {found.opinions} opinions, {found.facts} facts"
    click.echo(f"{name}: {said}.")
    if found.more:
        click.echo("There is more: the hub goes on by itself, or run this again.")


_out = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files into this folder. Else: print them.",
)


@command.command("manifest")
@click.argument("connection")
@_out
def manifest(connection: str, out: Path | None) -> None:
    """Make the files an admin puts into a vendor's console, from a connection's settings."""
    _manifest(connection, None, out)


def _manifest_of(connector: str) -> click.Command:
    @click.command("manifest")
    @click.option("--connection", help="Which connection, when there are several.")
    @_out
    def made(connection: str | None, out: Path | None) -> None:
        """Make the files an admin puts into the vendor's console, from the settings of its connection."""
        _manifest(connection, connector, out)

    return made


def _manifest(name: str | None, connector: str | None, out: Path | None) -> None:
    from hub.errors import BadRequest

    with a_hub(log_level="CRITICAL") as hub:
        name = name or _only_one(hub, connector or "")
        found, connection = hub.parts.connections.get(name)
        if connector not in (None, found.name):
            raise BadRequest(f"{name} is a connection to {found.title}.", instead=f"Pick one of {connector}.")
        files = found.manifests(connection, f"{hub.settings.url}/connect/{found.name}/{name}")
    if not files:
        raise BadRequest(f"{found.title} needs no files in the vendor's console.", instead="There is nothing to do.")
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        if out is None:
            click.echo(f"==> {path}\n{content if isinstance(content, str) else f'({len(data):,} bytes)'}")
            continue
        target = out / path
        if not target.resolve().is_relative_to(out.resolve()):
            raise BadRequest(f"The connector {found.name} names a file outside of the folder.", who="its maker")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        click.echo(f"wrote {target}")


def _only_one(hub: Hub, connector: str) -> str:
    from hub.errors import BadRequest

    names = [made["name"] for made in _made(hub) if made["connector"] == connector]
    if len(names) != 1:
        raise BadRequest(
            f"There is no connection of {connector} yet."
            if not names
            else f"{connector} has {len(names)} connections.",
            instead="Declare it in hub.yaml and `inlay apply` it."
            if not names
            else f"Say which one: --connection {' or '.join(sorted(names))}.",
            who="an admin",
        )
    return names[0]


def _installed(hub: Hub) -> list[dict[str, Any]]:
    offered = {
        plugin.name: sorted(
            name
            for name, connector in hub.registry.connectors.items()
            if _root(type(connector).__module__) == _root(_module(hub, plugin.name))
        )
        for plugin in hub.registry.plugins
    }
    return [
        {
            "plugin": plugin.name,
            "connectors": offered[plugin.name],
            "distribution": plugin.distribution,
            "version": plugin.version,
            "state": plugin.error or "loaded",
        }
        for plugin in hub.registry.plugins
    ]


def _module(hub: Hub, plugin: str) -> str:
    found = hub.registry.hooks.get_plugin(plugin)
    return getattr(found, "__name__", "") or type(found).__module__


def _root(module: str) -> str:
    """The package a plugin and its connectors share: its first two parts."""
    return ".".join(module.split(".")[:2])


def _made(hub: Hub) -> list[dict[str, Any]]:
    from hub.store import connections

    with hub.database.reading() as tx:
        rows = [(row, connections.teams_of(tx, row.name)) for row in connections.every(tx)]
    return [
        {
            "name": row.name,
            "connector": row.connector,
            "account": "sandbox" if row.sandbox else "real",
            "teams": teams,
            "state": "paused"
            if row.paused
            else "ready"
            if row.connector in hub.registry.connectors
            else "its connector is not installed",
            "caution": hub.parts.connections.caution(row.name),
        }
        for row, teams in rows
    ]
