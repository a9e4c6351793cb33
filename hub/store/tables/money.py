"""What may be spent: money of teams, and calls that vendors allow."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import Id, Time, metadata

#: What a team, a person in it (``*`` is each) or a workflow of it may spend a month.
allowance = sa.Table(
    "allowance",
    metadata,
    sa.Column("team", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(320), primary_key=True),
    sa.Column("limit_micros", sa.BigInteger, nullable=False),
    sa.Column("warn_at", sa.Double, nullable=False),
    sa.Column("hard", sa.Boolean, nullable=False),
)

budget = sa.Table(
    "budget",
    metadata,
    sa.Column("team", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("period", sa.String(7), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(320), primary_key=True),
    sa.Column("spent_micros", sa.BigInteger, nullable=False),
    sa.Column("reserved_micros", sa.BigInteger, nullable=False),
    sa.Column("raised_micros", sa.BigInteger, nullable=False),
    sa.Column("warned", sa.Boolean, nullable=False),
)

budget_day = sa.Table(
    "budget_day",
    metadata,
    sa.Column("team", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("period", sa.String(7), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(320), primary_key=True),
    sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("spent_micros", sa.BigInteger, nullable=False),
)

#: Who raised a budget for a month, by how much and why: the ledger holds no text.
budget_raise = sa.Table(
    "budget_raise",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("team", sa.ForeignKey("team.id"), nullable=False),
    sa.Column("period", sa.String(7), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.String(320), nullable=False),
    sa.Column("amount_micros", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("person", sa.String(320)),
    sa.Column("at", Time, nullable=False),
    sa.Index("ix_budget_raise_team_period", "team", "period"),
)

#: What a run has set aside, in each budget it counts against.
reservation = sa.Table(
    "reservation",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(320), primary_key=True),
    sa.Column("team", Id, nullable=False),
    sa.Column("period", sa.String(7), nullable=False),
    sa.Column("amount_micros", sa.BigInteger, nullable=False),
)

call = sa.Table(
    "call",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("account", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", Time, nullable=False),
    sa.Index("ix_call_account_kind_at", "account", "kind", "at"),
)
