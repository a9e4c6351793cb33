"""Notifications: what each person chose to hear of, which rows of the ledger they are still to be told, and how far
their mail is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.domain import Event
from hub.store.events import event_of
from hub.store.tables import ledger, mailbox, notification, notification_choice, pseudonym

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the ledger a person is to be told, and as what."""

    kind: str
    row: Event


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes into a person's next mail. ``until`` is the lease; ``attempts`` those before this one."""

    person: str
    mail: str
    attempts: int
    until: float
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """How a person's mail stands: what waits, when it was sent last, and what was wrong."""

    person: str
    waiting: int
    sent_at: float | None
    due_at: float
    problem: str


def choices(tx: Connection, person: str) -> dict[str, str]:
    """What they chose, by kind."""
    rows = tx.execute(sa.select(notification_choice).where(notification_choice.c.person == person))
    return {row.kind: row.choice for row in rows}


def choose(tx: Connection, person: str, chosen: Mapping[str, str], now: float) -> None:
    """Keep what they chose. It holds for what waits as well."""
    for kind, choice in chosen.items():
        insert = _INSERT[tx.dialect.name](notification_choice).values(person=person, kind=kind, choice=choice)
        tx.execute(insert.on_conflict_do_update(index_elements=["person", "kind"], set_={"choice": choice}))
        waiting = (notification.c.person == person, notification.c.kind == kind, notification.c.mail.is_(None))
        if choice == "never":
            tx.execute(sa.delete(notification).where(*waiting))
        elif choice == "now":
            tx.execute(sa.update(notification).where(*waiting, notification.c.due_at > now).values(due_at=now))


def add(tx: Connection, person: str, seq: int, kind: str, due_at: float) -> None:
    """Have a person told of a row of the ledger, once."""
    insert = _INSERT[tx.dialect.name](notification).values(person=person, seq=seq, kind=kind, due_at=due_at)
    tx.execute(insert.on_conflict_do_nothing(index_elements=["person", "seq"]))


def due(tx: Connection, now: float, limit: int) -> list[str]:
    """Who is to be written to now, those who wait longest first."""
    first = sa.func.min(notification.c.due_at)
    waits = (
        sa.select(notification.c.person)
        .outerjoin(mailbox, mailbox.c.person == notification.c.person)
        .where(notification.c.due_at <= now, sa.func.coalesce(mailbox.c.due_at, 0.0) <= now)
        .group_by(notification.c.person)
        .order_by(first, notification.c.person)
    )
    return list(tx.execute(waits.limit(limit)).scalars())


def take(tx: Connection, person: str, now: float, *, until: float, mail: str) -> Batch | None:
    """What is due for them, put off to ``until`` so that nobody else takes it. What had its place in a mail that may
    not have gone out makes up that mail again, and nothing else does."""
    start = {"person": person, "due_at": 0.0, "attempts": 0, "problem": ""}
    tx.execute(_INSERT[tx.dialect.name](mailbox).values(**start).on_conflict_do_nothing(index_elements=["person"]))
    free = (mailbox.c.person == person, mailbox.c.due_at <= now)
    held = tx.execute(sa.update(mailbox).where(*free).values(due_at=until).returning(mailbox.c.attempts)).one_or_none()
    if held is None:
        return None
    theirs = notification.c.person == person
    begun = tx.execute(sa.select(sa.func.min(notification.c.mail)).where(theirs)).scalar()
    if begun is None:
        begun = mail
        tx.execute(sa.update(notification).where(theirs, notification.c.due_at <= now).values(mail=mail))
    rows = tx.execute(
        sa.select(notification.c.kind, *ledger.c)
        .join(ledger, ledger.c.seq == notification.c.seq)
        .where(theirs, notification.c.mail == begun)
        .order_by(notification.c.seq)
    )
    return Batch(person, begun, held.attempts, until, tuple(Told(row[0], event_of(row[1:])) for row in rows))


def done(tx: Connection, one: Batch, *, due_at: float, sent_at: float | None, problem: str = "") -> bool:
    """The mail is behind us: it went out at ``sent_at``, or it never will and ``problem`` says why, or nothing in it
    waits any more. False when another process has it by now."""
    values = {"due_at": due_at, "attempts": 0, "problem": problem}
    if sent_at is not None:
        values["sent_at"] = sent_at
    if not _note(tx, one, values):
        return False
    this = (notification.c.person == one.person, notification.c.mail == one.mail)
    tx.execute(sa.delete(notification).where(*this))
    return True


def put_off(tx: Connection, one: Batch, *, due_at: float, problem: str) -> None:
    """It did not go out: the same mail is tried again."""
    _note(tx, one, {"due_at": due_at, "attempts": one.attempts + 1, "problem": problem})


def forget(tx: Connection, person: str) -> None:
    """Nothing waits for them any more: they are gone."""
    for table in (notification, mailbox, notification_choice):
        tx.execute(sa.delete(table).where(sa.func.lower(table.c.person) == person.strip().lower()))


def boxes(tx: Connection) -> list[Box]:
    """How everybody's mail stands, by address."""
    number = sa.func.count(notification.c.seq)
    rows = tx.execute(
        sa.select(mailbox.c.person, number, mailbox.c.sent_at, mailbox.c.due_at, mailbox.c.problem)
        .outerjoin(notification, notification.c.person == mailbox.c.person)
        .group_by(mailbox.c.person, mailbox.c.sent_at, mailbox.c.due_at, mailbox.c.problem)
        .order_by(mailbox.c.person)
    )
    return [Box(*row) for row in rows]


def person_of(tx: Connection, name: str) -> str | None:
    """Who stands in the ledger under a pseudonym."""
    return tx.execute(sa.select(pseudonym.c.person).where(pseudonym.c.pseudonym == name)).scalar()


def _note(tx: Connection, one: Batch, values: Mapping[str, object]) -> bool:
    ours = (mailbox.c.person == one.person, mailbox.c.due_at == one.until)
    return tx.execute(sa.update(mailbox).where(*ours).values(**values)).rowcount == 1
