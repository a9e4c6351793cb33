"""Teams, people and API keys: who works, and how a program proves who it works for."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Role
from hub.store.hot import Hot
from hub.store.tables import api_key, membership, person, team

#: Seconds within which a second use of a key is not noted: a busy program costs one write an hour.
USED_EVERY = 3600.0
#: Who may less stands before who may more.
_ORDER = (Role.MEMBER, Role.REVIEWER, Role.LEAD, Role.ADMIN)
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Team:
    """A team as it is stored; ``policy`` holds what it adds to the organisation's policy, ``review`` how it reviews."""

    id: str
    title: str
    policy: Mapping[str, Any]
    review: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from: a key's team, the person it was made for, and what they may do."""

    key_id: str
    team: str
    role: Role
    email: str | None
    name: str
    used_at: float | None


@dataclass(frozen=True, slots=True)
class Key:
    """An API key without the key itself; times are Unix seconds. ``email`` is None where it is a program's.

    ``used_at`` may be up to ``USED_EVERY`` seconds behind.
    """

    id: str
    team: str
    role: Role
    email: str | None
    name: str
    made_at: float
    revoked_at: float | None
    used_at: float | None


def put(
    tx: Connection,
    team_id: str,
    title: str,
    policy: Mapping[str, Any],
    now: float,
    *,
    review: Mapping[str, Any] | None = None,
) -> None:
    """Create a team or change it; ``review`` None leaves how it reviews as it is."""
    kept: dict[str, Any] = {"title": title, "policy": dict(policy)}
    if review is not None:
        kept["review"] = dict(review)
    insert = _INSERT[tx.dialect.name](team).values(id=team_id, created_at=now, **kept)
    tx.execute(insert.on_conflict_do_update(index_elements=["id"], set_=kept))


def get(tx: Connection, team_id: str) -> Team | None:
    row = tx.execute(_TEAM, {"of_team": team_id}).one_or_none()
    return None if row is None else Team(*row)


def every(tx: Connection) -> list[Team]:
    return [Team(*row) for row in tx.execute(sa.select(*_OF_TEAM).order_by(team.c.id))]


def titles(tx: Connection) -> dict[str, str]:
    """The title of each team, by its id."""
    return {row.id: row.title for row in tx.execute(sa.select(team.c.id, team.c.title))}


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


def reviewers(tx: Connection, team_id: str) -> list[tuple[str, str, Role]]:
    """(e-mail, name, role) of everybody who may review for the team: its reviewers and leads, and every admin."""
    roles = (Role.REVIEWER.value, Role.LEAD.value)
    these = sa.or_(
        sa.and_(membership.c.team == team_id, membership.c.role.in_(roles)), membership.c.role == Role.ADMIN.value
    )
    rows = tx.execute(
        sa.select(person.c.email, person.c.name, membership.c.role)
        .join(membership, membership.c.email == person.c.email)
        .where(these)
        .order_by(person.c.email)
    )
    return [(row.email, row.name, Role(row.role)) for row in rows]


def helpers(tx: Connection, team_ids: Sequence[str], *, besides: str | None, limit: int) -> list[str]:
    """The names of whom to ask: those who lead one of these teams or, where nobody does, the admins. ``besides`` is who
    asks.
    """
    leads = sa.and_(membership.c.team.in_(team_ids), membership.c.role == Role.LEAD.value)
    rows = tx.execute(
        sa.select(person.c.name, membership.c.role)
        .join(membership, membership.c.email == person.c.email)
        .where(sa.or_(leads, membership.c.role == Role.ADMIN.value), person.c.email != (besides or ""))
        .order_by(person.c.name)
    ).all()
    named = [row.name for row in rows if row.role == Role.LEAD.value] or [row.name for row in rows]
    return list(dict.fromkeys(named))[:limit]


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


def hold_person(tx: Connection, email: str) -> None:
    """Let nobody else change the person's roles until the transaction ends; wait for whoever does."""
    this = sa.func.lower(person.c.email) == email.strip().lower()
    tx.execute(sa.select(person.c.email).where(this).with_for_update()).all()


def since(tx: Connection, email: str) -> float | None:
    """When the person's entry was made, in any spelling of the address; None when there is none. Unix seconds."""
    this = sa.func.lower(person.c.email) == email.strip().lower()
    return tx.execute(sa.select(person.c.created_at).where(this)).scalar()


def role_of(tx: Connection, email: str, team_id: str) -> Role | None:
    """The person's role in the team; None when they are not in it."""
    found = tx.execute(
        sa.select(membership.c.role).where(membership.c.email == email, membership.c.team == team_id)
    ).scalar()
    return None if found is None else Role(found)


def is_last_admin(tx: Connection, email: str, *, hold: bool = False) -> bool:
    """Whether this person is an admin, and nobody else is.

    Args:
        hold: keep it so until the transaction ends: of two admins who take each other out at once, the second one waits
            for the first, and then finds what the first left.
    """
    found = sa.select(membership.c.email).where(membership.c.role == Role.ADMIN.value)
    if hold:
        tx.execute(found.order_by(membership.c.email, membership.c.team).with_for_update()).all()
    # Read after the wait, so that what was changed meanwhile counts.
    return {address.lower() for address in tx.execute(found).scalars()} == {email.strip().lower()}


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


def made_keys(tx: Connection) -> list[Key]:
    """Every key, those in use first, the newest of each first."""
    wanted = sa.select(api_key).order_by(api_key.c.revoked_at.is_not(None), api_key.c.created_at.desc(), api_key.c.id)
    return [
        Key(row.id, row.team, Role(row.role), row.email, row.name, row.created_at, row.revoked_at, row.used_at)
        for row in tx.execute(wanted)
    ]


def note_use(tx: Connection, key_id: str, now: float) -> None:
    """The key let somebody in now."""
    tx.execute(sa.update(api_key).where(api_key.c.id == key_id).values(used_at=now))


def keys(tx: Connection) -> list[tuple[str, str, str, str, str | None, float | None, float | None]]:
    """(id, team, role, name, e-mail, revoked at, last used at) of every key."""
    columns = (*(api_key.c[name] for name in ("id", "team", "role", "name", "email", "revoked_at", "used_at")),)
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
    key_id, team_id, role, email, name, used_at, now_is = row
    if email is not None and now_is is None:
        return None
    may = Role(role) if email is None else min(Role(role), Role(now_is), key=_ORDER.index)
    return Caller(key_id, team_id, may, email, name, used_at)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


_OF_TEAM = (team.c.id, team.c.title, team.c.policy, team.c.review)
_TEAM = sa.select(*_OF_TEAM).where(team.c.id == sa.bindparam("of_team"))
#: A person's key lets in only while they have a role in its team, and never does more than that role may: what is taken
#: from a person is taken from their keys at once. A program's key has the role it was made with.
_COLUMNS = (
    *(api_key.c.id, api_key.c.team, api_key.c.role, api_key.c.email, api_key.c.name, api_key.c.used_at),
    membership.c.role,
)
_HELD = api_key.outerjoin(membership, (membership.c.email == api_key.c.email) & (membership.c.team == api_key.c.team))
_IN_USE = sa.select(*_COLUMNS).select_from(_HELD).where(api_key.c.revoked_at.is_(None))
_CALLER = Hot(_IN_USE.where(api_key.c.hash == sa.bindparam("this_hash")))
_CALLER_BY_ID = Hot(_IN_USE.where(api_key.c.id == sa.bindparam("this_id")))
