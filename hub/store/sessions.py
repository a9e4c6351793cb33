"""Sessions: who is signed in, by the hash of what their browser holds; a row that is gone is a session that ended."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hub.store.tables import web_session as table

#: Seconds between two notes of when a session was last used: each is a write.
NOTED = 60.0


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. ``key_id`` is set when an API key opened it; times are Unix seconds."""

    id: str
    email: str | None
    key_id: str | None
    how: str
    made_at: float
    seen_at: float
    expires_at: float


def start(tx: Connection, *, email: str | None, key_id: str | None, how: str, now: float, until: float) -> str:
    """A new session; what is returned is for the browser alone."""
    token = secrets.token_urlsafe(32)
    row = {"email": email, "key_id": key_id, "how": how, "made_at": now, "seen_at": now, "expires_at": until}
    tx.execute(sa.insert(table).values(hash=digest(token), **row))
    return token


def get(tx: Connection, token: str, now: float, idle: float) -> Session | None:
    """The session of a browser; None when it has ended, is too old, or was not used for ``idle`` seconds."""
    mine = (table.c.hash == digest(token), table.c.expires_at > now, table.c.seen_at > now - idle)
    row = tx.execute(sa.select(table).where(*mine)).one_or_none()
    return None if row is None else Session(*row)


def seen(tx: Connection, id: str, now: float) -> None:
    tx.execute(sa.update(table).where(table.c.hash == id).values(seen_at=now))


def end(tx: Connection, token: str) -> bool:
    return tx.execute(sa.delete(table).where(table.c.hash == digest(token))).rowcount == 1


def end_all(tx: Connection, email: str, *, but: str = "") -> int:
    """End a person's sessions, but for the one with this id; how many there were."""
    return tx.execute(sa.delete(table).where(table.c.email == email, table.c.hash != but)).rowcount


def of_person(tx: Connection, email: str, now: float, idle: float) -> list[Session]:
    """A person's sessions, the one used last first."""
    open_ = (table.c.email == email, table.c.expires_at > now, table.c.seen_at > now - idle)
    return [Session(*row) for row in tx.execute(sa.select(table).where(*open_).order_by(table.c.seen_at.desc()))]


def expire(tx: Connection, now: float, idle: float) -> int:
    over = sa.or_(table.c.expires_at <= now, table.c.seen_at <= now - idle)
    return tx.execute(sa.delete(table).where(over)).rowcount


def digest(token: str) -> str:
    """What is kept of what a browser holds: it is 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
