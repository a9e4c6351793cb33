"""How people sign in: accounts, links that work once, sessions, failed tries, and what groups of a provider give."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("password_at", sa.Double(), nullable=True),
        sa.Column("totp", sa.Text(), nullable=True),
        sa.Column("totp_at", sa.Double(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["email"], ["person.email"], name=op.f("fk_account_email")),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_account")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["email"], ["account.email"], name=op.f("fk_recovery_code_email")),
        sa.PrimaryKeyConstraint("email", "hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["email"], ["person.email"], name=op.f("fk_sign_in_link_email")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sign_in_link")),
    )
    op.create_index(op.f("ix_sign_in_link_email"), "sign_in_link", ["email"])
    op.create_index(op.f("ix_sign_in_link_expires_at"), "sign_in_link", ["expires_at"])
    op.create_table(
        "web_session",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("key_id", sa.String(length=64), nullable=True),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["email"], ["person.email"], name=op.f("fk_web_session_email")),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_web_session_key_id")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_email"), "web_session", ["email"])
    op.create_index(op.f("ix_web_session_expires_at"), "web_session", ["expires_at"])
    op.create_table(
        "failed_try",
        sa.Column("whose", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("last_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("whose", name=op.f("pk_failed_try")),
    )
    op.create_index(op.f("ix_failed_try_last_at"), "failed_try", ["last_at"])
    op.create_table(
        "sign_in_group",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sign_in_group")),
    )
    # Of the ledger's millions of rows this holds the sign-ins alone: writing runs costs nothing more.
    signed_in = sa.text("kind = 'person.signed_in'")
    op.create_index(
        "ix_ledger_signed_in", "ledger", ["actor", "seq"], sqlite_where=signed_in, postgresql_where=signed_in
    )


def downgrade() -> None:
    op.drop_index("ix_ledger_signed_in", "ledger")
    for table in ("sign_in_group", "failed_try", "web_session", "sign_in_link", "recovery_code", "account"):
        op.drop_table(table)
