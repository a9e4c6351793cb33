"""Runs, the template revisions they used, their deliveries, and what is still to be done around them."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import Id, Time, metadata

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
    sa.Column("keeps", sa.String(8), nullable=False, server_default="all"),
    sa.Column("cleared", sa.Text),
    #: Where it was asked for, out of the request, so that runs are found by it.
    sa.Column("surface", Id),
)
# Partial: only runs that want work are in it, so taking one costs the same with a million stored runs.
sa.Index(
    "ix_run_due",
    run.c.queue,
    run.c.turn,
    sqlite_where=run.c.wake_at.is_not(None),
    postgresql_where=run.c.wake_at.is_not(None),
)
# Partial: only runs that have ended for good, whose texts are removed when they are old.
_ENDED = sa.text("state IN ('delivered', 'refused', 'cancelled')")
sa.Index("ix_run_keeps_ended_at", run.c.keeps, run.c.ended_at, sqlite_where=_ENDED, postgresql_where=_ENDED)
sa.Index("ix_run_team_created", run.c.team, run.c.created_at)
sa.Index("ix_run_asker_created", run.c.asker, run.c.created_at)
sa.Index("ix_run_created", run.c.created_at)
# With who asked: how often a template was used, and by how many, is read out of it alone.
sa.Index("ix_run_team_template_created", run.c.team, run.c.template, run.c.created_at, run.c.asker)
sa.Index("ix_run_team_surface_created", run.c.team, run.c.surface, run.c.created_at)
_HAS_WORKFLOW = run.c.workflow.is_not(None)
sa.Index(
    "ix_run_team_workflow_created",
    run.c.team,
    run.c.workflow,
    run.c.created_at,
    sqlite_where=_HAS_WORKFLOW,
    postgresql_where=_HAS_WORKFLOW,
)
#: States somebody may look for among very many runs. Partial: a run that goes through at once is never in it.
RESTING = ("in_review", "held", "refused", "waiting_user", "orphaned", "failed", "cancelled")
#: As the index says it, word for word: a database uses the index for nothing else.
RESTS = sa.text("state IN (" + ", ".join(f"'{state}'" for state in RESTING) + ")")
sa.Index(
    "ix_run_resting",
    run.c.team,
    run.c.state,
    run.c.created_at,
    sqlite_where=RESTS,
    postgresql_where=RESTS,
)
sa.Index(
    "ix_run_waiting",
    run.c.team,
    run.c.state,
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
    #: What the receipt names at the vendor, so that whoever holds a record's id finds its run among a million.
    sa.Column("vendor_id", sa.String(255), index=True),
)
# How the deliveries of one connection went lately.
sa.Index("ix_delivery_connection_updated", delivery.c.connection, delivery.c.updated_at)
# Partial: only deliveries that wait for what a person lends are in it.
sa.Index(
    "ix_delivery_waiting",
    delivery.c.on_behalf_of,
    sqlite_where=delivery.c.state == "waiting_user",
    postgresql_where=delivery.c.state == "waiting_user",
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
