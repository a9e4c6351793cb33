"""``inlay lineage``: from what stands in a vendor's system back to who asked for it and what proves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

import click

from hub.cli import output
from hub.cli.opening import a_hub


@click.command("lineage")
@click.argument("where", required=False, default="")
@click.option(
    "--text", type=click.File("r", encoding="utf-8"), help="A file with a passage to look for, or - for stdin."
)
@click.option("--connection", help="Only what was written over this connection.")
@click.option(
    "--days", type=click.FloatRange(0.01, 3660), default=30, show_default=True, help="How far to look for text."
)
@click.option("--names", is_flag=True, help="Show people by their address, not by their pseudonym alone.")
@output.json_option
@click.pass_context
def command(
    ctx: click.Context,
    where: str,
    text: IO[str] | None,
    connection: str | None,
    days: float,
    names: bool,
    as_json: bool,
) -> None:
    """Show what made the text at WHERE: a page's address, a vendor's id, or a run's id.

    With --text the passage is looked for in the drafts of the last --days, or with WHERE in what was written there. The
    exit code is 1 where nothing of Inlay's stands, or where the ledger does not hold.
    """
    from hub.pipeline import lineage

    if not where and text is None:
        raise click.UsageError("Name a place, or a passage with --text.")
    with a_hub(log_level="ERROR") as hub:
        who: dict[str, Any] = {"reach": None, "names": lambda team: names, "connection": connection}
        if text is None:
            found = lineage.of_place(hub.parts, where, **who)
        else:
            found = lineage.of_text(hub.parts, text.read(1_000_000), at=where, days=days, **who)
    if as_json:
        output.as_json(found)
    else:
        _print(found)
    if not found["chains"] or not all(chain["holds"] for chain in found["chains"]):
        ctx.exit(1)


def _print(found: dict[str, Any]) -> None:
    if found["note"]:
        click.echo(found["note"])
    if found.get("searched"):
        click.echo(f"Searched: {found['searched']}.")
    for chain in found["chains"]:
        holds = "the ledger holds here" if chain["holds"] else "THE LEDGER DOES NOT HOLD HERE"
        nowhere = not any(step["step"] == "destination" for step in chain["steps"])
        whole = "complete" if chain["complete"] else f"not complete{': it was written nowhere' if nowhere else ''}"
        rows = [(step["step"], _said(step["step"], step["is"]), *_row(step["ledger_row"])) for step in chain["steps"]]
        output.table(f"Run {chain['run']}, team {chain['team']}: {whole}; {holds}", ("", "", "row", "hash"), rows)
        click.echo(f"Its record: {chain['url']}/provenance")
    if found["left_off"]:
        click.echo(f"{found['left_off']} older runs are left off.")


def _row(row: dict[str, Any] | None) -> tuple[str, str]:
    if row is None:
        return "none", ""
    return str(row["seq"]), row["hash"][:16] if row["holds"] else row["why"]


def _said(step: str, told: Any) -> str:
    """What a step is, in words; nothing where the run never came to it."""
    return _WORDS[step](told) if told else ""


def _place(row: dict[str, Any]) -> str:
    mark = "" if row["reviewed"] else ", marked not reviewed"
    receipt = row["receipt"] or {}
    return f"{row['connection']}, {receipt.get('vendor_id', '')}{mark} {receipt.get('url') or ''}".strip()


def _review(told: dict[str, Any]) -> str:
    if not told["decision"]:
        return f"tier {told['tier']}: " + ("nobody has decided yet" if told["needed"] else "no review is needed")
    word = "approved" if told["decision"] == "accept" else "rejected"
    which = "for this very text" if told["of_this_content"] else "FOR ANOTHER TEXT THAN THIS"
    return f"tier {told['tier']}: {word} by {_who(told['by'])}, {output.when(told['at'])} UTC, {which}"


def _checks(told: dict[str, Any]) -> str:
    lines = []
    for side, words in (("input", "before the model"), ("output", "after the model")):
        mine = [one for one in told["checks"] if one["side"] == side]
        some = [f"{one['check']}: {one['outcome']} {' '.join(one['rules'])}".strip() for one in mine]
        lines.append(f"{words}: {told['verdict'][side] or 'not reached'}" + (f" ({', '.join(some)})" if some else ""))
    return "\n".join(lines)


def _content(told: dict[str, Any]) -> str:
    same = {True: "the text that was checked", False: "NOT THE TEXT THAT WAS CHECKED", None: "no hash is on record"}
    return f"{told['hash']}\n{same[told['as_recorded']]}"


def _model(told: dict[str, Any]) -> str:
    calls = f"{told['calls']} call{'' if told['calls'] == 1 else 's'}"
    return "simulated: no model was asked" if told["simulated"] else f"{told['name']}, {calls}"


def _asked(told: dict[str, Any]) -> str:
    return f"{output.when(told['at'])} UTC by {_who(told['asked_by'])}, over {told['surface']}"


def _who(told: dict[str, Any]) -> str:
    both = (told.get("person"), told["pseudonym"])
    return " ".join(one for one in both if one) or "nobody on record"


_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "destination": _place,
    "review": _review,
    "checks": _checks,
    "output": _content,
    "model": _model,
    "policy": lambda told: f"revision {told['revision'] or 'none yet'}",
    "template": lambda told: f"{told['name']}, revision {told['revision'][:16] if told['revision'] else 'none yet'}",
    "request": _asked,
}
