"""Templates that were written in the browser: their working text, their revisions, their tests' results, proposals."""

from __future__ import annotations

import sqlalchemy as sa

from hub.store.tables.base import Id, JsonText, Time, metadata

#: A template of a team: ``source`` and ``tests`` are what is worked on, ``production`` is the revision in force.
authored = sa.Table(
    "authored",
    metadata,
    sa.Column("name", Id, primary_key=True),
    sa.Column("team", sa.ForeignKey("team.id"), nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("tests", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("edited_by", sa.String(320), nullable=False),
    sa.Column("edited_at", Time, nullable=False),
    sa.Column("authors", JsonText, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("production", sa.String(64)),
    sa.Column("production_at", Time),
    sa.Column("opened_to", JsonText, nullable=False),
    sa.Column("parent", Id),
    sa.Column("parent_revision", sa.String(64)),
    sa.Column("successor", Id),
    sa.Column("deprecated_at", Time),
    sa.Column("ends_on", sa.String(10)),
    sa.Column("created_at", Time, nullable=False),
)
sa.Index("ix_authored_parent", authored.c.parent)

#: A text that could be read, each time it was saved, and whether it was ever in force.
authored_revision = sa.Table(
    "authored_revision",
    metadata,
    sa.Column("revision", sa.String(64), primary_key=True),
    sa.Column("name", sa.ForeignKey("authored.name"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("author", sa.String(320), nullable=False),
    sa.Column("at", Time, nullable=False),
    sa.Column("tests", sa.Text, nullable=False),
    sa.Column("published_at", Time),
)

#: The tests of one revision, run once: what each case said, and by which model.
trial = sa.Table(
    "trial",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("template", Id, nullable=False),
    sa.Column("revision", sa.String(64), nullable=False),
    sa.Column("tests", sa.String(64), nullable=False),
    sa.Column("team", sa.ForeignKey("team.id"), nullable=False),
    sa.Column("person", sa.String(320), nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("started_at", Time, nullable=False),
    sa.Column("ended_at", Time),
    sa.Column("passed", sa.Boolean),
    sa.Column("results", JsonText, nullable=False),
)
sa.Index("ix_trial_of", trial.c.template, trial.c.revision, trial.c.started_at)

#: The runs that asked the model for a trial. They are no use of the template.
trial_run = sa.Table(
    "trial_run",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("trial", sa.ForeignKey("trial.id"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
)

#: A fork's text, proposed to the team of the template it was forked from.
proposal = sa.Table(
    "proposal",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("template", sa.ForeignKey("authored.name"), nullable=False, index=True),
    sa.Column("fork", sa.ForeignKey("authored.name"), nullable=False),
    sa.Column("revision", sa.String(64), nullable=False),
    sa.Column("person", sa.String(320), nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("at", Time, nullable=False),
    sa.Column("ended_at", Time),
    sa.Column("taken", sa.Boolean),
)
