"""The record of what happened, and where it is told."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import Id, JsonText, Time, metadata

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("at", Time, nullable=False),
    sa.Column("run_id", sa.String(64), nullable=False, index=True),
    sa.Column("team", Id, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("kind", sa.String(48), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("key_id", sa.String(8), nullable=False),
    sa.Column("prev", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

_SIGNED_IN = sa.text("kind = 'person.signed_in'")
#: A person's sign-ins, to show them to the person. Other rows cost it nothing.
sa.Index("ix_ledger_signed_in", ledger.c.actor, ledger.c.seq, sqlite_where=_SIGNED_IN, postgresql_where=_SIGNED_IN)

#: How far a reader of the ledger is.
bookmark = sa.Table(
    "bookmark",
    metadata,
    sa.Column("reader", sa.String(32), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
)

#: Where the hub's own events are sent.
endpoint = sa.Table(
    "endpoint",
    metadata,
    sa.Column("name", Id, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("events", JsonText, nullable=False),
    sa.Column("team", Id),
    sa.Column("secrets", sa.Text, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("cursor", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", Time, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("sent_at", Time),
    sa.Column("format", sa.String(8), nullable=False, server_default="standard"),
)

#: An event an endpoint did not take. Without ``due_at`` it is given up.
late_event = sa.Table(
    "late_event",
    metadata,
    sa.Column("endpoint", sa.ForeignKey("endpoint.name"), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", Time),
    sa.Column("since", Time, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("problem", sa.Text, nullable=False),
)

#: The ledger's end at one moment of each day, signed.
ledger_head = sa.Table(
    "ledger_head",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("time", sa.String(20), nullable=False),
    sa.Column("hub", sa.Text, nullable=False),
    sa.Column("key", sa.String(16), nullable=False),
    sa.Column("signature", sa.String(128), nullable=False),
    sa.Column("filed", sa.Boolean, nullable=False),
)

#: Under which name each person stands in the ledger.
pseudonym = sa.Table(
    "pseudonym",
    metadata,
    sa.Column("person", sa.String(320), primary_key=True),
    sa.Column("pseudonym", sa.String(80), nullable=False),
)

#: A long look at the hub: how far it is, and what the last one of its kind found.
check_up = sa.Table(
    "check_up",
    metadata,
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("started_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("found", JsonText),
)
