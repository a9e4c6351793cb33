"""Links: what lets a person in once, to set a password or to begin. Of each only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hub.store.tables import sign_in_link as table


class LinkKind(StrEnum):
    """``INVITE`` and ``RESET`` set a password; ``PRINTED`` is what `inlay serve` prints for the admin."""

    INVITE = "invite"
    RESET = "reset"
    PRINTED = "printed"


@dataclass(frozen=True, slots=True)
class Link:
    """``email`` is whom it is for; None is the hub's admin, whoever that is."""

    kind: LinkKind
    email: str | None
    expires_at: float


def issue(tx: Connection, kind: LinkKind, email: str | None, *, now: float, until: float) -> str:
    """The secret of a new link. Earlier ones for the same person, or printed earlier, work no more."""
    same = table.c.email.is_(None) if email is None else table.c.email == email
    tx.execute(sa.delete(table).where(sa.or_(same, table.c.expires_at <= now)))
    secret = secrets.token_urlsafe(32)
    tx.execute(sa.insert(table).values(hash=_hash(secret), kind=kind, email=email, made_at=now, expires_at=until))
    return secret


def look(tx: Connection, secret: str, now: float) -> Link | None:
    """The link, without using it; None when it is unknown, used or too old."""
    mine = (table.c.hash == _hash(secret), table.c.expires_at > now)
    row = tx.execute(sa.select(table.c.kind, table.c.email, table.c.expires_at).where(*mine)).one_or_none()
    return None if row is None else Link(LinkKind(row.kind), row.email, row.expires_at)


def use(tx: Connection, secret: str, now: float) -> bool:
    """Use it up. Of many who try at once, one is told True."""
    mine = (table.c.hash == _hash(secret), table.c.expires_at > now)
    return tx.execute(sa.delete(table).where(*mine)).rowcount == 1


def drop(tx: Connection, email: str) -> None:
    """Let no link of this person work any more."""
    tx.execute(sa.delete(table).where(table.c.email == email))


def waiting(tx: Connection, now: float) -> dict[str, float]:
    """Who has a link that was not used yet, and until when it works."""
    open_ = (table.c.email.is_not(None), table.c.expires_at > now)
    return {row.email: row.expires_at for row in tx.execute(sa.select(table).where(*open_))}


def expire(tx: Connection, now: float) -> int:
    return tx.execute(sa.delete(table).where(table.c.expires_at <= now)).rowcount


def _hash(secret: str) -> str:
    # 256 random bits: a fast hash is enough, and looking it up leaks nothing by its timing.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
