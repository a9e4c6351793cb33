"""Every table of the hub. Times are Unix seconds; money is millionths of a US dollar; JSON is text."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json, to_json
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class JsonText(TypeDecorator[Any]):
    """A JSON value in a text column, the same on both databases."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else to_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return None if value is None else from_json(value)


Id = sa.String(64)
Time = sa.Double

team = sa.Table(
    "team",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("policy", JsonText, nullable=False),
    sa.Column("created_at", Time, nullable=False),
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
)

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

template_revision = sa.Table(
    "template_revision",
    metadata,
    sa.Column("revision", sa.String(64), primary_key=True),
    sa.Column("name", Id, nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("request_key", sa.String(512), nullable=False, unique=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("team", sa.ForeignKey("team.id"), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("queue", sa.String(64), nullable=False),
    sa.Column("turn", Time, nullable=False),
    sa.Column("wake_at", Time),
    sa.Column("token", sa.String(32)),
    sa.Column("template", Id, nullable=False),
    sa.Column("revision", sa.String(64), nullable=False),
    sa.Column("workflow", Id),
    sa.Column("asker", sa.String(320)),
    sa.Column("destinations", sa.Integer, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("policy", sa.String(64), nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("asks", sa.Integer, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("work", sa.Text),
    sa.Column("input_verdicts", sa.Text),
    sa.Column("output_verdicts", sa.Text),
    sa.Column("draft", sa.Text),
    sa.Column("review", sa.Text),
    sa.Column("problem", sa.Text),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("ended_at", Time),
    sa.Column("on_behalf_of", sa.String(320)),
)
# Partial: only runs that want work are in it, so taking one costs the same with a million stored runs.
sa.Index(
    "ix_run_due",
    run.c.queue,
    run.c.turn,
    sqlite_where=run.c.wake_at.is_not(None),
    postgresql_where=run.c.wake_at.is_not(None),
)
sa.Index("ix_run_team_created", run.c.team, run.c.created_at)
sa.Index("ix_run_asker_created", run.c.asker, run.c.created_at)
sa.Index(
    "ix_run_waiting",
    run.c.team,
    sqlite_where=run.c.state == "queued",
    postgresql_where=run.c.state == "queued",
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("key", sa.String(96), primary_key=True),
    sa.Column("run_id", sa.ForeignKey("run.id"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("connection", Id, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reviewed", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("wake_at", Time),
    sa.Column("receipt", sa.Text),
    sa.Column("problem", sa.Text),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("on_behalf_of", sa.String(320)),
)
# Partial: only deliveries that wait for what a person lends are in it.
sa.Index(
    "ix_delivery_waiting",
    delivery.c.on_behalf_of,
    sqlite_where=delivery.c.state == "waiting_user",
    postgresql_where=delivery.c.state == "waiting_user",
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

#: A run that stopped, while its vendor is still to be told.
news = sa.Table(
    "news",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("due_at", Time, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
)

#: A picture that was sent along with a request.
picture = sa.Table(
    "picture",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("media_type", sa.String(32), nullable=False),
    sa.Column("bytes", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Time, nullable=False, index=True),
)

#: When to look again at what became of a delivered text.
look_back = sa.Table(
    "look_back",
    metadata,
    sa.Column("delivery", sa.ForeignKey("delivery.key"), primary_key=True),
    sa.Column("moment", sa.String(16), primary_key=True),
    sa.Column("due_at", Time, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
)

budget = sa.Table(
    "budget",
    metadata,
    sa.Column("team", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("period", sa.String(7), primary_key=True),
    sa.Column("limit_micros", sa.BigInteger, nullable=False),
    sa.Column("spent_micros", sa.BigInteger, nullable=False),
    sa.Column("reserved_micros", sa.BigInteger, nullable=False),
)

allowance = sa.Table(
    "allowance",
    metadata,
    sa.Column("team", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("limit_micros", sa.BigInteger, nullable=False),
)

reservation = sa.Table(
    "reservation",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.id"), primary_key=True),
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
