"""When an API key was last used, so that an admin sees which ones nobody needs."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("used_at", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("api_key") as table:
        table.drop_column("used_at")
