"""What waits for a person to look at, how a team reviews, and how far each template is on its ladder."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("team", sa.Column("review", sa.Text(), nullable=True))
    op.create_table(
        "look",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("escalated_at", sa.Double(), nullable=True),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("planted", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.Double(), nullable=True),
        sa.Column("decided_by", sa.String(length=320), nullable=True),
        sa.Column("decision", sa.String(length=9), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_look_run_id")),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_look_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
    )
    op.create_index(op.f("ix_look_run_id"), "look", ["run_id"])
    op.create_index("ix_look_decided", "look", ["decided_by", "decided_at"])
    waiting = sa.text("decided_at IS NULL")
    op.create_index("ix_look_open", "look", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "look_opened",
        sa.Column("look", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=320), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["look"], ["look.id"], name=op.f("fk_look_opened_look")),
        sa.PrimaryKeyConstraint("look", "person", name=op.f("pk_look_opened")),
    )
    op.create_table(
        "ladder",
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("clean", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_ladder_team")),
        sa.PrimaryKeyConstraint("team", "template", name=op.f("pk_ladder")),
    )
    op.create_table(
        "bookmark",
        sa.Column("reader", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_bookmark")),
    )
    # What was delivered before there were samples is not looked at after the fact.
    op.execute("INSERT INTO bookmark (reader, seq) SELECT 'looks', COALESCE(MAX(seq), 0) FROM ledger")
    # Drafts that wait for a review at this moment wait in the queue too; when they are late is counted from now on.
    found = "SELECT id, team, template, tier, updated_at FROM run WHERE state = 'in_review'"
    for run_id, team, template, tier, since in op.get_bind().execute(sa.text(found)).all():
        op.execute(
            sa.text(
                "INSERT INTO look (id, kind, run_id, team, template, tier, made_at, due_at, reason) "
                "VALUES (:id, 'review', :run, :team, :template, :tier, :since, :due, '')"
            ).bindparams(
                id=hashlib.sha256(f"review {run_id}".encode()).hexdigest()[:24],
                run=run_id,
                team=team,
                template=template,
                tier=tier,
                since=since,
                due=since + 86400.0,
            )
        )


def downgrade() -> None:
    for table in ("bookmark", "ladder", "look_opened", "look"):
        op.drop_table(table)
    op.drop_column("team", "review")
