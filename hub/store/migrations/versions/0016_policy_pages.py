"""Who chose a pack, what-ifs, how often rules find something, and the ways the list of runs is searched."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

#: Events older than this are no longer counted by rule.
_BACK = 31 * 86_400
_NOW = {"sqlite": "CAST(strftime('%s', 'now') AS REAL)", "postgresql": "extract(epoch FROM now())"}
#: How the list of runs is searched; a team always comes first.
_SEARCHES = {
    "ix_run_created": (("created_at",), None),
    "ix_run_team_template_created": (("team", "template", "created_at"), None),
    "ix_run_team_surface_created": (("team", "surface", "created_at"), None),
    "ix_run_team_workflow_created": (("team", "workflow", "created_at"), "workflow IS NOT NULL"),
    "ix_run_resting": (
        ("team", "state", "created_at"),
        "state IN ('in_review', 'held', 'refused', 'waiting_user', 'orphaned', 'failed', 'cancelled')",
    ),
}
_SURFACE = {"sqlite": "json_extract(request, '$.surface')", "postgresql": "(request::json ->> 'surface')"}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.create_table(
        "pack_choice",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("pack", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "pack", name=op.f("pk_pack_choice")),
    )
    _note_what_stands()
    op.create_table(
        "what_if",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("pack", sa.String(length=200), nullable=False),
        sa.Column("turns", sa.String(length=4), nullable=False),
        sa.Column("days", sa.Double(), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("wake_at", sa.Double(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("mark_at", sa.Double(), nullable=True),
        sa.Column("mark_id", sa.String(length=64), nullable=True),
        sa.Column("found", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_what_if")),
    )
    op.create_index(op.f("ix_what_if_asked_at"), "what_if", ["asked_at"])
    due = sa.text("wake_at IS NOT NULL")
    op.create_index("ix_what_if_due", "what_if", ["wake_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "rule_day",
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("team", "day", "rule", name=op.f("pk_rule_day")),
    )
    start = f"SELECT MIN(seq) - 1 FROM ledger WHERE at >= {_NOW[dialect]} - {_BACK}"
    end = "SELECT MAX(seq) FROM ledger"
    op.execute(f"INSERT INTO bookmark (reader, seq) SELECT 'rules', COALESCE(({start}), ({end}), 0)")

    op.add_column("run", sa.Column("surface", sa.String(length=64), nullable=True))
    op.execute(f"UPDATE run SET surface = NULLIF(substr({_SURFACE[dialect]}, 1, 64), '')")
    for name, (columns, where) in _SEARCHES.items():
        some = None if where is None else sa.text(where)
        op.create_index(name, "run", list(columns), sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    for name in _SEARCHES:
        op.drop_index(name, "run")
    op.drop_column("run", "surface")
    op.execute("DELETE FROM bookmark WHERE reader = 'rules'")
    op.drop_table("rule_day")
    op.drop_index("ix_what_if_due", "what_if")
    op.drop_index(op.f("ix_what_if_asked_at"), "what_if")
    op.drop_table("what_if")
    op.drop_table("pack_choice")


def _note_what_stands() -> None:
    """The packs that were chosen before it was noted by whom."""
    tx = op.get_bind()
    chosen = [
        ("", at, data)
        for at, data in tx.execute(sa.text("SELECT changed_at, data FROM policy WHERE scope = 'organisation'"))
    ]
    chosen += [tuple(row) for row in tx.execute(sa.text("SELECT id, created_at, policy FROM team"))]
    note = sa.text('INSERT INTO pack_choice (scope, pack, "by", at) VALUES (:scope, :pack, :by, :at)')
    for scope, at, data in chosen:
        for pack in dict.fromkeys(json.loads(data or "{}").get("packs") or ()):
            tx.execute(note, {"scope": scope, "pack": pack[:200], "by": "system:before", "at": at})
