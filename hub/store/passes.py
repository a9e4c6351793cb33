"""Passes: what lets a panel in, a code, a device's code or a token. Of each only the hash is kept."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hub.store.tables import panel_pass as table


class Kind(StrEnum):
    CODE = "code"
    DEVICE = "device"
    TOKEN = "token"


class State(StrEnum):
    """``OPEN`` codes and tokens may be used; an open device waits for a person, who allows or refuses it."""

    OPEN = "open"
    ALLOWED = "allowed"
    REFUSED = "refused"
    USED = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """``origin`` of a token is the hash of the code it was given for, so that it can be taken back with it. Times are
    Unix seconds."""

    kind: Kind
    connection: str
    panel: str
    expires_at: float
    state: State = State.OPEN
    person: str | None = None
    user_code: str | None = None
    redirect: str | None = None
    challenge: str | None = None
    origin: str | None = None
    polled_at: float | None = None


def digest(secret: str) -> str:
    """What is kept of a pass. It is 256 random bits, so a plain fast hash is enough; a user code lives for minutes."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def put(tx: Connection, secret: str, one: Pass) -> None:
    """Keep a new pass; ``one.user_code`` is given as the person will type it and kept as its hash."""
    row = {**asdict(one), "hash": digest(secret), "user_code": one.user_code and digest(one.user_code)}
    tx.execute(sa.insert(table).values(row))


def get(tx: Connection, kind: Kind, secret: str, now: float) -> Pass | None:
    """The pass, in whatever state; None when it is unknown or has expired."""
    return _one(tx, table.c.hash == digest(secret), table.c.kind == kind, table.c.expires_at > now)


def of_user_code(tx: Connection, user_code: str, now: float) -> Pass | None:
    """The device that shows this code and waits for a person."""
    open_ = table.c.state == State.OPEN
    return _one(tx, table.c.user_code == digest(user_code), open_, table.c.expires_at > now)


def answer(tx: Connection, user_code: str, state: State, person: str, now: float) -> bool:
    """Let a waiting device in, or refuse it; False when somebody already answered, or it waits no more."""
    waits = (table.c.user_code == digest(user_code), table.c.state == State.OPEN, table.c.expires_at > now)
    return tx.execute(sa.update(table).where(*waits).values(state=state, person=person)).rowcount == 1


def use(tx: Connection, kind: Kind, secret: str, state: State) -> bool:
    """Use a pass that is in this state up. Of many who try at once, one is told True."""
    mine = (table.c.hash == digest(secret), table.c.kind == kind, table.c.state == state)
    return tx.execute(sa.update(table).where(*mine).values(state=State.USED)).rowcount == 1


def polled(tx: Connection, secret: str, now: float) -> None:
    """Note when a device last asked."""
    tx.execute(sa.update(table).where(table.c.hash == digest(secret)).values(polled_at=now))


def revoke(tx: Connection, secret: str) -> bool:
    """Forget a token; False when there is none such."""
    mine = (table.c.hash == digest(secret), table.c.kind == Kind.TOKEN)
    return tx.execute(sa.delete(table).where(*mine)).rowcount == 1


def revoke_given_for(tx: Connection, secret: str) -> int:
    """Forget the tokens given for a code that was used twice; how many there were."""
    return tx.execute(sa.delete(table).where(table.c.origin == digest(secret))).rowcount


def revoke_of(tx: Connection, person: str) -> int:
    """Forget everything that lets panels in for this person; how many there were."""
    return tx.execute(sa.delete(table).where(sa.func.lower(table.c.person) == person.lower())).rowcount


def expire(tx: Connection, before: float) -> int:
    """Forget what expired before then."""
    return tx.execute(sa.delete(table).where(table.c.expires_at <= before)).rowcount


def _one(tx: Connection, *where: sa.ColumnElement[bool]) -> Pass | None:
    row = tx.execute(sa.select(*(column for column in table.c if column.name != "hash")).where(*where)).one_or_none()
    if row is None:
        return None
    return Pass(**{**row._mapping, "kind": Kind(row.kind), "state": State(row.state)})
