"""What people are told by mail, reviews that are nearly late, and in which form an endpoint is told."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notification_choice",
        sa.Column("person", sa.String(length=320), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("choice", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("person", "kind", name=op.f("pk_notification_choice")),
    )
    op.create_table(
        "notification",
        sa.Column("person", sa.String(length=320), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("mail", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("person", "seq", name=op.f("pk_notification")),
    )
    op.create_index(op.f("ix_notification_due_at"), "notification", ["due_at"])
    op.create_table(
        "mailbox",
        sa.Column("person", sa.String(length=320), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("sent_at", sa.Double(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_mailbox")),
    )
    op.add_column("look", sa.Column("reminded_at", sa.Double(), nullable=True))
    op.add_column("endpoint", sa.Column("format", sa.String(length=8), nullable=False, server_default="standard"))
    # Nobody is written to about what happened before there were mails.
    op.execute("INSERT INTO bookmark (reader, seq) SELECT 'notifications', COALESCE(MAX(seq), 0) FROM ledger")


def downgrade() -> None:
    op.execute("DELETE FROM bookmark WHERE reader = 'notifications'")
    op.drop_column("endpoint", "format")
    op.drop_column("look", "reminded_at")
    for table in ("mailbox", "notification", "notification_choice"):
        op.drop_table(table)
