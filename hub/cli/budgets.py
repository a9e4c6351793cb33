"""``inlay budgets``: how every budget stands and where its month will end, and raising one for the running month."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from hub.cli import output
from hub.cli.opening import a_hub, operator

if TYPE_CHECKING:
    from hub.bootstrap import Hub
    from hub.pipeline.money import Budget


@click.group("budgets", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show how every budget stands and where its month will end; raise one for a month."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(listing)


@command.command("list")
@click.option("--team", default="", help="Of this team only.")
@output.json_option
def listing(team: str = "", as_json: bool = False) -> None:
    """Show what is left of every budget, where its month will end, and who can raise it."""
    with a_hub(log_level="ERROR") as hub:
        found = [budget for name in _teams(hub, team) for budget in _of(hub, name)]
    if as_json:
        output.as_json([_plain(one) for one in found])
        return
    if not found:
        click.echo("No team has a budget. Declare one in hub.yaml under the team, and apply it.")
        return
    columns = ("team", "budget of", "limit ($)", "spent", "set aside", "left", "month will end at", "raised by")
    output.table(f"Budgets of {found[0].standing.period}, in US dollars", columns, [_row(one) for one in found])


@command.command("raise")
@click.argument("team")
@click.argument("amount", type=click.FloatRange(min=0, min_open=True))
@click.option("--person", default="", help="What this person may spend, by e-mail address.")
@click.option("--workflow", default="", help="What this workflow may spend.")
@click.option("--reason", required=True, help="Why, in a sentence. It is kept.")
@click.option("--month", default="", help="Another month than the running one, as 2026-11.")
@output.json_option
def raise_command(team: str, amount: float, person: str, workflow: str, reason: str, month: str, as_json: bool) -> None:
    """Let a budget hold AMOUNT US dollars, for this month alone. hub.yaml says what it is from the next month on."""
    from hub.pipeline import money
    from hub.store import runs
    from hub.store.budgets import Scope

    if person and workflow:
        raise click.UsageError("Name a person or a workflow, not both.")
    scope = Scope("workflow", workflow) if workflow else Scope("team")
    if person:
        scope = Scope("person", runs.one_spelling(person) or "")
    with a_hub(log_level="ERROR") as hub:
        micros = int(Decimal(str(amount)) * 1_000_000)
        raised = money.raise_to(hub.parts, team, scope, micros, operator(), reason=reason, month=month)
    if as_json:
        output.as_json(_plain(raised))
        return
    one = raised.standing
    click.echo(f"In {one.period} the budget of {_whose(raised)} in {team} holds {_dollars(one.limit_micros)}.")


def _teams(hub: Hub, team: str) -> list[str]:
    from hub.store import teams

    if team:
        return [team]
    with hub.database.reading() as tx:
        return [one.id for one in teams.every(tx)]


def _of(hub: Hub, team: str) -> list[Budget]:
    from hub.pipeline import money

    return money.of_team(hub.parts, team)


def _row(one: Budget) -> tuple[str, ...]:
    money = one.standing
    limit = _dollars(money.limit_micros) + ("" if money.hard else " (refuses nothing)")
    limit += f", {_dollars(money.raised_micros)} of it this month only" if money.raised_micros else ""
    figures = (money.spent_micros, money.reserved_micros, money.left_micros)
    return (one.team, _whose(one), limit, *(_dollars(figure) for figure in figures), _ends(one), one.raised_by)


def _whose(one: Budget) -> str:
    scope = one.standing.scope
    return scope.name if scope.kind == "person" else f"workflow {scope.name}" if scope.name else "the team"


def _ends(one: Budget) -> str:
    seen = one.forecast
    if seen.expected_micros is None or seen.low_micros is None or seen.high_micros is None:
        return seen.why
    between = f"{_dollars(seen.expected_micros)} ({_dollars(seen.low_micros)} to {_dollars(seen.high_micros)})"
    return f"{between}, reached on {seen.reached}" if seen.reached else between


def _dollars(micros: int) -> str:
    from hub.pipeline.spend import dollars

    return dollars(micros)


def _plain(one: Budget) -> dict[str, Any]:
    from hub.web.api.budget import shown

    return shown(one)
