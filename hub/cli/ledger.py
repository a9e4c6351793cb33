"""``inlay ledger``: verifies the chain, tells its head, exports its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from hub.cli import output
from hub.cli.opening import a_database

if TYPE_CHECKING:
    from hub.ledger import Ledger
    from hub.store import Tx


@click.group("ledger")
def command() -> None:
    """Verify and export the record of everything that happened."""


@command.command("verify")
@click.option("--head", help="A head kept earlier, as `inlay ledger head` printed it: NUMBER:HASH.")
@output.json_option
@click.pass_context
def verify(ctx: click.Context, head: str | None, as_json: bool) -> None:
    """Walk the whole chain; the first broken row is named, and the exit code is 1.

    A chain cannot show by itself that its end was cut off. Keep a head elsewhere and name it with --head.
    """
    wanted = _parsed(head) if head else None
    with _ledger() as (ledger, tx):
        count, broken = ledger.verify(tx)
        _, last = ledger.head(tx)
        kept = None if wanted is None or broken else _hash_at(tx, wanted[0])
    lost = wanted is not None and broken is None and kept != wanted[1]
    if as_json:
        fault = {"row": broken.seq, "why": broken.why} if broken else None
        output.as_json({"rows": count, "head": last, "broken": fault, "head_lost": lost})
    elif broken is not None:
        click.echo(f"Broken at row {broken.seq}: {broken.why}. The {count} rows before it hold.")
    elif lost and wanted is not None:
        click.echo(f"The rows that are there hold, but row {wanted[0]} is not the one of the head you kept.")
    else:
        click.echo(f"All {count} rows hold.")
    if broken is not None or lost:
        ctx.exit(1)


@command.command("head")
def head() -> None:
    """Print the number and hash of the last row. Kept elsewhere, it shows later whether the end was cut off."""
    with _ledger() as (ledger, tx):
        number, last = ledger.head(tx)
    click.echo(f"{number}:{last}")


@command.command("export")
def export() -> None:
    """Print every row, one JSON object a line, oldest first."""
    import dataclasses

    from hub.store import events

    with _ledger() as (_, tx):
        for event, _stored in events.walk(tx):
            output.json_line(dataclasses.asdict(event))


def _parsed(head: str) -> tuple[int, str]:
    number, _, last = head.partition(":")
    if not number.isdigit() or not last:
        raise click.UsageError("A head is written NUMBER:HASH, as `inlay ledger head` prints it.")
    return int(number), last


def _hash_at(tx: Tx, number: int) -> str:
    from hub.ledger import GENESIS
    from hub.store import events

    if number == 0:
        return GENESIS
    return next((event.hash for event, _ in events.walk(tx) if event.seq == number), "")


@contextmanager
def _ledger() -> Iterator[tuple[Ledger, Tx]]:
    from hub.ledger import Ledger
    from hub.settings import load
    from hub.vault import open_vault

    with a_database() as database, database.reading() as tx:
        yield Ledger(open_vault(load()).keys), tx
