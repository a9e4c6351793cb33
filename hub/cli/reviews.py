"""``inlay reviews``: what waits for a person to look at, who could, and how each team's reviews go."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import click

from hub.cli import output
from hub.cli.opening import a_hub


@click.group("reviews", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show what waits for a person to look at, and how reviews go."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(waiting)


@command.command("list")
@click.option("--team", default=None, help="Of this team alone.")
@output.json_option
def waiting(team: str | None = None, as_json: bool = False) -> None:
    """List what waits, the soonest due first, and who could decide on it."""
    from hub.pipeline.reviewers import case_waiting, eligible
    from hub.store import reviews

    with a_hub(log_level="ERROR") as hub, hub.database.reading() as tx:
        found = reviews.every_waiting(tx, teams=None if team is None else [team])
        looks = [(one.look, len(eligible(tx, case_waiting(tx, one)))) for one in found]
    rows = [
        {
            "id": one.id,
            # What was planted is told to nobody before the decision, whoever can call this.
            "kind": "review" if one.kind == "seeded" else one.kind,
            "team": one.team,
            "template": one.template,
            "tier": one.tier,
            "due": f"{datetime.fromtimestamp(one.due_at, UTC):%Y-%m-%d %H:%M} UTC",
            "late": one.escalated_at is not None,
            "could_decide": number,
        }
        for one, number in looks
    ]
    if as_json:
        output.as_json(rows)
        return
    if not rows:
        click.echo("Nothing waits for a review.")
        return
    columns = ("id", "kind", "team", "template", "tier", "due", "late", "could decide")
    output.table("", columns, [tuple({**row, "late": "late" if row["late"] else ""}.values()) for row in rows])


@command.command("quality")
@output.json_option
def quality(as_json: bool) -> None:
    """How reviews went in the last ninety days, by team: nobody is ranked or named."""
    from hub.store import teams
    from hub.web import review_figures

    with a_hub(log_level="ERROR") as hub, hub.database.reading() as tx:
        found = review_figures.of_teams(tx, hub, [team.id for team in teams.every(tx)])
    if as_json:
        output.as_json([dataclasses.asdict(one) for one in found])
        return
    rows = [
        (
            one.team,
            one.waiting,
            one.late,
            one.approved,
            one.rejected,
            "–" if one.seconds is None else f"{one.seconds:.0f} s",
            f"{one.caught} of {one.tested}" if one.tested else "–",
            " ".join(review_figures.remarks(one)) or "–",
        )
        for one in found
    ]
    columns = ("team", "waiting", "late", "approved", "rejected", "open, median", "planted errors caught", "look at")
    output.table("How reviews go", columns, rows)
