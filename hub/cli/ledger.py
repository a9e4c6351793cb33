"""``inlay ledger``: verifies the chain and the heads kept of it, signs its head, exports its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli import output
from hub.cli.opening import a_database

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from hub.domain import Event
    from hub.ledger import Break, Head, Ledger
    from hub.store import Tx

_PATH = click.Path(exists=True, path_type=Path)


@click.group("ledger")
def command() -> None:
    """Verify and export the record of everything that happened."""


@command.command("verify")
@click.option("--head", help="A head kept elsewhere: NUMBER:HASH, or the line `inlay ledger head` printed.")
@click.option("--against", type=_PATH, help="A file of heads kept elsewhere, or a folder of such files.")
@click.option("--export", "exported", type=_PATH, help="Verify this export instead of the database: its links alone.")
@click.option("--public-key", "trusted", multiple=True, help="Trust heads signed with this key, and no other.")
@output.json_option
@click.pass_context
def verify(
    ctx: click.Context,
    head: str | None,
    against: Path | None,
    exported: Path | None,
    trusted: tuple[str, ...],
    as_json: bool,
) -> None:
    """Walk the whole chain; the first broken row is named, and the exit code is 1.

    A chain cannot show by itself that its end was cut off, nor that whoever holds the secret key wrote it anew. Heads
    kept where the hub cannot write show both: name them with --against or --head.
    """
    from hub.ledger.head import keys_of
    from hub.ledger.own import verify as verified

    public = keys_of(trusted)
    given: list[Head] = []
    if exported is not None:
        given += _kept_elsewhere(head, against, public or _own_keys())
        (count, broken), last = _of_export(exported, given)
        own = 0
    else:
        with _ledger() as (ledger, tx):
            given += _kept_elsewhere(head, against, public or ledger.seal.public)
            found = verified(ledger, tx, given)
            count, broken, own = found.rows, found.broken, found.heads
            _, last = ledger.head(tx)
    if as_json:
        fault = {"row": broken.seq, "why": broken.why} if broken else None
        lost = broken is not None and broken.by_head
        told = {"rows": count, "head": last, "heads": own, "heads_from_elsewhere": len(given)}
        output.as_json({**told, "broken": fault, "head_lost": lost})
    else:
        click.echo(_told(count, broken, own, len(given), exported is not None))
    if broken is not None:
        ctx.exit(1)


@command.command("head")
def head() -> None:
    """Sign the chain's end as it is now and print that head, a line of JSON. Keep it where the hub cannot write."""
    import time

    from hub.settings import load

    with _ledger() as (ledger, tx):
        click.echo(ledger.signed_head(tx, at=time.time(), hub=load().url).line())


@command.command("key")
def key() -> None:
    """Print the public keys heads are signed with, newest first. Kept elsewhere they tell a true head from another."""
    for public in _own_keys().values():
        click.echo(public)


@command.command("export")
def export() -> None:
    """Print every row, one JSON object a line, oldest first."""
    import dataclasses

    from hub.store import events

    with _ledger() as (_, tx):
        for event, _stored in events.walk(tx):
            output.json_line(dataclasses.asdict(event))


def _told(count: int, broken: Break | None, own: int, elsewhere: int, exported: bool) -> str:
    if broken is not None and broken.by_head:
        return (
            f"Broken at row {broken.seq}: {broken.why}.\n"
            "The rows that are there follow one another: only the head shows that the end was cut off, or that whoever "
            "holds the secret key wrote rows anew."
        )
    if broken is not None:
        return f"Broken at row {broken.seq}: {broken.why}. The {count} rows before it hold."
    lines = [f"All {count} rows hold."]
    if exported:
        lines = [f"All {count} rows follow one another. What is in them takes the secret key to verify, at the hub."]
    if own:
        lines.append(f"Heads in the database that are right: {own}.")
    if elsewhere:
        lines.append(f"Heads you kept that are right: {elsewhere}. Up to the newest nothing was cut off or changed.")
    else:
        lines.append(
            "It does not show a cut-off end, nor rows written anew by whoever holds the secret key: that takes heads "
            "kept elsewhere, named with --against or --head."
        )
    return "\n".join(lines)


def _kept_elsewhere(head: str | None, against: Path | None, public: dict[str, str]) -> list[Head]:
    from hub.ledger.head import parse, read

    found = [parse(head, public)] if head else []
    return found + (read(against, public) if against else [])


def _of_export(path: Path, heads: list[Head]) -> tuple[tuple[int, Break | None], str]:
    """What `chain.check` says of an export, and its last hash. One row is in memory at a time."""
    from hub.ledger import GENESIS
    from hub.ledger.chain import check

    last = GENESIS

    def rows(lines: Iterable[str]) -> Iterator[tuple[Event, str]]:
        nonlocal last
        for number, line in enumerate(lines, start=1):
            event = _event(line, f"Line {number} of {path.name}")
            last = event.hash
            yield event, ""

    with path.open(encoding="utf-8", errors="replace") as file:
        return check(rows(file), heads), last


def _event(line: str, where: str) -> Event:
    from pydantic import ValidationError

    from hub.errors import BadRequest

    try:
        return _row().validate_json(line)
    except ValidationError:
        raise BadRequest(
            f"{where} is no row of a ledger.", instead="Take it as `inlay ledger export` wrote it."
        ) from None


@cache
def _row() -> TypeAdapter[Event]:
    from pydantic import TypeAdapter

    from hub.domain import Event

    return TypeAdapter(Event)


def _own_keys() -> dict[str, str]:
    from hub.ledger import Seal
    from hub.settings import load
    from hub.vault import open_vault

    return dict(Seal(open_vault(load()).keys).public)


@contextmanager
def _ledger() -> Iterator[tuple[Ledger, Tx]]:
    from hub.ledger import Ledger
    from hub.settings import load
    from hub.vault import open_vault

    with a_database() as database, database.reading() as tx:
        yield Ledger(open_vault(load()).keys), tx
