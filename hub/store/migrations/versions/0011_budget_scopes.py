"""Budgets of people and workflows beside the team's, what was spent each day, and who raised a budget."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SCOPE = ("kind", "name")


def upgrade() -> None:
    allowances = _taken("SELECT team, limit_micros FROM allowance", "allowance")
    budgets = _taken("SELECT team, period, spent_micros, reserved_micros FROM budget", "budget")
    held = _taken("SELECT run_id, team, period, amount_micros FROM reservation", "reservation")
    made = op.create_table(
        "allowance",
        *_team_scope("allowance"),
        sa.Column("limit_micros", sa.BigInteger(), nullable=False),
        sa.Column("warn_at", sa.Double(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("team", *_SCOPE, name=op.f("pk_allowance")),
    )
    _put(made, [{**row, **_TEAM, "warn_at": 0.8, "hard": True} for row in allowances])
    made = op.create_table(
        "budget",
        *_team_scope("budget", sa.Column("period", sa.String(length=7), nullable=False)),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.Column("reserved_micros", sa.BigInteger(), nullable=False),
        sa.Column("raised_micros", sa.BigInteger(), nullable=False),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("team", "period", *_SCOPE, name=op.f("pk_budget")),
    )
    _put(made, [{**row, **_TEAM, "raised_micros": 0, "warned": False} for row in budgets])
    op.create_table(
        "budget_day",
        *_team_scope("budget_day", sa.Column("period", sa.String(length=7), nullable=False)),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team", "period", *_SCOPE, "day", name=op.f("pk_budget_day")),
    )
    op.create_table(
        "budget_raise",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        *_team_scope("budget_raise", sa.Column("period", sa.String(length=7), nullable=False)),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=320), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_raise")),
    )
    op.create_index("ix_budget_raise_team_period", "budget_raise", ["team", "period"])
    made = op.create_table(
        "reservation",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=320), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_reservation_run_id")),
        sa.PrimaryKeyConstraint("run_id", *_SCOPE, name=op.f("pk_reservation")),
    )
    _put(made, [{**row, **_TEAM} for row in held])


def downgrade() -> None:
    """Back to budgets of teams alone; what people and workflows had is gone."""
    only = "WHERE kind = 'team'"
    held = _taken(f"SELECT run_id, team, period, amount_micros FROM reservation {only}", "reservation")
    allowances = _taken(f"SELECT team, limit_micros FROM allowance {only}", "allowance")
    budgets = _taken(f"SELECT team, period, spent_micros, reserved_micros, raised_micros FROM budget {only}", "budget")
    op.drop_table("budget_day")
    op.drop_table("budget_raise")
    made = op.create_table(
        "allowance",
        *_team("allowance"),
        sa.Column("limit_micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team", name=op.f("pk_allowance")),
    )
    _put(made, allowances)
    made = op.create_table(
        "budget",
        *_team("budget"),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("limit_micros", sa.BigInteger(), nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.Column("reserved_micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team", "period", name=op.f("pk_budget")),
    )
    limits = {row["team"]: row["limit_micros"] for row in allowances}
    for row in budgets:
        row["limit_micros"] = limits.get(row["team"], 0) + row.pop("raised_micros")
    _put(made, budgets)
    made = op.create_table(
        "reservation",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_reservation_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_reservation")),
    )
    _put(made, held)


_TEAM = {"kind": "team", "name": ""}


def _team(table: str) -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return (
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f(f"fk_{table}_team")),
    )


def _team_scope(table: str, *more: sa.Column) -> tuple:
    return (
        *_team(table),
        *more,
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=320), nullable=False),
    )


def _taken(query: str, table: str) -> list[dict]:
    """The rows of a table that is then dropped: a key cannot be widened in place on SQLite."""
    rows = [dict(row) for row in op.get_bind().execute(sa.text(query)).mappings()]
    op.drop_table(table)
    return rows


def _put(table: sa.Table, rows: list[dict]) -> None:
    if rows:
        op.bulk_insert(table, rows)
