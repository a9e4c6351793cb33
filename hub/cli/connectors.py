"""``inlay connectors``: what is installed and what failed to load, the connections made of it, and a try of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli import output
from hub.cli.opening import a_hub

if TYPE_CHECKING:
    from hub.bootstrap import Hub


@click.group("connectors", invoke_without_command=True)
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
    if not made:
        click.echo("There is no connection yet: `inlay init` shows how one is declared.")


@command.command("check")
@click.argument("name")
@output.json_option
@click.pass_context
def check(ctx: click.Context, name: str, as_json: bool) -> None:
    """Try what a connection needs to do. The exit code is 1 when something does not work."""
    import dataclasses

    with a_hub(log_level="CRITICAL") as hub:
        connector, connection = hub.parts.connections.get(name)
        probes = list(connector.check_connection(connection))
    if as_json:
        output.as_json([dataclasses.asdict(probe) for probe in probes])
    else:
        rows = [("ok" if p.ok else "wrong", p.id, p.what, p.fix, p.who) for p in probes]
        output.table(f"{connector.title}: {name}", ("", "probe", "what", "fix", "who"), rows)
    if not all(probe.ok for probe in probes):
        ctx.exit(1)


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
        }
        for row, teams in rows
    ]
