"""Receive: a request becomes a stored run, once per request key, before anybody is told that it was taken."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from pydantic_core import to_json

from hub.clean import clean_json, clean_text
from hub.domain import Context, Problem, Request, Run, RunState, Stage, Target
from hub.errors import BadRequest, Conflict, InlayError, LeaseLost, NotAllowed, Paused, TryLater, UnknownName
from hub.ledger import Entry
from hub.pipeline import picture as pictured
from hub.pipeline import routes, tell
from hub.pipeline.parts import Parts, at_the_desk
from hub.pipeline.step import Step, store
from hub.sdk import Picture
from hub.store import Tx, connections, deliveries, pictures, runs, teams
from hub.store.codec import encode
from hub.templates import Template

#: The queue of everything up to the model's answer; deliveries have one per connector.
ASK = "ask"
#: A run's turn comes this many seconds later for each run its team already has waiting, so that a team that sends
#: a thousand at once does not stand in front of a team that sends one.
SPACING = 1.0


@dataclass(frozen=True, slots=True)
class Received:
    """The run under a request's key, and whether this call made it.

    ``run`` is set, leased, when asked for. With ``birth`` it is not stored yet: whoever walks it stores it with its
    first commit, and tells nobody of it before.
    """

    run_id: str
    new: bool
    run: Run | None = None
    birth: Step | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    team: str
    template: Template
    request: Request
    destinations: tuple[Target, ...]
    #: Who lends their own token for it, by connection.
    lent: Mapping[str, str]


def receive(
    parts: Parts,
    request: Request,
    *,
    strict: bool = True,
    lease: bool = False,
    problem: Problem | None = None,
    picture: Picture | None = None,
) -> Received:
    """Store a request as a run.

    Args:
        strict: refuse what cannot be worked on by raising, for a caller who is there to hear it. A webhook's sender is
            not: then the run is stored with its problem, where people can see it.
        lease: hand the run back leased to the caller, who must advance it; else a worker is woken.
        problem: it cannot be worked on, for this reason: it is stored as failed.
        picture: sent along for the model to look at, as bytes. It is kept beside the run, until the run has ended.

    Raises:
        BadRequest, NotAllowed: with ``strict``, what is wrong and what to send instead.
        Conflict: the key was used before for another request.
        Unavailable: it could not be stored. The sender must try again.
    """
    request = replace(
        request,
        inputs=clean_json(request.inputs),
        raw=clean_json(request.raw),
        context=None if request.context is None else _clean(request.context),
        picture="" if picture is None else pictured.digest(pictured.checked(picture)),
    )
    plan: _Plan | None = None
    try:
        plan = _plan(parts, request, strict) if problem is None else None
    except TryLater:
        # It passes by itself: the sender tries again. A run that failed for good would answer that key for ever.
        raise
    except InlayError as error:
        if strict or request.team is None:
            raise
        problem = error.problem()
    if plan is not None:
        request = plan.request
    run = _new_run(parts, request, plan, problem)
    birth = Step(stage=run.stage, entries=(_entry(run),), light=True, store=_store(parts, run, plan, picture))
    if lease and problem is None:
        run = replace(run, token=parts.leases.new(), wake_at=parts.leases.until())
        if request.target is None:
            # Composing and checking touch nothing outside: the run is stored with what they make of it.
            return Received(run.id, True, run, birth)
    try:
        store(parts, run, birth)
    except Known as known:
        return Received(answer_known(parts, run, known, strict=strict), False)
    if problem is None and not lease:
        parts.wake(run.queue)
    return Received(run.id, True, run if run.token else None)


def _clean(read: Context) -> Context:
    """What was read along with a request, as the database takes it."""
    texts = {name: clean_text(getattr(read, name)) for name in ("text", "title", "url")}
    return replace(read, **texts, facts=clean_json(read.facts))


class Known(Exception):
    """The request's key is known: the run that stands under it, and the fingerprint of what it was sent for."""

    def __init__(self, run_id: str, fingerprint: str) -> None:
        super().__init__(run_id)
        self.run_id, self.fingerprint = run_id, fingerprint


def answer_known(parts: Parts, run: Run, known: Known, *, strict: bool) -> str:
    """The run a repeated request is answered with.

    Raises:
        Conflict: with ``strict``, the key was used before for another request.
    """
    parts.leases.drop(run.token)
    if strict and known.fingerprint != _fingerprint(run.request):
        raise Conflict(
            "This idempotency key was used before, for a different request.",
            why=f"It stands for run {known.run_id}.",
            instead="Send a new key with a new request.",
        )
    return known.run_id


def _store(parts: Parts, new: Run, plan: _Plan | None, picture: Picture | None) -> Callable[[Tx, Run], None]:
    """How the run comes to be stored, with its deliveries, in whichever commit is its first."""

    def insert(tx: Tx, run: Run) -> None:
        run = replace(run, turn=run.turn + SPACING * runs.crowd(tx, run.team))
        run_id, fingerprint, made = runs.create(tx, run, fingerprint=_fingerprint(new.request))
        if not made and run_id == run.id:
            raise LeaseLost("This run was stored by a commit whose reply was lost.")
        if not made:
            raise Known(run_id, fingerprint)
        tell.plan(tx, run, run.state, run.created_at)
        if plan is not None:
            deliveries.create(tx, run.id, plan.destinations, reviewed=run.tier < 2, now=run.created_at, lent=plan.lent)
        if picture is not None and run.state not in pictured.ENDED:
            pictures.put(tx, run.id, picture, run.created_at)

    return insert


