"""What waits for a person to look at, who opened it, and how far each template is on its ladder."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import Id, JsonText, Time, metadata

#: Something for a reviewer. ``kind`` is review, sample, second or seeded; ``draft`` is set where it is not the run's.
look = sa.Table(
    "look",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("run_id", sa.ForeignKey("run.id"), nullable=False, index=True),
    sa.Column("team", sa.ForeignKey("team.id"), nullable=False),
    sa.Column("template", Id, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("made_at", Time, nullable=False),
    sa.Column("due_at", Time, nullable=False),
    sa.Column("escalated_at", Time),
    sa.Column("reminded_at", Time),
    sa.Column("draft", sa.Text),
    sa.Column("planted", JsonText),
    sa.Column("decided_at", Time),
    sa.Column("decided_by", sa.String(320)),
    sa.Column("decision", sa.String(9)),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("words", sa.Integer),
    sa.Column("seconds", sa.Double),
)
# Partial: only what still waits is in it, so the queue costs the same with a million decided ones.
sa.Index(
    "ix_look_open",
    look.c.due_at,
    sqlite_where=look.c.decided_at.is_(None),
    postgresql_where=look.c.decided_at.is_(None),
)
sa.Index("ix_look_decided", look.c.decided_by, look.c.decided_at)

#: When somebody first opened what they are to review.
look_opened = sa.Table(
    "look_opened",
    metadata,
    sa.Column("look", sa.ForeignKey("look.id"), primary_key=True),
    sa.Column("person", sa.String(320), primary_key=True),
    sa.Column("at", Time, nullable=False),
)

ladder = sa.Table(
    "ladder",
    metadata,
    sa.Column("team", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("template", Id, primary_key=True),
    sa.Column("delivered", sa.Integer, nullable=False),
    sa.Column("clean", sa.Integer, nullable=False),
)
