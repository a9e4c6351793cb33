"""Connections made by hand: what a hub.yaml holds is marked, secrets have a date, and the last tryout is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now `inlay apply` was the only way to make one.
    for table in ("connection", "enablement"):
        op.add_column(table, sa.Column("declared", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("connection", sa.Column("secret_dates", sa.Text(), nullable=False, server_default="{}"))
    op.create_table(
        "tryout",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("done_at", sa.Double(), nullable=True),
        sa.Column("probes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connection.name"], name=op.f("fk_tryout_connection")),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_tryout")),
    )
    op.create_index("ix_delivery_connection_updated", "delivery", ["connection", "updated_at"])


def downgrade() -> None:
    op.drop_index("ix_delivery_connection_updated", "delivery")
    op.drop_table("tryout")
    op.drop_column("connection", "secret_dates")
    for table in ("enablement", "connection"):
        op.drop_column(table, "declared")
