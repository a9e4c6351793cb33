"""The configured accounts, who may use them, and what their vendors said."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import Id, JsonText, Time, metadata

connection = sa.Table(
    "connection",
    metadata,
    sa.Column("name", Id, primary_key=True),
    sa.Column("connector", Id, nullable=False),
    sa.Column("settings", JsonText, nullable=False),
    sa.Column("secrets", sa.Text, nullable=False),
    sa.Column("sandbox", sa.Boolean, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False, default=False),
    sa.Column("updated_at", Time, nullable=False),
    #: Whether a hub.yaml holds it.
    sa.Column("declared", sa.Boolean, nullable=False, default=False),
    #: When each secret was set.
    sa.Column("secret_dates", JsonText, nullable=False, default=dict),
)

#: The last look whether a connection works: under way while ``done_at`` is empty.
tryout = sa.Table(
    "tryout",
    metadata,
    sa.Column("connection", sa.ForeignKey("connection.name"), primary_key=True),
    sa.Column("started_at", Time, nullable=False),
    sa.Column("done_at", Time),
    sa.Column("probes", JsonText, nullable=False),
)

#: A person's own token for a vendor, lent for their runs until it expires.
permit = sa.Table(
    "permit",
    metadata,
    sa.Column("connection", sa.ForeignKey("connection.name"), primary_key=True),
    sa.Column("person", sa.String(320), primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("expires_at", Time, nullable=False),
    sa.Column("lent_at", Time),
)

enablement = sa.Table(
    "enablement",
    metadata,
    sa.Column("connection", sa.ForeignKey("connection.name"), primary_key=True),
    sa.Column("team", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("settings", JsonText, nullable=False),
    sa.Column("declared", sa.Boolean, nullable=False, default=False),
)

workflow = sa.Table(
    "workflow",
    metadata,
    sa.Column("team", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("name", Id, primary_key=True),
    sa.Column("template", Id, nullable=False),
    sa.Column("destinations", JsonText, nullable=False),
    sa.Column("baseline_minutes", sa.Double),
)

#: A vendor's word that something happened. Once looked up it is kept a while, to be known when it comes again.
notice = sa.Table(
    "notice",
    metadata,
    sa.Column("connection", sa.ForeignKey("connection.name"), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("at", JsonText, nullable=False),
    sa.Column("due_at", Time),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Column("arrived_at", Time, nullable=False, index=True),
)
# Partial: only notices that are still to be looked up are in it.
sa.Index(
    "ix_notice_due",
    notice.c.due_at,
    sqlite_where=notice.c.due_at.is_not(None),
    postgresql_where=notice.c.due_at.is_not(None),
)

#: How far the sweep over a connection is.
sweep = sa.Table(
    "sweep",
    metadata,
    sa.Column("connection", sa.ForeignKey("connection.name"), primary_key=True),
    sa.Column("cursor", JsonText, nullable=False),
    sa.Column("due_at", Time, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Column("swept_at", Time),
)

#: What vendors know around the hub's outputs: the newest of each.
fact = sa.Table(
    "fact",
    metadata,
    sa.Column("connection", sa.ForeignKey("connection.name"), primary_key=True),
    sa.Column("kind", sa.String(48), primary_key=True),
    sa.Column("vendor_id", sa.String(96), primary_key=True),
    sa.Column("at", Time, nullable=False),
    sa.Column("data", JsonText, nullable=False),
)
