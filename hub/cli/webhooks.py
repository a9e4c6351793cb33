"""``inlay webhooks``: where the hub's own events are sent, whether they arrive, and how an endpoint goes on."""

from __future__ import annotations

import click

from hub.cli import output
from hub.cli.opening import a_database, a_hub


@click.group("webhooks")
def command() -> None:
    """List, try and resume the endpoints the hub's own events are sent to."""


@command.command("list")
@output.json_option
def listing(as_json: bool) -> None:
    """List the endpoints, and what became of the last event sent to each."""
    from hub.store import endpoints

    with a_database() as database, database.reading() as tx:
        found = endpoints.every(tx)
    names = ("name", "url", "events", "team", "state", "status", "problem", "sent_at")
    if as_json:
        output.as_json([{name: getattr(one, name) for name in names} for one in found])
        return
    rows = [
        (one.name, one.url, ", ".join(one.events), one.team or "every team", one.state, one.status or "", one.problem)
        for one in found
    ]
    output.table("Webhooks", ("name", "goes to", "events", "of", "state", "last answer", "problem"), rows)


@command.command("test")
@click.argument("name")
@click.pass_context
def test(ctx: click.Context, name: str) -> None:
    """Send a test event once and say what came back."""
    from hub.pipeline.webhooks import Webhooks

    with a_hub(log_level="ERROR") as hub:
        sender = Webhooks(hub.database, hub.vault, hub.parts.clock, hub.settings.url)
        try:
            status = sender.test(name)
        except KeyError:
            raise _no_such(name) from None
    if status is None or not 200 <= status < 300:
        click.echo(f"{name} did not take it: {'no answer came' if status is None else f'it answered {status}'}.")
        ctx.exit(1)
    click.echo(f"{name} took it: it answered {status}.")


@command.command("resume")
@click.argument("name")
@click.option("--skip", is_flag=True, help="Leave out the event it could not take.")
def resume(name: str, skip: bool) -> None:
    """Go on with an endpoint that was given up, from the event it did not take."""
    from hub.pipeline.webhooks import kinds_of
    from hub.store import endpoints

    with a_database() as database, database.transaction() as tx:
        one = endpoints.get(tx, name)
        if one is None:
            raise _no_such(name)
        waiting, _ = endpoints.after(tx, one.cursor, kinds_of(one), one.team, 1)
        cursor = waiting[0].seq if skip and waiting else one.cursor
        endpoints.change(tx, name, state="on", attempts=0, due_at=0.0, cursor=cursor, problem="")
    click.echo(f"{name} is on. What it missed is sent now, oldest first.")


def _no_such(name: str) -> Exception:
    from hub.errors import UnknownName

    return UnknownName(f"There is no webhook named {name!r}.", instead="`inlay webhooks list` shows them.")
