"""Accounts: what a person has set to prove who they are. Passwords as their hash, seeds of codes sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Event, Role
from hub.store import events, people
from hub.store.runs import one_spelling
from hub.store.tables import account as table
from hub.store.tables import ledger, pseudonym, recovery_code, sign_in_group
from hub.store.tables import person as persons

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: The ledger's word for a sign-in. An index holds these rows, so it stands in its condition too.
SIGNED_IN = "person.signed_in"


@dataclass(frozen=True, slots=True)
class Account:
    """``password`` is argon2's text and ``totp`` a sealed seed, None where there is none; times are Unix seconds.
    ``totp_step`` is the newest step a code was used of: it and older ones count no more."""

    email: str
    password: str | None = None
    password_at: float | None = None
    totp: str | None = None
    totp_at: float | None = None
    totp_step: int = 0
    subject: str | None = None

    def __repr__(self) -> str:
        return f"Account(password={self.password is not None}, totp={self.totp is not None})"


def get(tx: Connection, email: str) -> Account:
    """The account of a person; an empty one when they have set nothing yet."""
    row = tx.execute(sa.select(table).where(table.c.email == email)).one_or_none()
    return Account(email) if row is None else Account(*row)


def set_password(tx: Connection, email: str, password: str, now: float) -> None:
    _put(tx, email, password=password, password_at=now)


def set_totp(tx: Connection, email: str, sealed: str, step: int, codes: Iterable[str], now: float) -> None:
    """Ask for codes of this seed from now on; ``codes`` are the recovery codes that stand in for one, each once."""
    _put(tx, email, totp=sealed, totp_at=now, totp_step=step)
    new_codes(tx, email, codes)


def new_codes(tx: Connection, email: str, codes: Iterable[str]) -> None:
    """Other recovery codes; the earlier ones count no more."""
    tx.execute(sa.delete(recovery_code).where(recovery_code.c.email == email))
    for code in codes:
        tx.execute(sa.insert(recovery_code).values(email=email, hash=_hash(code)))


def drop_totp(tx: Connection, email: str) -> bool:
    """Ask for no codes any more; False when none were asked for."""
    tx.execute(sa.delete(recovery_code).where(recovery_code.c.email == email))
    mine = (table.c.email == email, table.c.totp.is_not(None))
    return tx.execute(sa.update(table).where(*mine).values(totp=None, totp_at=None)).rowcount == 1


def use_step(tx: Connection, email: str, step: int) -> bool:
    """Use the code of a step up. Of two who show the same code, one is told True."""
    mine = (table.c.email == email, table.c.totp_step < step)
    return tx.execute(sa.update(table).where(*mine).values(totp_step=step)).rowcount == 1


def use_code(tx: Connection, email: str, code: str) -> bool:
    """Use a recovery code up; False when it is none of theirs that is left."""
    mine = (recovery_code.c.email == email, recovery_code.c.hash == _hash(code))
    return tx.execute(sa.delete(recovery_code).where(*mine)).rowcount == 1


def codes_left(tx: Connection, email: str) -> int:
    counted = sa.select(sa.func.count()).select_from(recovery_code).where(recovery_code.c.email == email)
    return tx.execute(counted).scalar_one()


def set_subject(tx: Connection, email: str, subject: str | None) -> None:
    """Tie the person to who they are at the provider, or untie them."""
    _put(tx, email, subject=subject)


def any_password(tx: Connection) -> bool:
    """Whether anybody has set a password yet."""
    return tx.execute(sa.select(table.c.email).where(table.c.password.is_not(None)).limit(1)).first() is not None


def named(tx: Connection, email: str) -> str | None:
    """A person's name, also of one who has no role in any team; None when nobody has this address."""
    return tx.execute(sa.select(persons.c.name).where(persons.c.email == email)).scalar()


def groups(tx: Connection) -> dict[str, dict[str, Role]]:
    """Which roles each group of the provider gives: group to team to role."""
    rows = tx.execute(sa.select(sign_in_group).order_by(sign_in_group.c.name))
    return {row.name: {team: Role(role) for team, role in row.roles.items()} for row in rows}


def put_groups(tx: Connection, wanted: Mapping[str, Mapping[str, Role]]) -> None:
    """Let these groups give these roles, and no others."""
    tx.execute(sa.delete(sign_in_group))
    for name, roles in wanted.items():
        kept = {team: role.value for team, role in roles.items()}
        tx.execute(sa.insert(sign_in_group).values(name=name, roles=kept))


def sign_ins_of(tx: Connection, person: str, limit: int = 10) -> list[Event]:
    """A person's newest sign-ins as the ledger has them; ``data['how']`` says by what."""
    known = people.pseudonym(tx, one_spelling(person) or "")
    if known is None:
        return []
    mine = (ledger.c.actor == known, ledger.c.kind == sa.literal_column(f"'{SIGNED_IN}'"))
    rows = tx.execute(sa.select(ledger).where(*mine).order_by(ledger.c.seq.desc()).limit(limit))
    return [events.event_of(tuple(row)) for row in rows]


def last_sign_ins(tx: Connection, persons: Iterable[str]) -> dict[str, float]:
    """When each of these people signed in last, as the ledger has it, by their address in its one spelling."""
    spelled = {one_spelling(person) or "" for person in persons}
    wanted = (
        sa.select(pseudonym.c.person, sa.func.max(ledger.c.at))
        .join(ledger, ledger.c.actor == pseudonym.c.pseudonym)
        .where(pseudonym.c.person.in_(spelled), ledger.c.kind == sa.literal_column(f"'{SIGNED_IN}'"))
        .group_by(pseudonym.c.person)
    )
    return {person: at for person, at in tx.execute(wanted)}


def proofs(tx: Connection, persons: Iterable[str]) -> dict[str, tuple[bool, bool]]:
    """(has a password, is asked for codes) of each of these people who has set any."""
    wanted = sa.select(table.c.email, table.c.password.is_not(None), table.c.totp.is_not(None))
    rows = tx.execute(wanted.where(table.c.email.in_(set(persons))))
    return {email: (bool(password), bool(totp)) for email, password, totp in rows}


def _put(tx: Connection, email: str, **values: object) -> None:
    insert = _INSERT[tx.dialect.name](table).values(**{"email": email, "totp_step": 0, **values})
    tx.execute(insert.on_conflict_do_update(index_elements=["email"], set_=values))


def _hash(code: str) -> str:
    # A recovery code is 80 random bits: a fast hash is enough.
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
