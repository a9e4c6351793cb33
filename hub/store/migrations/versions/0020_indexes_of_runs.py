"""Two indexes of runs name one column more: SQLite picks one again, and the other answers how templates are used."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_WAITS = sa.text("state = 'queued'")
_USED = ["team", "template", "created_at"]


def upgrade() -> None:
    # Beside wider ones that begin with the team, SQLite did not pick the one of the waiting runs any more.
    op.drop_index("ix_run_waiting", table_name="run")
    op.create_index("ix_run_waiting", "run", ["team", "state"], sqlite_where=_WAITS, postgresql_where=_WAITS)
    op.drop_index("ix_run_team_template_created", table_name="run")
    op.create_index("ix_run_team_template_created", "run", [*_USED, "asker"])


def downgrade() -> None:
    op.drop_index("ix_run_team_template_created", table_name="run")
    op.create_index("ix_run_team_template_created", "run", _USED)
    op.drop_index("ix_run_waiting", table_name="run")
    op.create_index("ix_run_waiting", "run", ["team"], sqlite_where=_WAITS, postgresql_where=_WAITS)
