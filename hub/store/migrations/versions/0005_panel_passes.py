"""What lets panels in: codes, devices' codes and tokens, by their hashes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "panel_pass",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("panel", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("person", sa.String(length=320), nullable=True),
        sa.Column("user_code", sa.String(length=64), nullable=True),
        sa.Column("redirect", sa.Text(), nullable=True),
        sa.Column("challenge", sa.String(length=64), nullable=True),
        sa.Column("origin", sa.String(length=64), nullable=True),
        sa.Column("polled_at", sa.Double(), nullable=True),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connection.name"], name=op.f("fk_panel_pass_connection")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_panel_pass")),
        sa.UniqueConstraint("user_code", name=op.f("uq_panel_pass_user_code")),
    )
    op.create_index(op.f("ix_panel_pass_expires_at"), "panel_pass", ["expires_at"], unique=False)
    op.create_index(op.f("ix_panel_pass_origin"), "panel_pass", ["origin"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_panel_pass_origin"), table_name="panel_pass")
    op.drop_index(op.f("ix_panel_pass_expires_at"), table_name="panel_pass")
    op.drop_table("panel_pass")
