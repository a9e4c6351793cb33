"""The page on which a person puts their own words into a draft that waits, field by field, beside what was found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True, slots=True)
class Box:
    """One field of a variant in the form. A list has an item on each line, or in each paragraph where they are long."""

    key: str
    label: str
    text: str
    spec: FieldSpec
    paragraphs: bool = False

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
            # What was typed is theirs: it stays in the boxes, whatever became of the draft.
            if run.draft is not None and run.draft.variants:
                return _page(hub, run, problem=error, typed=request.form), 409
            flash(error.what, "error")
            return redirect(url_for("run.show", run_id=run.id), 303)
        flash(_said(done), "error" if done.state is RunState.HELD else "done")
        return redirect(url_for("run.show", run_id=run.id), 303)

    return page


def _said(run: Run) -> str:
    if run.state is RunState.HELD:
        return "Your words are kept, and the checks hold the draft. See below what they found."
    if run.state is RunState.IN_REVIEW:
        return "Your words are in and were checked. Somebody else reviews them."
    return "Your words are in and were checked."


def _page(hub: Hub, run: Run, *, problem: InlayError | None = None, typed: Mapping[str, str] | None = None) -> str:
    assert run.draft is not None
    boxes = _boxes(hub, run)
    if typed is not None:
        boxes = [[_typed(box, typed) for box in some] for some in boxes]
    disclosures = "\n".join(run_view.cleared(run.draft, run.output_verdicts).disclosures)
    return render_template(
        "run_edit.html",
        run=run,
        boxes=boxes,
        disclosures=typed.get("disclosures", "") if typed is not None else disclosures,
        has_disclosures=bool(run.draft.disclosures),
        content_hash=content_hash(run.draft),
        findings=list(run_view.findings("output", run.output_verdicts)),
        problem=problem,
        wrong=problem.fields if isinstance(problem, InvalidInputs) else {},
    )


def _typed(box: Box, typed: Mapping[str, str]) -> Box:
    text = typed.get(box.key, box.text)
    return Box(box.key, box.label, text, box.spec, box.paragraphs)


def _boxes(hub: Hub, run: Run) -> list[list[Box]]:
    """The fields of each variant, in the order of the contract; secrets that a check found are not shown."""
    assert run.draft is not None
    specs = hub.parts.shelf.revision(run.revision).contract.fields
    shown = run_view.cleared(run.draft, run.output_verdicts)
    return [
        [
            _box(f"{number}.{name}", name, variant.fields[name], spec)
            for name, spec in specs.items()
            if name in variant.fields
        ]
        for number, variant in enumerate(shown.variants, 1)
    ]


def _box(key: str, name: str, value: str | Sequence[str], spec: FieldSpec) -> Box:
    label = name.replace("_", " ").capitalize()
    if isinstance(value, str):
        return Box(key, label, value, spec)
    paragraphs = any("\n" in item for item in value)
    return Box(key, label, ("\n\n" if paragraphs else "\n").join(value), spec, paragraphs)


def _words(hub: Hub, run: Run, form: Mapping[str, str]) -> editing.Words:
    """What the form says, as far as it differs from what it showed: a box nobody touched changes nothing."""
    variants: list[dict[str, Any]] = []
    for some in _boxes(hub, run):
        changed: dict[str, Any] = {}
        for box in some:
            text = form.get(box.key)
            if text is None or _same(text, box.text):
                continue
            changed[box.key.partition(".")[2]] = text if box.spec.type == "string" else _items(text, box.paragraphs)
        variants.append(changed)
    said = form.get("disclosures")
    return editing.Words(variants, None if said is None else _items(said, False))


def _items(text: str, paragraphs: bool) -> list[str]:
    text = text.replace("\r\n", "\n")
    found = _PARAGRAPHS.split(text) if paragraphs else text.split("\n")
    return [item.strip() for item in found if item.strip()]


def _same(one: str, other: str) -> bool:
    """Whether two texts differ in line ends alone, which a browser changes."""
    return one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
