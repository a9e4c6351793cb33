"""The tables around policies: who chose a pack, what a change would have done, how often a rule found something."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import Id, JsonText, Time, metadata

#: Who chose a pack and when. ``by`` is a name of the ledger: whose it is stands with the pseudonyms alone.
pack_choice = sa.Table(
    "pack_choice",
    metadata,
    sa.Column("scope", Id, primary_key=True),
    sa.Column("pack", sa.String(200), primary_key=True),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("at", Time, nullable=False),
)

#: A change of packs that is held against the drafts of the last days before it is made.
what_if = sa.Table(
    "what_if",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("scope", Id, nullable=False),
    sa.Column("pack", sa.String(200), nullable=False),
    sa.Column("turns", sa.String(4), nullable=False),
    sa.Column("days", sa.Double, nullable=False),
    sa.Column("basis", sa.String(64), nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("asked_at", Time, nullable=False, index=True),
    sa.Column("ended_at", Time),
    sa.Column("wake_at", Time),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("looked", sa.Integer, nullable=False),
    sa.Column("mark_at", Time),
    sa.Column("mark_id", Id),
    sa.Column("found", JsonText, nullable=False),
)
# Partial: only what is still to be done is in it.
sa.Index(
    "ix_what_if_due",
    what_if.c.wake_at,
    sqlite_where=what_if.c.wake_at.is_not(None),
    postgresql_where=what_if.c.wake_at.is_not(None),
)

#: How often a rule found something, by day (days since 1970 in UTC).
rule_day = sa.Table(
    "rule_day",
    metadata,
    sa.Column("team", Id, primary_key=True),
    sa.Column("day", sa.Integer, primary_key=True),
    sa.Column("rule", sa.String(200), primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
)
