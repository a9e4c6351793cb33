"""The page on which a person puts their own words into a draft that waits, field by field, beside what was found."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.domain import Run, RunState
from hub.errors import Conflict, InlayError, InvalidInputs
from hub.pipeline import edit as editing
from hub.pipeline.texts import content_hash
from hub.templates.contract import FieldSpec
from hub.web import run_view
from hub.web.api.answering import run_of
from hub.web.auth import whoever

#: Disclosures are a list like any other.
_LINES = FieldSpec(type="array", description="What has to be said with the text")
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True, slots=True)
class Box:
    """One field of a variant in the form. A list has an item on each line, or in each paragraph where they are long.

    ``was`` tells of which text the form was made, and ``now`` is what stands there by now, where somebody else changed
    what this person was at.
    """

    key: str
    label: str
    text: str
    spec: FieldSpec
    paragraphs: bool = False
    was: str = ""
    now: str | None = None

    @property
    def rows(self) -> int:
        """Lines the box is high: as many as its text takes, within reason."""
        return max(2, min(20, sum(1 + len(line) // 70 for line in self.text.split("\n")) + 1))


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("editing", __name__)

    @page.get("/runs/<run_id>/edit")
    def show(run_id: str) -> str | Response:
        identity = whoever()
        run = run_of(hub, identity, run_id)
        if not editing.may_edit(hub.parts, run, identity.actor(run)):
            flash("There is no draft here for you to edit.", "error")
            return redirect(url_for("run.show", run_id=run.id), 303)
        return _page(hub, run)

    @page.post("/runs/<run_id>/edit")
    def save(run_id: str) -> Response | tuple[str, int]:
        identity = whoever()
        run = run_of(hub, identity, run_id)
        try:
            if run.draft is None:
                raise Conflict("This run has no draft.", instead="Open the run to see what it needs.")
            words = _words(hub, run, request.form)
            done = editing.edit(
                hub.parts, run, identity.actor(run), words, seen=request.form.get("content_hash", "")[:64]
            )
        except InlayError as error:
            if _is_in(hub, run, request.form):
                flash(_said(run), "error" if run.state is RunState.HELD else "done")
                return redirect(url_for("run.show", run_id=run.id), 303)
            # What was typed is theirs: it stays in the boxes, whatever became of the draft.
            if run.draft is not None and run.draft.variants:
                return _page(hub, run, problem=error, typed=request.form), 409
            flash(error.what, "error")
            return redirect(url_for("run.show", run_id=run.id), 303)
        flash(_said(done), "error" if done.state is RunState.HELD else "done")
        return redirect(url_for("run.show", run_id=run.id), 303)

    return page


def _is_in(hub: Hub, run: Run, form: Mapping[str, str]) -> bool:
    """Whether all that was typed stands in the draft by now: the form was sent twice."""
    if run.draft is None or not run.draft.edited_by or run_view.is_unchecked(run):
        return False
    words = _words(hub, run, form)
    changed = any(words.variants) or words.disclosures is not None
    return not changed and form.get("content_hash") != content_hash(run.draft)


def _said(run: Run) -> str:
    if run.state is RunState.HELD:
        return "Your words are kept, and the checks hold the draft. See below what they found."
    if run.state is RunState.IN_REVIEW:
        return "Your words are in and were checked. Somebody else reviews them."
    return "Your words are in and were checked."


def _page(hub: Hub, run: Run, *, problem: InlayError | None = None, typed: Mapping[str, str] | None = None) -> str:
    assert run.draft is not None
    boxes, disclosures, known_by = _boxes(hub, run), _disclosures(run), content_hash(run.draft)
    if typed is not None:
        # While no check has looked at it, nobody is shown what stands there. It is held against that the next time.
        blind = run_view.is_unchecked(run)
        boxes = [[_typed(box, typed, blind) for box in some] for some in boxes]
        disclosures = _typed(disclosures, typed, blind)
        known_by = typed.get("content_hash", "")[:64] if blind else known_by
    return render_template(
        "run_edit.html",
        run=run,
        boxes=boxes,
        disclosures=disclosures if run.draft.disclosures else None,
        content_hash=known_by,
        findings=list(run_view.findings("output", run.output_verdicts)),
        problem=problem,
        wrong=problem.fields if isinstance(problem, InvalidInputs) else {},
    )


def _typed(box: Box, typed: Mapping[str, str], blind: bool) -> Box:
    """The box with what somebody typed into it. One they did not touch shows what stands there by now, so that nobody
    puts back what somebody else changed without having seen it."""
    text, was = typed.get(box.key), typed.get(f"was.{box.key}", "")
    if text is None:
        return box
    if blind:
        return replace(box, text=text, was=was)
    if _digest(text) == was:
        return box
    return replace(box, text=text, now=None if was == box.was or _digest(text) == box.was else box.text)


def _boxes(hub: Hub, run: Run) -> list[list[Box]]:
    """The fields of each variant, in the order of the contract; secrets that a check found are not shown."""
    assert run.draft is not None
    specs = hub.parts.shelf.revision(run.revision).contract.fields
    shown = run_view.cleared(run.draft, run.output_verdicts)
    boxes = [
        [
            _box(f"{number}.{name}", name, variant.fields[name], spec)
            for name, spec in specs.items()
            if name in variant.fields
        ]
        for number, variant in enumerate(shown.variants, 1)
    ]
    return [[replace(box, text="", was="") for box in some] for some in boxes] if run_view.is_unchecked(run) else boxes


def _disclosures(run: Run) -> Box:
    assert run.draft is not None
    return _box("disclosures", "disclosures", run_view.readable(run, run.draft).disclosures, _LINES)


def _box(key: str, name: str, value: str | Sequence[str], spec: FieldSpec) -> Box:
    label = name.replace("_", " ").capitalize()
    paragraphs = not isinstance(value, str) and any("\n" in item for item in value)
    text = value if isinstance(value, str) else ("\n\n" if paragraphs else "\n").join(value)
    return Box(key, label, text, spec, paragraphs, _digest(text))


def _words(hub: Hub, run: Run, form: Mapping[str, str]) -> editing.Words:
    """What the form says, as far as it differs from what it showed: a box nobody touched changes nothing."""
    variants: list[dict[str, Any]] = []
    for some in _boxes(hub, run):
        changed: dict[str, Any] = {}
        for box in some:
            text = form.get(box.key)
            if text is None or _digest(text) == box.was:
                continue
            changed[box.key.partition(".")[2]] = text if box.spec.type == "string" else _items(text, box.paragraphs)
        variants.append(changed)
    box, said = _disclosures(run), form.get("disclosures")
    untouched = said is None or _digest(said) == box.was
    return editing.Words(variants, None if untouched or said is None else _items(said, box.paragraphs))


def _items(text: str, paragraphs: bool) -> list[str]:
    text = text.replace("\r\n", "\n")
    found = _PARAGRAPHS.split(text) if paragraphs else text.split("\n")
    return [item.strip() for item in found if item.strip()]


def _digest(text: str) -> str:
    """What a text is known by, whatever its line ends: a browser changes them."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode("utf-8", "surrogatepass")).hexdigest()[:16]
