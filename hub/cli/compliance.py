"""``inlay compliance``: writes what an auditor asks for into a folder, as the hub stands now."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hub.cli import output
from hub.cli.opening import a_hub

#: What each file holds, as the folder's README says it.
_FILES = {
    "about": "which hub made this, when, and for which period",
    "standards": "which feature answers to which part of NIST AI RMF and ISO/IEC 42001",
    "policies": "the policy in force for each team: revision, packs, rules with their sources and tests",
    "cards": "what each team may do, in words",
    "templates": "the templates in use, with their revisions and review tiers",
    "roles": "how many people hold which role",
    "runs": "runs by team, state and tier; verdicts; audit coverage",
    "reviews": "reviews asked for and decided",
    "stopped": "the rules named in verdicts that held or refused a run, and in how many",
    "ledger": "length, head and verification of the ledger, its signed heads, the public keys they are signed with",
    "retention": "what is kept for how long, and what was removed in the period",
}


@click.group("compliance")
def command() -> None:
    """Export what an auditor asks for."""


@command.command("export")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day, UTC. Without it, from the beginning.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The day after the last, UTC. Without it, up to now.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default="compliance", show_default=True)
@click.option("--names", is_flag=True, help="Let people's names and addresses stand in it.")
def export(since: datetime | None, until: datetime | None, out: Path, names: bool) -> None:
    """Write a folder: README.md to read, and a JSON file for each subject. It reads the whole ledger once or twice.

    No name and no address of a person stands in it, unless --names says so.
    """
    from pydantic_core import to_json

    from hub.pipeline.compliance import sections

    if out.exists() and any(out.iterdir()):
        raise click.UsageError(
            f"{out} is not empty. Name a new folder with --out, so that no older export is mixed in."
        )
    with a_hub(log_level="ERROR") as hub:
        end = _at(until) if until else hub.parts.clock()
        made = sections(hub.parts, since=_at(since) if since else 0.0, until=end, names=names)
    out.mkdir(parents=True, exist_ok=True)
    for name, told in made.items():
        (out / f"{name}.json").write_text(to_json(told, indent=2).decode() + "\n", "utf-8")
    (out / "README.md").write_text(_readme(made), "utf-8")
    click.echo(f"Written to {out}: README.md and {len(made)} JSON files.")


def _at(day: datetime) -> float:
    return day.replace(tzinfo=UTC).timestamp()


def _readme(made: dict[str, Any]) -> str:
    about, runs, reviews, ledger = made["about"], made["runs"], made["reviews"], made["ledger"]
    accepted = reviews["accepted"]
    first = output.when(about["since"]) if about["since"] else "the beginning"
    lines = [
        "# Compliance export",
        "",
        f"Made by Inlay {about['version']} on {output.when(about['made_at'])} UTC, for {first} up to "
        f"{output.when(about['until'])} UTC. Policies, cards, templates, roles and retention are those of that moment.",
        "",
        "## In short",
        "",
        f"- Ledger: {ledger['rows']} rows, {'every row holds' if ledger['holds'] else _fault(ledger)}. "
        f"Head `{ledger['head']}`.",
        f"- Signed heads of it: {len(ledger['heads'])}"
        + (
            f", **{len(ledger['heads_that_do_not_count'])} do not count**. "
            if ledger["heads_that_do_not_count"]
            else ". "
        )
        + ledger["not_shown"],
        f"- Tests of rules: {_tests(made['policies'])}.",
        f"- Runs asked for: {sum(row['runs'] for row in runs['asked_in_the_period'])}, of them "
        f"{sum(row['runs'] for row in runs['asked_in_the_period'] if row['simulated'])} simulated.",
        f"- Written back: {runs['written']}, with every step on record: {runs['written_with_every_step_on_record']}"
        + (f" ({runs['audit_coverage']:.1%})." if runs["written"] else ". Nothing was written in this period."),
        f"- Reviews: {reviews['asked']} asked for, {accepted['of']} decided"
        + (f", {accepted['share']:.1%} accepted (95 % interval {_interval(accepted)})." if accepted["of"] else "."),
        f"- Reviews by whoever had asked: {reviews['by_whoever_asked']}. There should be none.",
        f"- Rules named where something was stopped: {len({row['rule'] for row in made['stopped']}) or 'none'}.",
        f"- Kept: {', '.join(_kept(name, one['days']) for name, one in made['retention']['settings'].items())}. "
        f"For good: {made['retention']['kept_for_good']}",
        "",
        "## Standards",
        "",
        "A reading of the standards, no certificate. Numbers marked as not verified were not held against their text.",
        "",
        "| What | NIST AI RMF | ISO/IEC 42001 | Checked | See |",
        "|---|---|---|---|---|",
        *(f"| {' | '.join(row.values())} |" for row in made["standards"]),
        "",
        "## Files",
        "",
        *(
            f"- `{name}.json`: {_FILES[name]}{'' if told else '. It is empty: there was nothing'}"
            for name, told in made.items()
        ),
        "",
    ]
    return "\n".join(lines)


def _tests(policies: dict[str, Any]) -> str:
    """Of each rule once: teams share most of them."""
    tests = {
        (rule["id"], str(rule)): rule["tests"]
        for policy in policies.values()
        for check in policy["checks"]
        for rule in check["rules"]
        if rule["tests"]
    }
    run = sum(one["to_pass"] + one["to_catch"] for one in tests.values())
    failed = sum(one["failed"] for one in tests.values())
    return f"{run} texts for {len(tests)} rules, {f'**{failed} failed**' if failed else 'none failed'}"


def _kept(name: str, days: int) -> str:
    what = name.removeprefix("keep_").removesuffix("_days")
    return f"{what} for {days} days after a run's end" if days else f"{what} without end"


def _fault(ledger: dict[str, Any]) -> str:
    if ledger["first_fault"] is None:
        return "every row follows the one before it, **and a head of it is not the hub's**"
    return f"**broken at row {ledger['first_fault']['row']}: {ledger['first_fault']['why']}**"


def _interval(found: dict[str, Any]) -> str:
    low, high = found["interval_95"]
    return f"{low:.1%} to {high:.1%}"
