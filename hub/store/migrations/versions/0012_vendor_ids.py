"""What each receipt names at its vendor, in a column of its own, so that a record's id leads to its run."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NAMED = {
    "sqlite": "json_extract(receipt, '$.vendor_id')",
    # Not jsonb: that would refuse a whole receipt for one character it cannot keep.
    "postgresql": "(receipt::json ->> 'vendor_id')",
}


def upgrade() -> None:
    op.add_column("delivery", sa.Column("vendor_id", sa.String(length=255), nullable=True))
    named = _NAMED[op.get_bind().dialect.name]
    op.execute(f"UPDATE delivery SET vendor_id = NULLIF(substr({named}, 1, 255), '') WHERE receipt IS NOT NULL")
    op.create_index("ix_delivery_vendor_id", "delivery", ["vendor_id"])


def downgrade() -> None:
    op.drop_index("ix_delivery_vendor_id", "delivery")
    op.drop_column("delivery", "vendor_id")
