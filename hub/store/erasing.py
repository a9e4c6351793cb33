"""Erasing: where a person stands in the database, and the changes that take them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from hub.store import notifications, reviews
from hub.store.tables import (
    JsonText,
    account,
    allowance,
    api_key,
    authored,
    authored_revision,
    budget,
    budget_day,
    budget_raise,
    delivery,
    fact,
    late_event,
    look_opened,
    membership,
    metadata,
    notice,
    panel_pass,
    permit,
    proposal,
    recovery_code,
    reservation,
    sign_in_link,
    trial,
    web_session,
)
from hub.store.tables import look as looks
from hub.store.tables import person as people
from hub.store.tables import run as runs

#: What vendors told and what came of it: text of a person in it is taken out where it stands.
TOLD = {"notice": notice, "fact": fact, "late_event": late_event}
#: Tables other functions of this file take a person out of.
_DONE = {
    "run",
    "delivery",
    "person",
    "membership",
    "api_key",
    "permit",
    "panel_pass",
    "pseudonym",
    "account",
    "recovery_code",
    "sign_in_link",
    "web_session",
    "look",
    "look_opened",
    "allowance",
    "budget",
    "budget_day",
    "budget_raise",
    "reservation",
    "notification",
    "notification_choice",
    "mailbox",
    *TOLD,
}
#: Columns of a look with words in them.
_SAID = ("reason", "draft", "planted")


def person(tx: Connection, email: str) -> tuple[str, str] | None:
    """(e-mail as it is stored, name) of a person in any spelling of the address; None when unknown."""
    row = tx.execute(sa.select(people.c.email, people.c.name).where(_is(people.c.email, email))).first()
    return None if row is None else (row.email, row.name)


def doors(tx: Connection, email: str) -> dict[str, int]:
    """How many of each thing lets the person in or acts in their name."""
    return {name: _count(tx, *where) for name, where in _doors(email).items()}


def shut(tx: Connection, email: str, now: float) -> None:
    """Revoke and delete all of that: from here on nobody acts as this person."""
    keys = _is(api_key.c.email, email)
    tx.execute(sa.update(api_key).where(keys, api_key.c.revoked_at.is_(None)).values(revoked_at=now))
    for name, (table, *where) in _doors(email).items():
        if name != "keys":
            tx.execute(sa.delete(table).where(*where))


def remove(tx: Connection, email: str) -> None:
    """Delete the person's row. Their keys stay as revoked keys of nobody."""
    tx.execute(sa.update(api_key).where(_is(api_key.c.email, email)).values(email=None, name=""))
    notifications.forget(tx, email)
    tx.execute(sa.delete(people).where(_is(people.c.email, email)))


def walk(tx_of: Any, table: sa.Table, batch: int = 500) -> Iterator[Row[Any]]:
    """Every row of a table whose key is one text, by its key, as stored. ``tx_of`` opens a reading transaction for each
    batch: what reads for long keeps nobody from tidying up."""
    (key,) = table.primary_key.columns
    after = ""
    while True:
        with tx_of() as tx:
            rows = tx.execute(sa.select(table).where(key > after).order_by(key).limit(batch)).all()
        yield from rows
        if len(rows) < batch:
            return
        after = rows[-1]._mapping[key]


def save_run(tx: Connection, run_id: str, values: Mapping[str, Any], *, since: float, now: float) -> bool:
    """Change a run that is as it was read; False when it changed meanwhile or a worker has it."""
    free = sa.or_(runs.c.token.is_(None), runs.c.wake_at <= now)
    same = (runs.c.id == run_id, runs.c.updated_at == since, free)
    done = tx.execute(sa.update(runs).where(*same).values(token=None, **values)).rowcount == 1
    if done and "keeps" in values:
        reviews.forget(tx, run_id)
    return done


