"""``inlay policy``: the checks in force, the rule-packs there are, and whether a new pack may be switched on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli import output
from hub.cli.opening import a_hub

if TYPE_CHECKING:
    from hub.governance.policy import Pack


@click.group("policy", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show the checks in force and the rule-packs there are; check a pack of one's own."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@command.command("show")
@click.option("--team", default="", help="With what this team adds.")
@output.json_option
def show(team: str = "", as_json: bool = False) -> None:
    """Show the checks in force, for the organisation or for one team."""
    from hub.errors import UnknownName
    from hub.store import teams

    with a_hub(log_level="ERROR") as hub:
        if team:
            with hub.database.reading() as tx:
                known = teams.get(tx, team)
            if known is None:
                raise UnknownName(f"There is no team named {team!r}.")
        policy = hub.parts.policy_of(team)
        installed, judged = hub.registry.checks, hub.parts.judge is not None
        names = bool(hub.settings.spacy_models)
    if as_json:
        output.as_json(policy.model_dump(mode="json"))
        return
    rows = []
    for check in policy.checks:
        found = installed.get(check.name)
        served = found.sides if found else frozenset()
        sides = ", ".join(side for side in ("input", "output") if side in (check.sides or served))
        rules = sum(len(value) if isinstance(value, list) else 1 for value in check.rules.values())
        state = "" if found else "missing: every run is held"
        if check.name == "judge":
            off = "off, nothing of it is checked: INLAY_JUDGE_MODEL names no model"
            sides, state = "output", "" if judged else off
        if check.name == "personal_data" and found and not names:
            state = "names of people are not found: INLAY_SPACY_MODEL names no model"
        rows.append((check.name, sides, rules, check.failing, found.seconds if found else "", state))
    output.table(
        f"Policy {policy.revision} ({', '.join(policy.packs)})",
        ("check", "looks at", "rules", "when it fails", "seconds at most", "state"),
        rows,
    )


@command.command("packs")
@output.json_option
def packs_command(as_json: bool) -> None:
    """List the shipped rule-packs, and for whom each is in force."""
    from hub.governance import packs
    from hub.governance.additions import Additions
    from hub.store import policies, teams

    with a_hub(log_level="ERROR") as hub, hub.database.reading() as tx:
        chosen = Additions.model_validate(policies.get(tx)).packs
        added = {team.id: Additions.model_validate(team.policy).packs or () for team in teams.every(tx)}
    on = packs.default() if chosen is None else chosen
    rows = []
    for name in packs.names():
        pack = packs.shipped(name)
        for_whom = "everybody" if name in on else ", ".join(team for team, more in added.items() if name in more)
        rules = sum(len(check.rules.get("rules", ())) for check in pack.checks)
        rows.append((name, pack.title, rules, for_whom or "nobody"))
    if as_json:
        output.as_json([dict(zip(("pack", "title", "rules", "in_force_for"), row, strict=True)) for row in rows])
        return
    output.table("Rule-packs", ("pack", "what it is about", "rules", "in force for"), rows)


@command.command("lint")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def lint_command(ctx: click.Context, file: Path) -> None:
    """Check a rule-pack: every rule says why, what instead and where from, and catches what its tests say it does."""
    from hub.governance.lint import lint
    from hub.governance.policy import load_pack

    pack = load_pack(file.read_text("utf-8"), file.name)
    complaints = lint(pack)
    for complaint in complaints:
        click.echo(f"{complaint.rule}: {complaint.what}")
    if complaints:
        ctx.exit(1)
    click.echo(
        f"{pack.pack}: {sum(len(check.rules.get('rules', ())) for check in pack.checks)} rules, all as they should be."
    )


@command.command("card")
@click.option("--team", required=True, help="Whose card.")
@click.option("--surface", default="", help="Only this place, such as google_docs, salesforce, dam or adobe.")
@output.json_option
def card_command(team: str, surface: str, as_json: bool) -> None:
    """Show what a team may do and why it is safe, written from the policy and the templates in force."""
    import dataclasses

    from hub.errors import UnknownName
    from hub.governance.card import Task, card
    from hub.pipeline.spend import dollars, period
    from hub.store import budgets, teams

    with a_hub(log_level="ERROR") as hub:
        with hub.database.reading() as tx:
            known = teams.get(tx, team)
            money = budgets.standing(tx, team, period(hub.parts.clock()))
        if known is None:
            raise UnknownName(f"There is no team named {team!r}.")
        tasks = [Task(one.name, one.title, one.tier, one.surfaces) for one in hub.parts.shelf.every()]
        budget = f"{dollars(money.left_micros)} are left this month; an admin can raise it." if money else ""
        made = card(
            hub.parts.policy_of(team),
            tasks,
            team=known.title,
            surface=surface,
            budget=budget,
            judge=hub.parts.judge is not None,
            names=bool(hub.settings.spacy_models),
        )
    if as_json:
        output.as_json(dataclasses.asdict(made))
        return
    where = f" on {surface}" if surface else ""
    headings = {
        f"What {made.team} may do{where}": made.may,
        "With which data": made.data,
        "What is checked": made.checked,
        "What is kept": made.kept,
        "When something is stopped": made.stopped,
    }
    for heading, lines in headings.items():
        output.table(heading, ("", "by"), [(line.says, line.because) for line in lines])


@command.command("replay")
@click.argument("pack")
@click.option("--days", type=click.FloatRange(0.01, 366), default=30, show_default=True, help="How far to look back.")
@click.option("--team", help="Only this team's runs.")
@output.json_option
def replay_command(pack: str, days: float, team: str | None, as_json: bool) -> None:
    """Show what a pack, by its name or as a file, would have done to the drafts of the last days. It changes nothing.

    Ctrl-C ends it early and shows what was found so far.
    """
    from hub.pipeline.replay import as_data, replay

    chosen = _pack(pack)
    halt: list[bool] = []
    with a_hub(log_level="ERROR") as hub:
        shown = sys.stderr

        def progress(done: int) -> None:
            if shown.isatty():
                click.echo(f"\r{done:,} runs looked at", nl=False, err=True)

        with _until_interrupted(halt):
            found = replay(hub.parts, chosen, days=days, team=team, progress=progress, stopped=lambda: bool(halt))
        if shown.isatty():
            click.echo(err=True)
    if as_json:
        output.as_json(as_data(found))
        return
    rows = [(name, one.runs, one.held, one.raised, one.noted) for name, one in sorted(found.teams.items())]
    ended = "" if found.whole else ", stopped early"
    title = f"{found.pack}: the drafts of the last {days:g} days{ended}"
    output.table(title, ("team", "drafts", "would be held", "would need a higher review", "would be noted"), rows)
    named = [(rule, count, ", ".join(found.examples[rule])) for rule, count in found.rules.most_common()]
    if named:
        output.table("By rule", ("rule", "drafts", "for example"), named)


def _pack(named: str) -> Pack:
    from hub.errors import UnknownName
    from hub.governance import packs
    from hub.governance.policy import load_pack

    if named in packs.names():
        return packs.shipped(named)
    file = Path(named)
    if not file.is_file():
        known = f"Name a file, or one of {', '.join(packs.names())}."
        raise UnknownName(f"There is no rule-pack and no file named {named!r}.", instead=known)
    return load_pack(file.read_text("utf-8"), file.name)


@contextmanager
def _until_interrupted(halt: list[bool]) -> Iterator[None]:
    """The first Ctrl-C is noted and lets the work end where it stands; the second is as always."""
    before = signal.getsignal(signal.SIGINT)

    def note(*_: object) -> None:
        halt.append(True)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
