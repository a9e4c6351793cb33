"""Trials: a template's own tests, run for one revision: on recorded answers at once, by asking the model in runs."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.domain import Actor, Request, Run, RunState
from hub.errors import BadRequest, InlayError
from hub.ledger import Entry
from hub.pipeline.parts import Parts
from hub.pipeline.receive import receive
from hub.store import revisions, runs
from hub.store import trials as stored
from hub.store.authored import Authored
from hub.store.trials import Trial
from hub.templates import Template, cases
from hub.templates.cases import Case, CaseFailed

#: After so many seconds a case that no run asks for will not be asked any more: the process that started it is gone.
LOST = 120.0
#: Most cases the model is asked for in one go: each is a paid call.
MOST_ASKED = 20
SURFACE = "trial"
_ENDED = frozenset(
    {RunState.DELIVERED, RunState.HELD, RunState.REFUSED, RunState.FAILED, RunState.CANCELLED, RunState.ORPHANED}
)


def read_tests(name: str, text: str) -> list[Case]:
    """The cases a template's tests hold.

    Raises:
        BadRequest: they cannot be read, or there is none.
    """
    if not text.strip():
        raise BadRequest("The template has no tests.", instead="Write at least one case, then try again.")
    try:
        found = cases.read("the tests", text)
    except ValueError as error:
        raise BadRequest(
            f"The tests of {name} cannot be read: {error}.", instead="Correct that and try again."
        ) from None
    if not found:
        raise BadRequest("The template has no tests.", instead="Write at least one case, then try again.")
    return found


def start(parts: Parts, actor: Actor, team: str, template: Template, tests: str) -> Trial:
    """Run the tests of a template for exactly this text. What the model is asked goes the way of every run: checked,
    budgeted and stored, but written nowhere and reviewed by nobody.

    Raises:
        BadRequest: the tests cannot be read.
    """
    known = read_tests(template.name, tests)
    results: list[dict[str, Any]] = [
        _recorded(template, case) for case in known if case.answer is not None or _plain(case)
    ]
    asked = [(at, case) for at, case in enumerate(known) if cases.is_good(case)][:MOST_ASKED]
    first = len(results)
    results += [{"case": at, "name": case.name, "how": "model", "ok": None, "said": ""} for at, case in asked]
    if template.picture == "required":
        # There is no picture among a case's inputs.
        results, asked = results[:first], []
    now = parts.clock()
    trial = Trial(
        id=secrets.token_hex(12),
        template=template.name,
        revision=template.revision,
        tests=digest(tests),
        team=team,
        person=actor.person or "",
        model=parts.model.name,
        simulated=parts.model.simulated,
        started_at=now,
        results=results,
    )
    with parts.database.transaction() as tx:
        spec = template.model_dump_json()
        revisions.keep(tx, revision=template.revision, name=template.name, source=template.source, spec=spec, now=now)
        stored.add(tx, trial)
    for number, (_, case) in enumerate(asked, first):
        request = Request(
            key=f"trial:{trial.id}:{number}",
            template=template.name,
            trial=template.revision,
            inputs=dict(case.vars),
            actor=actor,
            team=team,
            surface=SURFACE,
        )
        try:
            made = receive(parts, request)
        except InlayError as error:
            results[number] |= {"ok": False, "said": error.what}
            continue
        with parts.database.transaction() as tx:
            stored.note_run(tx, trial.id, number, made.run_id)
    if any(one["ok"] is False for one in results[first:]):
        with parts.database.transaction() as tx:
            stored.put_results(tx, trial.id, results)
    return look(parts, replace(trial, results=results), tests)


def look(parts: Parts, trial: Trial, tests: str) -> Trial:
    """How a trial stands; once every case has ended, that is stored for good and on the ledger."""
    if trial.ended_at is not None:
        return trial
    known = read_tests(trial.template, tests) if digest(tests) == trial.tests else []
    with parts.database.reading() as tx:
        asking = stored.runs_of(tx, trial.id)
        found = {number: runs.get(tx, run_id) for number, run_id in asking.items()}
    results = [dict(one) for one in trial.results]
    lost = parts.clock() - trial.started_at > LOST
    for number, one in enumerate(results):
        run = found.get(number)
        if run is not None:
            case = known[one["case"]] if one["case"] < len(known) else None
            one |= {"run": run.id, **_asked(run, case)}
        elif one["ok"] is None and lost:
            one |= {"ok": False, "said": "It was never asked: the process stopped. Run the tests again."}
    if any(one["ok"] is None for one in results):
        return replace(trial, results=results)
    passed, now = all(one["ok"] for one in results), parts.clock()
    with parts.database.transaction() as tx:
        if stored.finish(tx, trial.id, results=results, passed=passed, now=now):
            data = {"template": trial.template, "revision": trial.revision[:16], "passed": passed}
            data |= {"cases": len(results), "model": trial.model, "simulated": trial.simulated}
            who = parts.ledger.pseudonym(tx, trial.person or None, "inlay")
            entry = Entry("template.tested", data)
            parts.ledger.append(tx, run_id="", team=trial.team, actor=who, at=now, entries=[entry])
    return replace(trial, results=results, passed=passed, ended_at=now)


def newest(parts: Parts, template: str, revision: str, tests: str, team: str | None = None) -> Trial | None:
    """The newest trial of this revision, as it stands."""
    with parts.database.reading() as tx:
        trial = stored.newest(tx, template, revision, team=team)
    return None if trial is None else look(parts, trial, tests)


def passed(parts: Parts, one: Authored, template: Template) -> bool:
    """Whether the newest trial of exactly this text with exactly these tests passed, and counts."""
    trial = newest(parts, one.name, template.revision, one.tests)
    return trial is not None and counts(parts, trial, one.tests) and bool(trial.passed)


def counts(parts: Parts, trial: Trial, tests: str) -> bool:
    """Whether a trial says something about publishing: of these tests, and by a real model where one is configured."""
    return trial.tests == digest(tests) and (not trial.simulated or parts.model.simulated)


def digest(tests: str) -> str:
    """What the text of tests is known by."""
    return hashlib.sha256(tests.encode()).hexdigest()


def _plain(case: Case) -> bool:
    return bool(case.refused) or case.look_at == "prompt"


def _recorded(template: Template, case: Case) -> dict[str, Any]:
    said = ""
    try:
        cases.run_case(template, case)
    except (CaseFailed, InlayError) as error:
        said = str(error)[:2000] or "It does not hold."
    return {"case": 0, "name": case.name, "how": "recorded", "ok": not said, "said": said}


def _asked(run: Run, case: Case | None) -> Mapping[str, Any]:
    if run.state not in _ENDED:
        return {"ok": None, "said": ""}
    if run.state is not RunState.DELIVERED or run.draft is None:
        return {"ok": False, "said": _why(run)}
    if case is None:
        return {"ok": False, "said": "The tests were changed while they ran. Run them again."}
    if case.answer is None:
        # Written for whatever a model answers; the others were written for the answer beside them.
        try:
            cases.assertions(case, _written(run.draft.variants), _written(run.draft.variants))
        except CaseFailed as error:
            return {"ok": False, "said": str(error)[:2000]}
    return {"ok": True, "said": ""}


def _written(variants: Sequence[Any]) -> str:
    return "\n\n".join(variant.text for variant in variants)


def _why(run: Run) -> str:
    if run.problem is not None:
        return " ".join(part for part in (run.problem.what, run.problem.why) if part)
    findings = [f.why for verdict in (*run.input_verdicts, *run.output_verdicts) for f in verdict.findings if f.why]
    return " ".join(dict.fromkeys(findings)) or f"The run ended as {run.state}."
