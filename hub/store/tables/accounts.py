"""The tables of sign-in: what proves a person, links that work once, sessions, failed tries, and groups."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import JsonText, Time, metadata

#: What a person has set to prove who they are. ``subject`` is who they are at the provider of single sign-on.
account = sa.Table(
    "account",
    metadata,
    sa.Column("email", sa.ForeignKey("person.email"), primary_key=True),
    sa.Column("password", sa.Text),
    sa.Column("password_at", Time),
    sa.Column("totp", sa.Text),
    sa.Column("totp_at", Time),
    sa.Column("totp_step", sa.BigInteger, nullable=False),
    sa.Column("subject", sa.String(64)),
)

recovery_code = sa.Table(
    "recovery_code",
    metadata,
    sa.Column("email", sa.ForeignKey("account.email"), primary_key=True),
    sa.Column("hash", sa.String(64), primary_key=True),
)

#: A link that works once. Without ``email`` it is the one `inlay serve` prints.
sign_in_link = sa.Table(
    "sign_in_link",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("email", sa.ForeignKey("person.email"), index=True),
    sa.Column("made_at", Time, nullable=False),
    sa.Column("expires_at", Time, nullable=False, index=True),
)

web_session = sa.Table(
    "web_session",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("email", sa.ForeignKey("person.email"), index=True),
    sa.Column("key_id", sa.ForeignKey("api_key.id")),
    sa.Column("how", sa.String(16), nullable=False),
    sa.Column("made_at", Time, nullable=False),
    sa.Column("seen_at", Time, nullable=False),
    sa.Column("expires_at", Time, nullable=False, index=True),
)

#: Failed tries, by a keyed hash of the address that was typed, so that known and unknown ones are treated alike.
failed_try = sa.Table(
    "failed_try",
    metadata,
    sa.Column("whose", sa.String(64), primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("until", Time, nullable=False),
    sa.Column("last_at", Time, nullable=False, index=True),
)

#: Which roles a group of the provider gives: team to role.
sign_in_group = sa.Table(
    "sign_in_group",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("roles", JsonText, nullable=False),
)
