"""``inlay policy``: the checks in force, for the organisation or for one team."""

from __future__ import annotations

import click

from hub.cli import output
from hub.cli.opening import a_hub


@click.command("policy")
@click.option("--team", default="", help="With what this team adds.")
@output.json_option
def command(team: str, as_json: bool) -> None:
    """Show the checks in force."""
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
