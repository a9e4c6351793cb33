"""What an organisation can show for its claims, and which runs rely on it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=True),
        sa.Column("markets", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.String(length=10), nullable=True),
        sa.Column("expires_on", sa.String(length=10), nullable=True),
        sa.Column("disclaimer", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("says", sa.String(length=64), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_evidence_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_table(
        "evidence_use",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("evidence_id", sa.String(length=64), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("says", sa.String(length=64), nullable=False),
        sa.Column("lapsed_at", sa.Double(), nullable=True),
        sa.Column("why", sa.String(length=16), nullable=True),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("closed_by", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_evidence_use_run_id")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_use_evidence_id")),
        sa.PrimaryKeyConstraint("run_id", "evidence_id", name=op.f("pk_evidence_use")),
    )
    live, lapsed = sa.text("closed_at IS NULL"), sa.text("lapsed_at IS NOT NULL AND closed_at IS NULL")
    for name, column, where in (
        ("ix_evidence_use_live", "evidence_id", live),
        ("ix_evidence_use_open", "lapsed_at", lapsed),
    ):
        op.create_index(name, "evidence_use", [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_evidence_use_open", table_name="evidence_use")
    op.drop_index("ix_evidence_use_live", table_name="evidence_use")
    op.drop_table("evidence_use")
    op.drop_table("evidence")
