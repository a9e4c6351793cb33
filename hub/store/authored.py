"""Templates written in the browser: the text that is worked on, the revision in force, and every one there was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.store.tables import authored as table
from hub.store.tables import authored_revision as revision_table
from hub.store.tables import proposal as proposals
from hub.store.tables import template_revision

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: In ``opened_to``: every team.
EVERYBODY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authored:
    """A template of a team as it is stored. ``state`` is that of the working text: draft or in_review."""

    name: str
    team: str
    source: str
    tests: str
    version: int = 1
    state: str = "draft"
    edited_by: str
    edited_at: float
    authors: Sequence[str]
    said: str = ""
    production: str | None = None
    production_at: float | None = None
    opened_to: Sequence[str] = ()
    parent: str | None = None
    parent_revision: str | None = None
    successor: str | None = None
    deprecated_at: float | None = None
    ends_on: str | None = None
    created_at: float

    @property
    def stage(self) -> str:
        """How far the template is: draft, in_review, published or deprecated."""
        if self.deprecated_at is not None:
            return "deprecated"
        return "published" if self.production else self.state

    @property
    def teams(self) -> tuple[str, ...]:
        """Who may use what is in force, as a template says it: nobody named is everybody."""
        return () if EVERYBODY in self.opened_to else tuple(dict.fromkeys((self.team, *self.opened_to)))


@dataclass(frozen=True, slots=True)
class Revision:
    """One text that could be read. ``published_at`` is when it first came into force."""

    revision: str
    name: str
    number: int
    author: str
    at: float
    tests: str
    published_at: float | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fork's text, proposed to the team of its parent; ``taken`` once somebody decided."""

    id: str
    template: str
    fork: str
    revision: str
    person: str
    said: str
    at: float
    ended_at: float | None = None
    taken: bool | None = None


def add(tx: Connection, one: Authored) -> bool:
    """Store a new one; False when the name is taken."""
    values = {column.name: getattr(one, column.name) for column in table.columns}
    insert = _INSERT[tx.dialect.name](table).values(**values).on_conflict_do_nothing(index_elements=["name"])
    return tx.execute(insert.returning(table.c.name)).first() is not None


def get(tx: Connection, name: str) -> Authored | None:
    row = tx.execute(sa.select(table).where(table.c.name == name)).one_or_none()
    return None if row is None else Authored(**row._mapping)


def every(tx: Connection, teams: Sequence[str] | None = None) -> list[Authored]:
    """Those of the teams, of all with None, by name."""
    found = sa.select(table).order_by(table.c.name)
    if teams is not None:
        found = found.where(table.c.team.in_(list(teams)))
    return [Authored(**row._mapping) for row in tx.execute(found)]


def change(tx: Connection, name: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change one that is still at this version, which goes up by one; False when somebody was quicker."""
    same = (table.c.name == name, table.c.version == version)
    return tx.execute(sa.update(table).where(*same).values(version=version + 1, **values)).rowcount == 1


def in_force(tx: Connection) -> list[tuple[Authored, str]]:
    """Each template with a revision in force, and that revision's parsed text as JSON."""
    found = sa.select(table, template_revision.c.spec).join(
        template_revision, template_revision.c.revision == table.c.production
    )
    rows = [dict(row._mapping) for row in tx.execute(found.order_by(table.c.name))]
    return [(Authored(**{key: row[key] for key in row if key != "spec"}), row["spec"]) for row in rows]


def forks(tx: Connection, name: str) -> list[Authored]:
    """Templates that were forked from this one."""
    return [Authored(**row._mapping) for row in tx.execute(sa.select(table).where(table.c.parent == name))]


def add_revision(tx: Connection, *, revision: str, name: str, author: str, at: float, tests: str) -> None:
    """Note that a text was saved; the same text saved again keeps its first author and takes the newer tests."""
    number = sa.select(sa.func.coalesce(sa.func.max(revision_table.c.number), 0) + 1).where(
        revision_table.c.name == name
    )
    insert = _INSERT[tx.dialect.name](revision_table).values(
        revision=revision, name=name, number=number.scalar_subquery(), author=author, at=at, tests=tests
    )
    tx.execute(insert.on_conflict_do_update(index_elements=["revision"], set_={"tests": tests}))


def revisions_of(tx: Connection, name: str) -> list[Revision]:
    """Newest first."""
    found = sa.select(revision_table).where(revision_table.c.name == name).order_by(revision_table.c.number.desc())
    return [Revision(*row) for row in tx.execute(found)]


def mark_published(tx: Connection, revision: str, now: float) -> None:
    """Remember that it was in force, the first time it is."""
    first = (revision_table.c.revision == revision, revision_table.c.published_at.is_(None))
    tx.execute(sa.update(revision_table).where(*first).values(published_at=now))


def propose(tx: Connection, one: Proposal) -> None:
    tx.execute(sa.insert(proposals).values(**{column.name: getattr(one, column.name) for column in proposals.columns}))


def open_proposals(tx: Connection, name: str) -> list[Proposal]:
    """What waits for the template's team, oldest first."""
    found = sa.select(proposals).where(proposals.c.template == name, proposals.c.ended_at.is_(None))
    return [Proposal(*row) for row in tx.execute(found.order_by(proposals.c.at))]


def end_proposal(tx: Connection, proposal_id: str, *, taken: bool, now: float) -> bool:
    """Decide on one; False when that was done."""
    waits = (proposals.c.id == proposal_id, proposals.c.ended_at.is_(None))
    return tx.execute(sa.update(proposals).where(*waits).values(ended_at=now, taken=taken)).rowcount == 1
