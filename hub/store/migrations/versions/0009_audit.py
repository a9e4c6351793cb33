"""Signed heads of the ledger, pseudonyms of people, and what a run keeps of its texts."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ENDED = sa.text("state IN ('delivered', 'refused', 'cancelled')")


def upgrade() -> None:
    op.create_table(
        "ledger_head",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("time", sa.String(length=20), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("filed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "pseudonym",
        sa.Column("person", sa.String(length=320), nullable=False),
        sa.Column("pseudonym", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_pseudonym")),
    )
    op.add_column("run", sa.Column("keeps", sa.String(length=8), nullable=False, server_default="all"))
    op.add_column("run", sa.Column("cleared", sa.Text(), nullable=True))
    op.create_index("ix_run_keeps_ended_at", "run", ["keeps", "ended_at"], sqlite_where=_ENDED, postgresql_where=_ENDED)


def downgrade() -> None:
    op.drop_index("ix_run_keeps_ended_at", table_name="run")
    op.drop_column("run", "cleared")
    op.drop_column("run", "keeps")
    op.drop_table("pseudonym")
    op.drop_table("ledger_head")
