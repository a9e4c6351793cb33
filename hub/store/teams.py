"""Teams, people and API keys: who works, and how a program proves who it works for."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Role
from hub.store.hot import Hot
from hub.store.tables import api_key, membership, person, team

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Team:
    """A team as it is stored; ``policy`` holds what it adds to the organisation's policy."""

    id: str
    title: str
    policy: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from: a key's team, the person it was made for, and what they may do."""

    key_id: str
    team: str
    role: Role
    email: str | None
    name: str


def put(tx: Connection, team_id: str, title: str, policy: Mapping[str, Any], now: float) -> None:
    """Create a team or change it."""
    insert = _INSERT[tx.dialect.name](team).values(id=team_id, title=title, policy=dict(policy), created_at=now)
    tx.execute(insert.on_conflict_do_update(index_elements=["id"], set_={"title": title, "policy": dict(policy)}))


def get(tx: Connection, team_id: str) -> Team | None:
    row = tx.execute(_TEAM, {"of_team": team_id}).one_or_none()
    return None if row is None else Team(*row)


def every(tx: Connection) -> list[Team]:
    return [Team(*row) for row in tx.execute(sa.select(team.c.id, team.c.title, team.c.policy).order_by(team.c.id))]


def put_person(tx: Connection, email: str, name: str, roles: Mapping[str, Role], now: float) -> None:
    """Create a person or change their name and roles; ``roles`` maps team to role."""
    insert = _INSERT[tx.dialect.name](person).values(email=email, name=name, created_at=now)
    tx.execute(insert.on_conflict_do_update(index_elements=["email"], set_={"name": name}))
    tx.execute(sa.delete(membership).where(membership.c.email == email))
    for team_id, role in roles.items():
        tx.execute(sa.insert(membership).values(email=email, team=team_id, role=role.value))


def people(tx: Connection) -> list[tuple[str, str, str, Role]]:
    """(e-mail, name, team, role), by e-mail and team."""
    rows = tx.execute(
        sa.select(person.c.email, person.c.name, membership.c.team, membership.c.role)
        .join(membership, membership.c.email == person.c.email)
        .order_by(person.c.email, membership.c.team)
    )
    return [(row.email, row.name, row.team, Role(row.role)) for row in rows]


def person_of(tx: Connection, email: str) -> tuple[str, str, Mapping[str, Role]] | None:
    """(e-mail as it is stored, name, team to role) of a person, in any spelling of the address; None when unknown."""
    rows = tx.execute(
        sa.select(person.c.email, person.c.name, membership.c.team, membership.c.role)
        .join(membership, membership.c.email == person.c.email)
        .where(sa.func.lower(person.c.email) == email.strip().lower())
        .order_by(membership.c.team)
    ).all()
    if not rows:
        return None
    return rows[0].email, rows[0].name, {row.team: Role(row.role) for row in rows}


def role_of(tx: Connection, email: str, team_id: str) -> Role | None:
    """The person's role in the team; None when they are not in it."""
    found = tx.execute(
        sa.select(membership.c.role).where(membership.c.email == email, membership.c.team == team_id)
    ).scalar()
    return None if found is None else Role(found)


def new_key(
    tx: Connection, *, team_id: str, role: Role, email: str | None, name: str, now: float, token: str | None = None
) -> str:
    """Make an API key. The key is returned this once; the database keeps its hash only."""
    token = token or f"inlay_{secrets.token_urlsafe(32)}"
    digest = _hash(token)
    values = {
        "id": digest[:12],
        "team": team_id,
        "email": email,
        "role": role.value,
        "name": name,
        "hash": digest,
        "created_at": now,
    }
    tx.execute(_INSERT[tx.dialect.name](api_key).values(**values).on_conflict_do_nothing(index_elements=["id"]))
    return token


def caller(tx: Connection, token: str) -> Caller | None:
    """Who holds this key; None when it is unknown or revoked.

    The key is 256 random bits, so a plain fast hash is enough, and looking it up by hash leaks nothing by its timing.
    """
    return _caller(_CALLER.one(tx, {"this_hash": _hash(token)}))


def caller_by_id(tx: Connection, key_id: str) -> Caller | None:
    """The holder of a key by the key's id, as a signed-in session remembers it; None once it is revoked."""
    return _caller(_CALLER_BY_ID.one(tx, {"this_id": key_id}))


def keys(tx: Connection) -> list[tuple[str, str, str, str, str | None, float | None]]:
    """(id, team, role, name, e-mail, revoked at) of every key."""
    columns = (api_key.c.id, api_key.c.team, api_key.c.role, api_key.c.name, api_key.c.email, api_key.c.revoked_at)
    return [tuple(row) for row in tx.execute(sa.select(*columns).order_by(api_key.c.created_at))]


def revoke(tx: Connection, key_id: str, now: float) -> bool:
    """Stop a key; False when there is no such key in use."""
    return (
        tx.execute(
            sa.update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None)).values(revoked_at=now)
        ).rowcount
        == 1
    )


def _caller(row: tuple[Any, ...] | None) -> Caller | None:
    if row is None:
        return None
    key_id, team_id, role, email, name = row
    return Caller(key_id, team_id, Role(role), email, name)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


_TEAM = sa.select(team.c.id, team.c.title, team.c.policy).where(team.c.id == sa.bindparam("of_team"))
_COLUMNS = (api_key.c.id, api_key.c.team, api_key.c.role, api_key.c.email, api_key.c.name)
_CALLER = Hot(sa.select(*_COLUMNS).where(api_key.c.hash == sa.bindparam("this_hash"), api_key.c.revoked_at.is_(None)))
_CALLER_BY_ID = Hot(sa.select(*_COLUMNS).where(api_key.c.id == sa.bindparam("this_id"), api_key.c.revoked_at.is_(None)))
