"""``inlay keys``: API keys, each for one team; a key is shown once, when it is made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from hub.cli import output
from hub.cli.opening import a_database

if TYPE_CHECKING:
    from hub.ledger import Ledger
    from hub.store import Database

ROLES = ("admin", "lead", "reviewer", "member")


@click.group("keys")
def command() -> None:
    """Make, list and revoke API keys."""


@command.command("create")
@click.option("--team", required=True, help="The team the key works for.")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True, help="What its holder may do.")
@click.option("--email", help="The person it is for; none for a program.")
@click.option("--name", default="", help="What it is for, to tell it from others.")
@output.json_option
def create(team: str, role: str, email: str | None, name: str, as_json: bool) -> None:
    """Make a key and print it, this once."""
    from hub.accounts import keys
    from hub.cli.opening import operator
    from hub.domain import Role

    email = email.lower() if email else None
    with _database() as (database, ledger):
        made = keys.make(database, ledger, operator(), time.time(), team=team, role=Role(role), email=email, name=name)
    if as_json:
        output.as_json({"id": made.id, "key": made.key, "team": team, "role": role, "email": email, "name": name})
        return
    click.echo(f"{made.key}\n")
    click.echo(f"Key {made.id}, {role} of {team}. Keep it safe: it is shown this once.", err=True)


@command.command("list")
@output.json_option
def listing(as_json: bool) -> None:
    """List keys, without the keys themselves."""
    from hub.store import teams

    with a_database() as database, database.reading() as tx:
        rows = teams.keys(tx)
    names = ("id", "team", "role", "name", "email", "revoked_at", "used_at")
    if as_json:
        output.as_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    titles = ("id", "team", "role", "name", "person", "revoked", "last used")
    output.table("", titles, [(*row[:5], output.when(row[5]), output.when(row[6])) for row in rows])


@command.command("revoke")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Stop a key, named by its id."""
    from hub.accounts import keys
    from hub.cli.opening import operator

    with _database() as (database, ledger):
        keys.revoke(database, ledger, operator(), time.time(), key_id)
    click.echo(f"The key {key_id} is revoked.")


@contextmanager
def _database() -> Iterator[tuple[Database, Ledger]]:
    from hub.ledger import Ledger
    from hub.settings import load
    from hub.vault import open_vault

    with a_database() as database:
        yield database, Ledger(open_vault(load()).keys)
