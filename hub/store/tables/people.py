"""Who works: teams and what they add, people and their roles, and what lets programs and panels in."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import Id, JsonText, Time, metadata

team = sa.Table(
    "team",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("policy", JsonText, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("review", JsonText),
)

policy = sa.Table(
    "policy",
    metadata,
    sa.Column("scope", Id, primary_key=True),
    sa.Column("data", JsonText, nullable=False),
    sa.Column("changed_at", Time, nullable=False),
)

person = sa.Table(
    "person",
    metadata,
    sa.Column("email", sa.String(320), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("email", sa.ForeignKey("person.email"), primary_key=True),
    sa.Column("team", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("team", sa.ForeignKey("team.id"), nullable=False),
    sa.Column("email", sa.ForeignKey("person.email")),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("revoked_at", Time),
    sa.Column("used_at", Time),
)

#: What lets a panel in: a code, a device's code or a token. ``hash`` is all that is kept of it.
panel_pass = sa.Table(
    "panel_pass",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("connection", sa.ForeignKey("connection.name"), nullable=False),
    sa.Column("panel", sa.String(40), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("person", sa.String(320)),
    sa.Column("user_code", sa.String(64), unique=True),
    sa.Column("redirect", sa.Text),
    sa.Column("challenge", sa.String(64)),
    sa.Column("origin", sa.String(64), index=True),
    sa.Column("polled_at", Time),
    sa.Column("expires_at", Time, nullable=False, index=True),
)
