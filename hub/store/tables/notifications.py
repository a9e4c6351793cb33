"""What people are told by mail: what they chose, what is still to be told, and what became of it."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import Time, metadata

#: How often somebody wants to hear of something; without a row it is as their role usually does.
notification_choice = sa.Table(
    "notification_choice",
    metadata,
    sa.Column("person", sa.String(320), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("choice", sa.String(8), nullable=False),
)

#: A row of the ledger somebody is still to be told of. ``mail`` is set once it has its place in one.
notification = sa.Table(
    "notification",
    metadata,
    sa.Column("person", sa.String(320), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("due_at", Time, nullable=False, index=True),
    sa.Column("mail", sa.String(64)),
)

#: When somebody was written to, and may be again.
mailbox = sa.Table(
    "mailbox",
    metadata,
    sa.Column("person", sa.String(320), primary_key=True),
    sa.Column("due_at", Time, nullable=False),
    sa.Column("sent_at", Time),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
)
