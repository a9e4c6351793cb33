"""The ``/ai …`` commands of a document on a card: what became of each, and why the others did not run."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from connectors.google_docs import card_run
from connectors.google_docs.card_parts import Buttons, Part, buttons, card, line, section, text
from connectors.google_docs.commands import MOST, Command
from hub.sdk import InlayError, Json

BUTTON = "Run the commands in this document"
EXAMPLE = "Write what you want below a paragraph, in a line of its own, such as: /ai shorten 50 words"
#: While a run is in one of these its line may still be replaced, so that no second run is made for that line.
OPEN = (*card_run.MOVING, "held", "in_review", "waiting_user")


def offer(made: Buttons) -> Part:
    """The part of the first card that runs them. It carries the id of the click to come."""
    run = made.call(BUTTON, "commands", click=secrets.token_urlsafe(12))
    return section(text(EXAMPLE), buttons(run), header="Commands in the text")


def show(runs: Sequence[Json], problems: Sequence[tuple[Command, InlayError]], made: Buttons, click: str) -> Part:
    """The card of one click."""
    again = made.call("Look for commands again", "commands", again="yes", click=secrets.token_urlsafe(12))
    look = made.call("Refresh", "commands", look="yes", click=click) if runs else None
    nothing = None if runs or problems else text(f"There are no commands in this document. {EXAMPLE}")
    return card(
        "Commands in this document",
        section(nothing, buttons(look, again)),
        section(*(_run(run, made) for run in runs), header="What they became"),
        section(
            *(part for one in problems[:MOST] for part in _problem(*one)),
            text(f"… and {len(problems) - MOST} more below them.") if len(problems) > MOST else None,
            header="These did not run",
        ),
    )


def _run(run: Json, made: Buttons) -> Part:
    told = (run["problem"] or {}).get("what", "") if run["state"] != "delivered" else ""
    return line(
        run["raw"].get("line") or (run["at"] or {}).get("quote") or run["title"],
        above=card_run.state(run),
        below=told,
        button=made.call("Open", "refresh", run=run["id"]),
    )


def _problem(command: Command, problem: InlayError) -> tuple[Part, Part]:
    told = [str(problem), problem.why, problem.instead]
    return line(command.line), text("\n".join(one for one in told if one))