def _entry(run: Run) -> Entry:
    return Entry(
        "run.received",
        {
            "template": run.template,
            "revision": run.revision[:16],
            "surface": run.request.surface,
            "trigger": run.request.trigger,
            "state": run.state,
            "destinations": run.destinations,
            **({"picture": run.request.picture} if run.request.picture else {}),
            **({"trial": True} if run.request.trial else {}),
            **({"problem": run.problem.code} if run.problem else {}),
        },
    )


def team_of(parts: Parts, connection: str) -> str:
    """The one team a connection is switched on for, when a webhook names none.

    Raises:
        BadRequest: it is on for no team or for several.
    """
    with parts.database.reading() as tx:
        on = connections.teams_of(tx, connection)
    if len(on) == 1:
        return on[0]
    raise BadRequest(
        f"The event on {connection} does not say which team it is for.",
        why=f"The connection is switched on for {len(on)} teams.",
        instead="Send the team with the event, or switch the connection on for one team only.",
        who="an admin",
    )


def _plan(parts: Parts, request: Request, strict: bool) -> _Plan:
    """Which team, template and destinations a request means; every name in it is checked."""
    team = request.team
    if team is None:
        raise BadRequest("The request names no team.")
    name = request.template
    _check_team(parts, team)
    if request.workflow is not None:
        with parts.database.reading() as tx:
            flow = connections.get_workflow(tx, team, request.workflow)
            known = ", ".join(other.name for other in connections.workflows(tx, [team])) or "none yet"
        if flow is None:
            raise UnknownName(
                f"The team {team} has no workflow named {request.workflow!r}.", instead=f"It has: {known}."
            )
        name = flow.template
        if not request.destinations:
            request = routes.follow(flow.destinations, request)
    destinations = request.destinations
    if name is None:
        raise BadRequest("The request names neither a workflow nor a template.", instead="Send one of the two.")
    template = parts.shelf.revision(request.trial) if request.trial else parts.shelf.current(name)
    if not request.trial:
        parts.shelf.still_open(name)
    elif template.name != name or request.target is not None or destinations:
        raise BadRequest("A trial is of one text of a template and goes nowhere.")
    if template.teams and team not in template.teams:
        raise NotAllowed(
            f"The template {name} is not for the team {team}.", instead=f"Ask its owner, {template.owner}, to open it."
        )
    if request.target is not None and not destinations:
        destinations = (request.target,)
    # A place that is named twice is one place.
    destinations = tuple({encode("target", target): target for target in destinations}.values())
    for target in {t.connection: t for t in (*destinations, *([request.target] if request.target else []))}.values():
        try:
            parts.connections.for_team(target.connection, team)
        except Paused:
            # A person is told. What a vendor sends is kept and waits: it sends it only so many times.
            if strict:
                raise
    if request.picture and template.picture == "none":
        raise BadRequest(
            f"The template {name} looks at no picture, and one was sent.", instead="Leave the picture out."
        )
    if strict:
        _check_inputs(request, template)
        if template.picture == "required" and not request.picture and request.target is None:
            raise pictured.missing(template)
    person = at_the_desk(request.actor)
    lent = dict.fromkeys(parts.connections.lent_by(person), person) if person else {}
    return _Plan(team, template, request, destinations, lent)


def _check_team(parts: Parts, team: str) -> None:
    """A team, once made, stays: one that was seen is not looked up again."""
    if team in parts.known_teams:
        return
    with parts.database.reading() as tx:
        if teams.get(tx, team) is None:
            raise UnknownName(f"There is no team named {team!r}.")
    parts.known_teams.add(team)


def _check_inputs(request: Request, template: Template) -> None:
    """Say at once what is wrong with the inputs. What is still to be read from the target counts as given."""
    read = "to be read"
    to_come = None if request.target is None else Context(text=read, title=read, facts={read: 0})
    template.accept(request.inputs, to_come, today=date.min)


def _new_run(parts: Parts, request: Request, plan: _Plan | None, problem: Problem | None) -> Run:
    now = parts.clock()
    refused = problem is not None and problem.code == NotAllowed.code
    state = RunState.QUEUED if problem is None else RunState.REFUSED if refused else RunState.FAILED
    return Run(
        id=_new_id(now),
        team=request.team or "",
        state=state,
        stage=Stage.COMPOSE if problem is None else Stage.DONE,
        request=request,
        template=plan.template.name if plan else (request.template or request.workflow or ""),
        revision=plan.template.revision if plan else "",
        tier=plan.template.tier if plan and not request.trial else 0,
        queue=ASK,
        turn=now,
        wake_at=now if problem is None else None,
        created_at=now,
        updated_at=now,
        ended_at=None if problem is None else now,
        workflow=request.workflow,
        destinations=len(plan.destinations) if plan else 0,
        simulated=parts.model.simulated,
        problem=problem,
        on_behalf_of=plan.lent.get(request.target.connection) if plan and request.target else None,
    )


def _new_id(now: float) -> str:
    """Ids sort by time: ten hex digits of milliseconds, then ten random ones."""
    return f"{int(now * 1000):011x}{secrets.token_hex(5)}"


def _fingerprint(request: Request) -> str:
    """What two requests under one key must agree on."""
    said = [request.team, request.template, request.workflow, request.inputs, request.target, request.destinations]
    if request.picture:
        said.append(request.picture)
    return hashlib.sha256(to_json(said)).hexdigest()
