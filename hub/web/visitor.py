"""A proven person at a connector's desk: reaches their teams' runs and templates, as over the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from hub.bootstrap import Hub
from hub.domain import Actor, Json, Receipt, Request, Role, Run, RunState, Standing, Target
from hub.errors import Conflict, InlayError
from hub.pipeline import act, placed
from hub.pipeline.parts import AT_THE_DESK
from hub.sdk import Connection, Picture, Visitor
from hub.store import connections, permits, runs, template_uses
from hub.store.connections import Workflow
from hub.web import run_view
from hub.web.api import catalog
from hub.web.api.answering import run_of
from hub.web.auth import Identity

#: Over how long uses are counted, in seconds, and how long a count is good for.
WINDOW = 90 * 86_400.0
_FRESH = 300.0
#: Waiting runs that one visit lets go on.
_MOST_WAITING = 100


class Uses:
    """How often a team used each template, counted anew every few minutes: the order of a list need not be newer."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._counted: dict[str, tuple[float, Mapping[str, int]]] = {}

    def of(self, team: str) -> Mapping[str, int]:
        """Runs by template, in the window up to now."""
        now = self._hub.parts.clock()
        known = self._counted.get(team)
        if known is None or now - known[0] >= _FRESH:
            with self._hub.database.reading() as tx:
                names = [one.name for one in self._hub.parts.shelf.every()]
                counted = template_uses.of(tx, [team], now - WINDOW, names)
                known = self._counted[team] = (now, {name: number for name, (number, _) in counted.items()})
        return known[1]


class PersonAtTheDesk(Visitor):
    """The hub's half of ``Visitor``."""

    def __init__(
        self,
        hub: Hub,
        uses: Uses,
        connection: Connection,
        known: tuple[str, str, Mapping[str, Role]],
        teams: Sequence[str],
        team: str,
    ) -> None:
        self.person, self.name, roles = known
        self.teams = tuple(teams)
        self.team = team
        self.connection = connection
        self._hub = hub
        self._uses = uses
        self._identity = Identity(self.person, self.name, roles, f"connect:{connection.name}")

    def templates(self, surface: str) -> Sequence[Json]:
        hub = self._hub
        uses = self._uses.of(self.team)
        offered = [
            one
            for one in hub.parts.shelf.every()
            if (not one.teams or self.team in one.teams) and (not one.surfaces or surface in one.surfaces)
        ]
        offered.sort(key=lambda one: (-uses.get(one.name, 0), one.title.casefold()))
        by_name = {one.name: one for one in offered}
        shown = [{**catalog.template(one), "uses": uses.get(one.name, 0)} for one in offered]
        routed = [catalog.workflow(flow, by_name[flow.template]) for flow in self._routed() if flow.template in by_name]
        return [*shown, *({**one, "uses": 0} for one in routed)]

    def submit(self, request: Request, *, wait: float = 0.0, picture: Picture | None = None) -> Json:
        name = self.connection.name
        if any(flow.name == request.template for flow in self._routed()):
            request = replace(request, workflow=request.template, template=None)
        asked = replace(request, team=self.team, actor=self._actor(self.team), key=f"at:{name}:{request.key}")
        try:
            return self._shown(self._hub.submit(asked, wait=wait, picture=picture))
        except Conflict as error:
            # One click, tried again because no answer came, and something was typed between the two tries.
            raise Conflict(
                "This click started a run already, and what it works on has changed since.",
                why=error.why,
                instead="Look at that run among your recent ones, or click again for what stands there now.",
            ) from None

    def run(self, run_id: str) -> Json:
        return self._shown(self._run(run_id))

    def recent(self, limit: int = 20) -> Sequence[Json]:
        with self._hub.database.reading() as tx:
            found = runs.of_person(tx, self.person, limit=limit)
        # A trial goes nowhere: a panel would offer to place it.
        return [self._shown(run) for run in found if self._identity.reaches(run.team) and not run.request.trial]

    def undo(self, run_id: str) -> Json:
        run = self._run(run_id)
        return self._shown(act.undo(self._hub.parts, run, self._actor(run.team)))

    def resume(self, run_id: str, *, at: Json | None = None) -> Json:
        run = self._run(run_id)
        return self._shown(act.resume(self._hub.parts, run, self._actor(run.team), at=at))

    def cancel(self, run_id: str) -> Json:
        run = self._run(run_id)
        return self._shown(act.cancel(self._hub.parts, run, self._actor(run.team)))

    def feedback(self, run_id: str, *, tag: str) -> None:
        run = self._run(run_id)
        act.feedback(self._hub.parts, run, self._actor(run.team), ease=None, useful=None, tag=tag)

    def placed(self, run_id: str, target: Target, receipt: Receipt, *, reviewed: bool) -> Json:
        run = self._run(run_id)
        here = replace(target, connection=self.connection.name)
        return self._shown(placed.place(self._hub.parts, run, self._actor(run.team), here, receipt, reviewed=reviewed))

    def removed(self, run_id: str, marker: str) -> Json:
        run = self._run(run_id)
        return self._shown(placed.remove(self._hub.parts, run, self._actor(run.team), marker))

    def stands(self, run_id: str, marker: str, standing: Standing) -> None:
        run = self._run(run_id)
        placed.stands(self._hub.parts, run, self._actor(run.team), marker, standing)

    def go_on(self) -> None:
        """Let the person's runs that wait for their token go on, now that they brought a fresh one."""
        parts, name = self._hub.parts, self.connection.name
        person = runs.one_spelling(self.person) or ""
        with self._hub.database.reading() as tx:
            waiting = runs.of_person(tx, self.person, limit=_MOST_WAITING, state=RunState.WAITING_USER)
            moved = permits.waiting(tx, name, person, limit=_MOST_WAITING)
            waiting += [run for run in map(partial(runs.get, tx), moved) if run is not None]
        for run in {run.id: run for run in waiting if self._identity.reaches(run.team)}.values():
            if (name, person) in act.waits_for(parts, run):
                try:
                    act.resume(parts, run, self._actor(run.team))
                except InlayError:
                    continue  # Somebody else was faster, or it waits for something else: it stays as it is.

    def _routed(self) -> list[Workflow]:
        """The team's workflows that go somewhere else; one that has a template's name is that template here."""
        with self._hub.database.reading() as tx:
            flows = connections.workflows(tx, [self.team])
        taken = {one.name for one in self._hub.parts.shelf.every()}
        return [flow for flow in flows if flow.destinations and flow.name not in taken]

    def _run(self, run_id: str) -> Run:
        return run_of(self._hub, self._identity, run_id)

    def _actor(self, team: str) -> Actor:
        return replace(self._identity.actor(team=team), via=AT_THE_DESK)

    def _shown(self, run: Run) -> dict[str, Any]:
        """As the API gives it, with what only its own surface needs: where it was asked, and where it stands."""
        view = run_view.opened(self._hub, run)
        told = run_view.whole(view, self._hub.settings.url)
        for shown, (row, _) in zip(told["deliveries"], view.deliveries, strict=True):
            shown["at"] = dict(row.target.at)
            shown["detail"] = dict(row.receipt.detail) if row.receipt else {}
        target = run.request.target
        return {
            **told,
            "title": self._title(run),
            "raw": dict(run.request.raw),
            "at": dict(target.at) if target else None,
            "actions": list(run_view.actions(view)),
        }

    def _title(self, run: Run) -> str:
        try:
            return self._hub.parts.shelf.revision(run.revision).title
        except InlayError:
            return run.template
