"""``inlay webhooks``: where the hub's own events are sent, what became of each, and how one is sent again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from hub.cli import output
from hub.cli.opening import a_database, a_hub

if TYPE_CHECKING:
    from hub.bootstrap import Hub
    from hub.pipeline.webhooks import Webhooks
    from hub.store import Tx
    from hub.store.endpoints import Endpoint, Happened, Late

#: Rows of the ledger read at once to find those that are events.
_PAGE = 200


@click.group("webhooks")
def command() -> None:
    """List, try and resume what the hub's own events are sent to; send one again."""


@command.command("list")
@output.json_option
def listing(as_json: bool) -> None:
    """List the webhooks, and what became of the last event sent to each."""
    from hub.store import endpoints

    with a_database() as database, database.reading() as tx:
        found = [(one, endpoints.late(tx, one.name)) for one in endpoints.every(tx)]
    if as_json:
        names = ("name", "events", "team", "state", "status", "problem", "sent_at")
        output.as_json(
            [{**{n: getattr(one, n) for n in names}, "url": one.address, **_counts(late)} for one, late in found]
        )
        return
    if not found:
        click.echo("There is no webhook yet: declare one under `webhooks:` in hub.yaml.")
        return
    rows = [
        (one.name, one.address, one.team or "every team", one.state, *_counts(late).values(), _last(one))
        for one, late in found
    ]
    output.table("", ("name", "goes to", "of", "state", "late", "given up", "last"), rows)


@command.command("test")
@click.argument("name")
@click.pass_context
def test(ctx: click.Context, name: str) -> None:
    """Send a test event once and say what came back."""
    with a_hub(log_level="CRITICAL") as hub:
        outcome = _sender(hub).test(name)
    if outcome.problem:
        click.echo(f"{name} did not take it. {outcome.problem}")
        ctx.exit(1)
    click.echo(f"{name} took it: it answered {outcome.status}.")


@command.command("log")
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@output.json_option
def log(name: str, limit: int, as_json: bool) -> None:
    """What a webhook is told, newest first, and what became of each event."""
    from hub.store import endpoints

    with a_database() as database, database.reading() as tx:
        one = endpoints.get(tx, name)
        if one is None:
            raise _no_such(name)
        late = {found.seq: found for found in endpoints.late(tx, name)}
        rows = [_line(one, found, late.get(found.row.seq)) for found in _told(tx, one, limit)]
    if as_json:
        output.as_json(rows)
        return
    if not rows:
        click.echo(f"Nothing has happened yet that {name} is told.")
        return
    shown = [
        (row["id"], output.when(row["at"]), row["event"], row["run"], row["state"], row["attempts"], row["problem"])
        for row in rows
    ]
    output.table("", ("event", "happened (UTC)", "type", "run", "state", "attempts", "problem"), shown)


@command.command("retry")
@click.argument("id")
@click.option("--to", "name", help="To this webhook, also if it has taken the event. Else: to each that has not.")
@click.pass_context
def retry(ctx: click.Context, id: str, name: str | None) -> None:
    """Send one event now, under the same id."""
    from hub.errors import BadRequest
    from hub.store import endpoints

    with a_hub(log_level="CRITICAL") as hub:
        sender = _sender(hub)
        seq = sender.seq_of(id)
        with hub.database.reading() as tx:
            names = [name] if name else [late.endpoint for late in endpoints.late_of(tx, seq)]
        if not names:
            raise BadRequest(
                "No webhook has missed this event.", instead="Add --to NAME to send it again.", who="an admin"
            )
        outcomes = [(one, sender.again(one, seq)) for one in names]
    for one, outcome in outcomes:
        click.echo(f"{one} did not take it. {outcome.problem}" if outcome.problem else f"{one} took it.")
    if any(outcome.problem for _, outcome in outcomes):
        ctx.exit(1)


@command.command("resume")
@click.argument("name")
def resume(name: str) -> None:
    """Go on with a webhook that was given up: what it missed is sent now."""
    from hub.store import endpoints

    with a_database() as database, database.transaction() as tx:
        one = endpoints.get(tx, name)
        if one is None:
            raise _no_such(name)
        endpoints.resume(tx, name)
    click.echo(f"{name} is on. What it missed is sent now, oldest first.")


def _sender(hub: Hub) -> Webhooks:
    from hub.pipeline.webhooks import Webhooks

    return Webhooks(hub.database, hub.vault, hub.parts.clock, hub.settings.url)


def _told(tx: Tx, one: Endpoint, limit: int) -> Iterator[Happened]:
    """The newest events this endpoint is told."""
    from hub.pipeline.webhook_events import event_of, rows_of
    from hub.store import endpoints

    before, left = None, limit
    while left:
        page = endpoints.before(tx, one, rows_of(one.events), before, _PAGE)
        wanted = [found for found in page if event_of(found.row) in one.events][:left]
        yield from wanted
        left -= len(wanted)
        if len(page) < _PAGE:
            return
        before = page[-1].row.seq


def _line(one: Endpoint, found: Happened, late: Late | None) -> dict[str, Any]:
    from hub.pipeline.webhook_events import event_of, id_of

    row = found.row
    state = "taken" if row.seq <= one.cursor else "waits"
    if late is not None:
        state = "given up" if late.due_at is None else "late"
    return {
        "id": id_of(row),
        "at": row.at,
        "event": event_of(row),
        "run": row.run_id,
        "state": state,
        "attempts": late.attempts if late else int(state == "taken"),
        "due_at": late.due_at if late else None,
        "problem": late.problem if late else "",
    }


def _counts(late: list[Late]) -> dict[str, int]:
    given_up = sum(one.due_at is None for one in late)
    return {"late": len(late) - given_up, "given_up": given_up}


def _last(one: Endpoint) -> str:
    return one.problem or (f"taken {output.when(one.sent_at)}" if one.sent_at else "nothing sent yet")


def _no_such(name: str) -> Exception:
    from hub.errors import UnknownName

    return UnknownName(f"There is no webhook named {name!r}.", instead="`inlay webhooks list` shows them.")
