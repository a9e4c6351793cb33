"""What vendors say before anybody looked, sweeps and the facts they brought, and in whose name Inlay works."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("arrived_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connection.name"], name=op.f("fk_notice_connection")),
        sa.PrimaryKeyConstraint("connection", "key", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_arrived_at"), "notice", ["arrived_at"], unique=False)
    op.create_index(
        "ix_notice_due",
        "notice",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "sweep",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("swept_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["connection"], ["connection.name"], name=op.f("fk_sweep_connection")),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_sweep")),
    )
    op.create_table(
        "fact",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("vendor_id", sa.String(length=96), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connection.name"], name=op.f("fk_fact_connection")),
        sa.PrimaryKeyConstraint("connection", "kind", "vendor_id", name=op.f("pk_fact")),
    )
    op.create_table(
        "news",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_news_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_news")),
    )
    op.create_index(op.f("ix_news_due_at"), "news", ["due_at"], unique=False)
    op.add_column("permit", sa.Column("lent_at", sa.Double(), nullable=True))
    op.add_column("run", sa.Column("on_behalf_of", sa.String(length=320), nullable=True))
    op.add_column("delivery", sa.Column("on_behalf_of", sa.String(length=320), nullable=True))
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["on_behalf_of"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting_user'"),
        postgresql_where=sa.text("state = 'waiting_user'"),
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_waiting", table_name="delivery")
    op.drop_column("delivery", "on_behalf_of")
    op.drop_column("run", "on_behalf_of")
    op.drop_column("permit", "lent_at")
    op.drop_index(op.f("ix_news_due_at"), table_name="news")
    op.drop_table("news")
    op.drop_table("fact")
    op.drop_table("sweep")
    op.drop_index("ix_notice_due", table_name="notice")
    op.drop_index(op.f("ix_notice_arrived_at"), table_name="notice")
    op.drop_table("notice")
