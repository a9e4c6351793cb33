"""``inlay runs``: the newest runs, one run with its timeline, and what an operator may do to it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from hub.cli import output
from hub.cli.opening import a_hub, operator

if TYPE_CHECKING:
    from hub.bootstrap import Hub
    from hub.domain import DeliveryRow, Event, Run

STATES = [
    *("queued", "answered", "in_review", "approved", "delivered", "held"),
    *("refused", "waiting_user", "orphaned", "failed", "cancelled"),
]
#: What an event's line in the timeline leaves out: it has a column of its own, or says nothing to a person.
_NOT_SHOWN = frozenset({"stage", "ms", "policy", "delivery", "revision"})


@click.group("runs")
def command() -> None:
    """List, show, cancel, resume and undo runs."""


@command.command("list")
@click.option("--team", help="Of this team only.")
@click.option("--state", type=click.Choice(STATES), help="In this state only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@output.json_option
def listing(team: str | None, state: str | None, limit: int, as_json: bool) -> None:
    """The newest runs, newest first."""
    from hub.cli.opening import a_database
    from hub.store import runs

    with a_database() as database, database.reading() as tx:
        found = runs.newest(tx, teams=[team] if team else None, limit=limit, state=state)
    if as_json:
        output.as_json([_summary(run) for run in found])
        return
    if not found:
        click.echo("There is no such run." if team or state else "There is no run yet.")
        return
    rows = [(run.id, output.when(run.created_at), run.team, run.template, run.state.value, _note(run)) for run in found]
    output.table("", ("run", "asked (UTC)", "team", "template", "state", ""), rows)


@command.command("show")
@click.argument("run_id")
@output.json_option
def show(run_id: str, as_json: bool) -> None:
    """One run: its timeline, findings, draft, deliveries and receipts."""
    with a_hub(log_level="ERROR") as hub:
        run = hub.get(run_id)
        rows, events = _more(hub, run_id)
    if as_json:
        output.as_json(
            {
                **_summary(run),
                "draft": run.draft,
                "verdicts": {"input": run.input_verdicts, "output": run.output_verdicts},
                "deliveries": rows,
                "timeline": [dataclasses.asdict(event) for event in events],
            }
        )
        return
    click.echo(f"Run {run.id}: {run.template} for {run.team}, {run.state.value}{_simulated(run)}")
    if run.problem is not None:
        for label, said in _told(run):
            click.echo(f"{label}: {said}")
    start = events[0].at if events else 0.0
    output.table(
        "Timeline",
        ("after (s)", "stage", "what happened", "took (ms)", "details"),
        [(f"{e.at - start:.3f}", e.data.get("stage", ""), e.kind, e.data.get("ms", ""), _details(e)) for e in events],
    )
    findings = [
        (side, verdict.check, finding.outcome.value, finding.message, finding.instead)
        for side, verdicts in (("input", run.input_verdicts), ("output", run.output_verdicts))
        for verdict in verdicts
        for finding in verdict.findings
    ]
    if findings:
        output.table("Findings", ("side", "check", "outcome", "what", "instead"), findings)
    if rows:
        output.table("Deliveries", ("to", "state", "receipt", "at revision", "where"), [_delivery(row) for row in rows])
    for number, variant in enumerate(run.draft.variants if run.draft else (), start=1):
        click.echo(f"Variant {number}:\n{variant.text}\n")


@command.command("cancel")
@click.argument("run_id")
def cancel(run_id: str) -> None:
    """Stop a run wherever it stands."""
    from hub.pipeline import act

    with a_hub(log_level="ERROR") as hub:
        run = act.cancel(hub.parts, hub.get(run_id), operator())
    click.echo(f"Run {run.id} is {run.state.value}.")


@command.command("resume")
@click.argument("run_id")
def resume(run_id: str) -> None:
    """Let a run that waits for a person, lost its target or failed go on from where it stopped."""
    from hub.pipeline import act
    from hub.pipeline import run as running

    with a_hub(log_level="ERROR") as hub:
        resumed = act.resume(hub.parts, hub.get(run_id), operator())
        # Walked here: no worker may be running. If one was faster, it has the run and this does nothing.
        run = running.advance(hub.parts, resumed.id) or hub.get(resumed.id)
    click.echo(f"Run {run.id} is {run.state.value}.")


@command.command("undo")
@click.argument("run_id")
def undo(run_id: str) -> None:
    """Take back what a run wrote, everywhere it wrote."""
    from hub.pipeline import act

    with a_hub(log_level="ERROR") as hub:
        run = act.undo(hub.parts, hub.get(run_id), operator())
    click.echo(f"What run {run.id} wrote is taken back.")


def _more(hub: Hub, run_id: str) -> tuple[list[DeliveryRow], list[Event]]:
    from hub.store import deliveries, events

    with hub.database.reading() as tx:
        return deliveries.of_run(tx, run_id), events.of_run(tx, run_id)


def _summary(run: Run) -> dict[str, Any]:
    names = ("id", "team", "template", "workflow", "revision", "state", "stage", "tier", "simulated", "created_at")
    return {**{name: getattr(run, name) for name in names}, "ended_at": run.ended_at, "problem": run.problem}


def _note(run: Run) -> str:
    return run.problem.what if run.problem else "simulated" if run.simulated else ""


def _simulated(run: Run) -> str:
    return ", simulated: no model is configured" if run.simulated else ""


def _told(run: Run) -> list[tuple[str, str]]:
    assert run.problem is not None
    problem = run.problem
    said = (("What", problem.what), ("Why", problem.why), ("Instead", problem.instead), ("Who acts", problem.who))
    return [(label, text) for label, text in said if text]


def _details(event: Event) -> str:
    shown = {key: value for key, value in event.data.items() if key not in _NOT_SHOWN and value not in (None, [], {})}
    return ", ".join(f"{key} {_plain(value)}" for key, value in shown.items())


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "/".join(_plain(item) for item in value)
    return str(value)[:60]


def _delivery(row: DeliveryRow) -> tuple[str, str, str, str, str]:
    receipt = row.receipt
    return (
        row.target.connection,
        row.state.value + ("" if row.reviewed else ", not reviewed"),
        receipt.content_hash[:16] if receipt else (row.problem.what if row.problem else ""),
        receipt.revision if receipt else "",
        receipt.url if receipt else "",
    )
