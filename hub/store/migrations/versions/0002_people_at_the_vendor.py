"""What people do in a vendor's tool: whose run it is, the token they lend, when to look at what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("asker", sa.String(length=320), nullable=True))
    op.create_index("ix_run_asker_created", "run", ["asker", "created_at"], unique=False)
    op.create_table(
        "permit",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=320), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connection.name"], name=op.f("fk_permit_connection")),
        sa.PrimaryKeyConstraint("connection", "person", name=op.f("pk_permit")),
    )
    op.create_table(
        "look_back",
        sa.Column("delivery", sa.String(length=96), nullable=False),
        sa.Column("moment", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.key"], name=op.f("fk_look_back_delivery")),
        sa.PrimaryKeyConstraint("delivery", "moment", name=op.f("pk_look_back")),
    )
    op.create_index(op.f("ix_look_back_due_at"), "look_back", ["due_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_look_back_due_at"), table_name="look_back")
    op.drop_table("look_back")
    op.drop_table("permit")
    op.drop_index("ix_run_asker_created", table_name="run")
    op.drop_column("run", "asker")
