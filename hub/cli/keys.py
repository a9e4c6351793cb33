"""``inlay keys``: API keys, each for one team; a key is shown once, when it is made."""

from __future__ import annotations

import time

import click

from hub.cli import output
from hub.cli.opening import a_database

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
    from hub.domain import Role
    from hub.errors import UnknownName
    from hub.store import teams

    email = email.lower() if email else None
    with a_database() as database, database.transaction() as tx:
        if teams.get(tx, team) is None:
            known = ", ".join(found.id for found in teams.every(tx)) or "none yet"
            raise UnknownName(f"There is no team named {team!r}.", instead=f"There are: {known}.", who="an admin")
        if email and teams.role_of(tx, email, team) is None:
            raise UnknownName(
                f"{email} is nobody in the team {team}.",
                instead="Put the person into hub.yaml under people, with a role in the team, and apply it.",
                who="an admin",
            )
        key = teams.new_key(tx, team_id=team, role=Role(role), email=email, name=name, now=time.time())
        made = teams.caller(tx, key)
    assert made is not None
    if as_json:
        output.as_json({"id": made.key_id, "key": key, "team": team, "role": role, "email": email, "name": name})
        return
    click.echo(f"{key}\n")
    click.echo(f"Key {made.key_id}, {role} of {team}. Keep it safe: it is shown this once.", err=True)


@command.command("list")
@output.json_option
def listing(as_json: bool) -> None:
    """List keys, without the keys themselves."""
    from hub.store import teams

    with a_database() as database, database.reading() as tx:
        rows = teams.keys(tx)
    names = ("id", "team", "role", "name", "email", "revoked_at")
    if as_json:
        output.as_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    output.table("", ("id", "team", "role", "name", "person", "revoked"), [(*r[:5], output.when(r[5])) for r in rows])


@command.command("revoke")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Stop a key, named by its id."""
    from hub.errors import UnknownName
    from hub.store import teams

    with a_database() as database, database.transaction() as tx:
        if not teams.revoke(tx, key_id, time.time()):
            raise UnknownName(f"There is no key {key_id} in use.", instead="`inlay keys list` shows them.")
    click.echo(f"The key {key_id} is revoked.")
