"""``inlay policy``: the checks in force, the rule-packs there are, and whether a new pack may be switched on."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli import output
from hub.cli.opening import a_hub


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
        installed = hub.registry.checks
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
        rows.append((check.name, sides, rules, check.on_failure, found.seconds if found else "", state))
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