def reviewed(tx: Connection, email: str, needles: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """Which looks of the queue name the person or hold their address or name."""
    return [
        _is(looks.c.decided_by, email),
        *(_holds(column, needles) for column in _texts(looks) if column.name in _SAID),
    ]


def count_reviewed(tx: Connection, email: str, needles: Sequence[str]) -> int:
    return _count(tx, looks, sa.or_(*reviewed(tx, email, needles)))


def forget_reviewer(tx: Connection, email: str, needles: Sequence[str], nobody: str, now: float) -> None:
    """Put an erased person where this one decided, and remove what was said or planted that holds them."""
    tx.execute(sa.update(looks).where(_is(looks.c.decided_by, email)).values(decided_by=nobody))
    # A planted error that loses its draft would be shown as the draft it was planted in: nobody decides on it.
    spoiled = sa.or_(*(_holds(looks.c[name], needles) for name in ("draft", "planted")))
    tx.execute(sa.update(looks).where(looks.c.decided_at.is_(None), spoiled).values(decided_at=now, decision="dropped"))
    for column in _texts(looks):
        if column.name in _SAID:
            empty = sa.literal("", sa.Text) if column.name == "reason" else sa.null()
            tx.execute(sa.update(looks).where(_holds(column, needles)).values({column.name: empty}))
    tx.execute(sa.delete(look_opened).where(_is(look_opened.c.person, email)))


def forget_spender(tx: Connection, email: str, needles: Sequence[str], nobody: str) -> None:
    """Delete a person's own budgets and what counted against them; their team's figures stay."""
    for table in (allowance, budget, budget_day, reservation):
        tx.execute(sa.delete(table).where(table.c.kind == "person", _is(table.c.name, email)))
    theirs = (budget_raise.c.kind == "person", _is(budget_raise.c.name, email))
    tx.execute(sa.update(budget_raise).where(*theirs).values(name=nobody))
    tx.execute(sa.update(budget_raise).where(_is(budget_raise.c.person, email)).values(person=nobody))
    tx.execute(sa.update(budget_raise).where(_holds(budget_raise.c.reason, needles)).values(reason=""))


def forget_author(tx: Connection, email: str, nobody: str) -> None:
    """Put an erased person where this one wrote, tried or proposed a template; the texts are the team's and stay."""
    for column in (authored.c.edited_by, authored_revision.c.author, trial.c.person, proposal.c.person):
        tx.execute(sa.update(column.table).where(_is(column, email)).values({column.name: nobody}))
    for name, authors in tx.execute(sa.select(authored.c.name, authored.c.authors)).all():
        if any(one.lower() == email.strip().lower() for one in authors):
            kept = [nobody if one.lower() == email.strip().lower() else one for one in authors]
            tx.execute(sa.update(authored).where(authored.c.name == name).values(authors=kept))


def save_delivery(tx: Connection, key: str, values: Mapping[str, Any], *, since: float) -> bool:
    """Change a delivery that is as it was read; False when it changed meanwhile."""
    same = (delivery.c.key == key, delivery.c.updated_at == since)
    return tx.execute(sa.update(delivery).where(*same).values(**values)).rowcount == 1


def told(tx: Connection, needles: Sequence[str]) -> Iterator[tuple[sa.Table, sa.Column[Any], Row[Any], str]]:
    """Each text vendors told that may hold a needle: its table, its column, the row and the text."""
    for table in TOLD.values():
        for column in _texts(table):
            for row in tx.execute(sa.select(table).where(_holds(column, needles))).all():
                yield table, column, row, tx.execute(sa.select(_raw(column)).where(_this(table, row))).scalar_one()


def save_told(tx: Connection, table: sa.Table, column: sa.Column[Any], row: Row[Any], text: str) -> None:
    tx.execute(sa.update(table).where(_this(table, row)).values({column.name: sa.literal(text, sa.Text)}))


def remains(tx: Connection, needles: Sequence[str], *, also_told: bool) -> dict[str, int]:
    """How many rows of every other table may hold a needle, by table: configuration is changed where it is declared."""
    done = _DONE - TOLD.keys() if also_told else _DONE
    found: dict[str, int] = {}
    for table in metadata.sorted_tables:
        columns = [] if table.name in done else _texts(table)
        if columns and (number := _count(tx, table, sa.or_(*(_holds(column, needles) for column in columns)))):
            found[table.name] = number
    return found


def _doors(email: str) -> dict[str, tuple[Any, ...]]:
    return {
        "memberships": (membership, _is(membership.c.email, email)),
        "keys": (api_key, _is(api_key.c.email, email), api_key.c.revoked_at.is_(None)),
        "permits": (permit, _is(permit.c.person, email)),
        "passes": (panel_pass, _is(panel_pass.c.person, email)),
        "sessions": (web_session, _is(web_session.c.email, email)),
        "links": (sign_in_link, _is(sign_in_link.c.email, email)),
        "recovery codes": (recovery_code, _is(recovery_code.c.email, email)),
        "accounts": (account, _is(account.c.email, email)),
    }


def _count(tx: Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    return tx.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()


def _is(column: sa.Column[Any], email: str) -> sa.ColumnElement[bool]:
    return sa.func.lower(column) == email.strip().lower()


def _texts(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, sa.String | JsonText)]


def _raw(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    return sa.type_coerce(column, sa.Text)


def _holds(column: sa.Column[Any], needles: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.or_(*(sa.func.lower(_raw(column)).contains(needle.lower(), autoescape=True) for needle in needles))


def _this(table: sa.Table, row: Row[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == row._mapping[column] for column in table.primary_key.columns))
