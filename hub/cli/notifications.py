"""``inlay notifications``: how mail to people stands, and whether the mail server takes one."""

from __future__ import annotations

import dataclasses

import click

from hub.cli import output
from hub.cli.opening import a_database, a_hub


@click.group("notifications")
def command() -> None:
    """Show how mail to people stands; try the mail server."""


@command.command("try")
@click.argument("email")
@click.pass_context
def try_it(ctx: click.Context, email: str) -> None:
    """Write to this address now and say whether the mail server took it."""
    from hub.errors import InlayError

    with a_hub(log_level="CRITICAL") as hub:
        try:
            hub.notify.test(email)
        except InlayError as error:
            click.echo(" ".join(part for part in (error.what, error.why, error.instead) if part))
            ctx.exit(1)
    click.echo("The mail server took it. Look into the inbox, and into what it takes for spam.")


@command.command("list")
@output.json_option
def listing(as_json: bool) -> None:
    """List whoever was written to or is to be: when last, what waits, and what went wrong."""
    from hub.store import notifications

    with a_database() as database, database.reading() as tx:
        boxes = notifications.boxes(tx)
    if as_json:
        output.as_json([dataclasses.asdict(box) for box in boxes])
        return
    if not boxes:
        click.echo("Nobody was written to yet.")
        return
    rows = [
        (box.person, box.waiting, output.when(box.sent_at) if box.sent_at else "never", box.problem) for box in boxes
    ]
    output.table("", ("person", "waiting", "last mail", "problem"), rows)
