"""Templates that are written in the browser, their revisions, the results of their tests, and proposals of forks."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text, key, person, time = sa.Text(), sa.String(length=64), sa.String(length=320), sa.Double()
    op.create_table(
        "authored",
        sa.Column("name", key, nullable=False),
        sa.Column("team", key, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("tests", text, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("edited_by", person, nullable=False),
        sa.Column("edited_at", time, nullable=False),
        sa.Column("authors", text, nullable=False),
        sa.Column("said", text, nullable=False),
        sa.Column("production", key, nullable=True),
        sa.Column("production_at", time, nullable=True),
        sa.Column("opened_to", text, nullable=False),
        sa.Column("parent", key, nullable=True),
        sa.Column("parent_revision", key, nullable=True),
        sa.Column("successor", key, nullable=True),
        sa.Column("deprecated_at", time, nullable=True),
        sa.Column("ends_on", sa.String(length=10), nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_authored_team")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_authored")),
    )
    op.create_table(
        "authored_revision",
        sa.Column("revision", key, nullable=False),
        sa.Column("name", key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", person, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("tests", text, nullable=False),
        sa.Column("published_at", time, nullable=True),
        sa.ForeignKeyConstraint(["name"], ["authored.name"], name=op.f("fk_authored_revision_name")),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_authored_revision")),
    )
    op.create_table(
        "trial",
        sa.Column("id", key, nullable=False),
        sa.Column("template", key, nullable=False),
        sa.Column("revision", key, nullable=False),
        sa.Column("tests", key, nullable=False),
        sa.Column("team", key, nullable=False),
        sa.Column("person", person, nullable=False),
        sa.Column("model", text, nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("started_at", time, nullable=False),
        sa.Column("ended_at", time, nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("results", text, nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_trial_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
    )
    op.create_table(
        "trial_run",
        sa.Column("run_id", key, nullable=False),
        sa.Column("trial", key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_trial_run_run_id")),
        sa.ForeignKeyConstraint(["trial"], ["trial.id"], name=op.f("fk_trial_run_trial")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_trial_run")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", key, nullable=False),
        sa.Column("template", key, nullable=False),
        sa.Column("fork", key, nullable=False),
        sa.Column("revision", key, nullable=False),
        sa.Column("person", person, nullable=False),
        sa.Column("said", text, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("ended_at", time, nullable=True),
        sa.Column("taken", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["template"], ["authored.name"], name=op.f("fk_proposal_template")),
        sa.ForeignKeyConstraint(["fork"], ["authored.name"], name=op.f("fk_proposal_fork")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


INDEXES = (
    ("ix_authored_team", "authored", ["team"]),
    ("ix_authored_parent", "authored", ["parent"]),
    ("ix_authored_revision_name", "authored_revision", ["name"]),
    ("ix_trial_of", "trial", ["template", "revision", "started_at"]),
    ("ix_trial_run_trial", "trial_run", ["trial"]),
    ("ix_proposal_template", "proposal", ["template"]),
)


def downgrade() -> None:
    for table in ("proposal", "trial_run", "trial", "authored_revision", "authored"):
        op.drop_table(table)
