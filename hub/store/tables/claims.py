"""The tables of claims: evidence, and which runs rely on it."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import Id, JsonText, Time, metadata

#: What an organisation can show for its claims. Nothing is ever deleted: what no longer holds expires or is withdrawn.
evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("claim", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("team", sa.ForeignKey("team.id")),
    sa.Column("markets", JsonText, nullable=False),
    sa.Column("valid_from", sa.String(10)),
    sa.Column("expires_on", sa.String(10)),
    sa.Column("disclaimer", sa.Text, nullable=False),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("says", sa.String(64), nullable=False),
    sa.Column("changed_at", Time, nullable=False),
)

#: Which run's draft relies on which evidence, as it said then. ``lapsed_at`` is set while the evidence no longer holds.
evidence_use = sa.Table(
    "evidence_use",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("evidence_id", sa.ForeignKey("evidence.id"), primary_key=True),
    sa.Column("team", Id, nullable=False),
    sa.Column("says", sa.String(64), nullable=False),
    sa.Column("lapsed_at", Time),
    sa.Column("why", sa.String(16)),
    sa.Column("closed_at", Time),
    sa.Column("closed_by", sa.String(80)),
)
# Partial: what a person or a change has closed is in neither.
sa.Index(
    "ix_evidence_use_live",
    evidence_use.c.evidence_id,
    sqlite_where=evidence_use.c.closed_at.is_(None),
    postgresql_where=evidence_use.c.closed_at.is_(None),
)
sa.Index(
    "ix_evidence_use_open",
    evidence_use.c.lapsed_at,
    sqlite_where=sa.and_(evidence_use.c.lapsed_at.is_not(None), evidence_use.c.closed_at.is_(None)),
    postgresql_where=sa.and_(evidence_use.c.lapsed_at.is_not(None), evidence_use.c.closed_at.is_(None)),
)
