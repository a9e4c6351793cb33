"""``inlay apply``: makes what a hub.yaml declares so, after showing what that will change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli import output
from hub.cli.opening import a_hub

if TYPE_CHECKING:
    from hub.configure import Plan

_SIGNS = {"create": "+ create", "change": "~ change", "same": "  same"}


@click.command("apply")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--plan", "plan_only", is_flag=True, help="Show what would be done, and do nothing.")
@output.json_option
def command(file: Path, plan_only: bool, as_json: bool) -> None:
    """Make the teams, connections and workflows of a file so.

    The changes are made in one transaction: all of them or none. What the file does not name stays as it is.
    """
    from hub import configure

    source = configure.read_file(file)
    with a_hub(log_level="ERROR") as hub:
        shown = configure.plan(hub, source)
        if not as_json:
            show(shown)
        if not plan_only and shown.todo:
            shown = configure.apply(hub, source, actor="system:cli")
    if as_json:
        output.as_json(
            {
                "applied": bool(shown.todo) and not plan_only,
                "changes": [{"kind": c.kind, "what": c.what, "details": c.details} for c in shown.changes],
            }
        )
    elif shown.todo:
        click.echo("Nothing was done: this is the plan." if plan_only else "Done.")


def show(plan: Plan) -> None:
    """The plan, one line a change, and how many of each kind."""
    for change in plan.todo:
        click.echo(f"{_SIGNS[change.kind]} {change.what}")
        for detail in change.details:
            click.echo(f"      {detail}")
    if not plan.todo:
        click.echo(f"Nothing to change: {plan.count('same')} things are as the file says.")
        return
    click.echo(f"{plan.count('create')} to create, {plan.count('change')} to change, {plan.count('same')} the same.")
