"""``inlay claims``: the evidence for what is claimed, and the texts whose evidence does not hold any more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli import output
from hub.cli.opening import a_hub

if TYPE_CHECKING:
    from hub.store.evidence import Evidence

_STATUS = ("in force", "not yet", "expired", "withdrawn")
_FIELDS = ("claim", "owner", "source", "team", "markets", "valid_from", "expires_on", "disclaimer", "revision")


@click.group("claims")
def command() -> None:
    """Keep the evidence for what is claimed, and list the texts to look at again."""


@command.command("list")
@click.option("--team", help="What this team may cite. Else: everything.")
@click.option("--status", type=click.Choice(_STATUS), help="Only entries that stand so today.")
@click.option("--limit", type=click.IntRange(1, 20_000), default=200, show_default=True, help="How many at most.")
@output.json_option
def listing(team: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List the evidence, by id."""
    from hub.store import evidence

    with a_hub(log_level="ERROR") as hub, hub.database.reading() as tx:
        day = hub.parts.today().isoformat()
        known = evidence.of_teams(tx, [team] if team else None, after="", limit=20_000)
    found = [one for one in known if status is None or one.status(day) == status]
    if as_json:
        output.as_json([_plain(one, day) for one in found[:limit]])
        return
    if not found:
        click.echo("There is no such evidence: `inlay claims add`, or `evidence:` in hub.yaml, keeps some.")
        return
    rows = [
        (one.id, one.status(day), one.team or "every team", ", ".join(one.markets), one.expires_on, one.claim)
        for one in found[:limit]
    ]
    output.table("", ("id", "status", "for", "markets", "until", "claim"), rows)
    if len(found) > limit:
        click.echo(f"{len(found) - limit:,} more: --limit shows them.")


@command.command("show")
@click.argument("id")
@output.json_option
def show(id: str, as_json: bool) -> None:
    """Show one entry with everything."""
    from hub.errors import UnknownName
    from hub.store import evidence

    with a_hub(log_level="ERROR") as hub, hub.database.reading() as tx:
        day, found = hub.parts.today().isoformat(), evidence.get(tx, id)
    if found is None:
        raise UnknownName(f"There is no evidence {id!r}.", instead="`inlay claims list` shows it.")
    if as_json:
        output.as_json(_plain(found, day))
        return
    output.table("", ("", ""), [(name.replace("_", " "), _cell(value)) for name, value in _plain(found, day).items()])


@command.command("add")
@click.argument("id", required=False)
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Many at once: a CSV file.")
@click.option("--claim", help="What it shows, in words that may be published.")
@click.option("--owner", help="Who holds it.")
@click.option("--source", help="Where it is: an address or a document's name.")
@click.option("--team", help="For this team alone.")
@click.option("--market", "markets", multiple=True, help="Where it holds, such as US or EU; several times for several.")
@click.option("--from", "valid_from", help="The first day it holds, such as 2026-01-01.")
@click.option("--until", "expires_on", help="The last day it holds.")
@click.option("--disclaimer", help="Wording that has to stand wherever the claim does.")
def add(id: str | None, file: Path | None, **given: Any) -> None:
    """Keep one entry, or those of a CSV file; one that is known is changed. All or nothing."""
    from hub.configure import evidence
    from hub.errors import BadRequest

    if (file is None) == (id is None):
        raise BadRequest("Give an id with --claim, --owner and --source, or --file.", who="an admin")
    if file is not None:
        parts = evidence.read_table(file)
    else:
        parts = evidence.one(str(id), {name: value for name, value in given.items() if value})
    with a_hub(log_level="ERROR") as hub:
        new, changed = evidence.keep(hub, parts, actor="system:cli")
    click.echo(f"{new:,} new, {changed:,} changed, {len(parts) - new - changed:,} the same.")


@command.command("withdraw")
@click.argument("id")
def withdraw(id: str) -> None:
    """Withdraw an entry: nothing may cite it any more, and what relies on it is opened."""
    from hub.configure import evidence

    with a_hub(log_level="ERROR") as hub:
        evidence.withdraw(hub, id, actor="system:cli")
    click.echo(f"{id} is withdrawn. `inlay claims open` shows within a minute what relies on it.")


@command.command("open")
@click.option("--team", help="Of this team alone.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@output.json_option
def opened(team: str | None, limit: int, as_json: bool) -> None:
    """List texts whose evidence does not hold any more and that nobody dealt with."""
    from hub.pipeline import lapses
    from hub.store import evidence_uses

    with a_hub(log_level="ERROR") as hub:
        # Looked at here too: where no worker runs, the list is as new all the same.
        lapses.look(hub.parts)
        with hub.database.reading() as tx:
            found = evidence_uses.opened(tx, [team] if team else None, limit=limit)
        url = hub.settings.url
    if as_json:
        output.as_json([lapses.told(one) for one in found])
        return
    if not found:
        click.echo("Nothing is open: every text stands on evidence that holds.")
        return
    rows = [
        (one.evidence_id, one.why, output.when(one.lapsed_at), one.team, f"{url}/runs/{one.run_id}") for one in found
    ]
    output.table("", ("evidence", "why", "since (UTC)", "team", "text"), rows)


def _plain(one: Evidence, day: str) -> dict[str, Any]:
    return {"id": one.id, "status": one.status(day), **{name: getattr(one, name) for name in _FIELDS}}


def _cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
