"""How figures, times and states read on every page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, g

import hub as package
from hub.bootstrap import Hub
from hub.domain import Run, RunState, Usage
from hub.store import deliveries, teams
from hub.web.pages import help
from hub.web.run_view import web_link

#: State of a run: the words people read, and the tone they are shown in.
STATES = {
    "queued": ("Working", "busy"),
    "answered": ("Working", "busy"),
    "approved": ("Approved", "busy"),
    "in_review": ("Waiting for review", "wait"),
    "delivered": ("Done", "good"),
    "held": ("Held for a person", "wait"),
    "refused": ("Refused", "stop"),
    "waiting_user": ("Needs you", "wait"),
    "orphaned": ("Target gone", "stop"),
    "failed": ("Failed", "stop"),
    "cancelled": ("Cancelled", "calm"),
}
#: Shown in the place of "Done" once nothing of it stands any more.
TAKEN_BACK = ("Taken back", "calm")
TIERS = {
    0: "Checks only; nobody has to review it.",
    1: "You attest that it is right.",
    2: "A colleague reviews it.",
    3: "A specialist reviews it, each claim with its evidence.",
}


def install(page: Blueprint, hub: Hub) -> None:
    """Make these known to every template of the app."""
    for filter_ in (when, iso, took, cost, state, web_link, listed_as_words):
        page.add_app_template_filter(filter_, filter_.__name__)

    page.add_app_template_filter(hub.parts.shelf.title, "title_of")

    @page.app_template_filter()
    def team_title(team_id: str) -> str:
        """A team as people know it; read once for each page. One that is gone keeps its id."""
        if "team_titles" not in g:
            with hub.database.reading() as tx:
                g.team_titles = teams.titles(tx)
        titles: dict[str, str] = g.team_titles
        return titles.get(team_id, team_id)

    @page.app_template_filter()
    def taken_back(runs: Iterable[Run]) -> set[str]:
        """The ids of those that were done and whose text stands nowhere any more, in one look for a whole list."""
        done = [run.id for run in runs if run.state is RunState.DELIVERED and run.destinations]
        if not done:
            return set()
        with hub.database.reading() as tx:
            return deliveries.taken_back(tx, done)

    @page.app_context_processor
    def everywhere() -> dict[str, Any]:
        return {
            "me": g.get("identity"),
            "version": package.__version__,
            "simulating": hub.parts.model.simulated,
            "names_found": bool(hub.settings.spacy_models),
            "tiers": TIERS,
            "hub_url": current_app.config["INLAY_URL"],
            "help_here": help.here,
            "problem_codes": help.CODES,
        }


def when(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d %b %Y, %H:%M} UTC"


def iso(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def took(ms: float | None) -> str:
    """A duration at a readable precision."""
    if ms is None:
        return "–"
    if ms < 10:
        return f"{ms:.1f} ms"
    return f"{ms:,.0f} ms" if ms < 10_000 else f"{ms / 1000:,.1f} s"


def cost(used: Usage) -> str:
    if used.cost_micros is None:
        return "unpriced"
    return f"${used.cost_micros / 1e6:.4f}"


def state(name: str, back: bool = False) -> tuple[str, str]:
    return TAKEN_BACK if back else STATES[name]


def listed_as_words(names: Iterable[str]) -> str:
    """Names as a sentence lists them: one, one and another, or several with "and" before the last."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
