"""The texts of a run: the hash a draft is known by, all of them changed, the run without them, what is said then."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from hub.domain import Draft, Run, Variant, Work
from hub.store.clearing import Cleared


def content_hash(draft: Draft) -> str:
    """What a review is bound to: one changed character is another text. Where a person wrote in the draft, what it
    discloses is theirs too, and counts."""
    words: list[object] = [[variant.text, variant.fields] for variant in draft.variants]
    if draft.edited_by:
        words.append(draft.disclosures)
    return hashlib.sha256(to_json(words)).hexdigest()


def over(draft: Draft, change: Callable[[str], str]) -> Draft:
    """The draft with every text of it changed, wherever in it that stands."""

    def all_of(lines: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(change, lines))

    def part(value: str | Sequence[str]) -> str | list[str]:
        return change(value) if isinstance(value, str) else list(all_of(value))

    return replace(
        draft,
        variants=tuple(
            Variant(text=change(one.text), fields={name: part(value) for name, value in one.fields.items()})
            for one in draft.variants
        ),
        claims=tuple(replace(claim, text=change(claim.text)) for claim in draft.claims),
        disclosures=all_of(draft.disclosures),
        assumptions=all_of(draft.assumptions),
        missing_inputs=all_of(draft.missing_inputs),
    )


def without_texts(run: Run, cleared: Cleared) -> tuple[Mapping[str, Any], Cleared]:
    """The changes that take a run's texts out, and what is known of them after. What says where it went, what it cost
    and how it ended stays."""
    request = replace(run.request, inputs={}, raw={}, context=None)
    changes: dict[str, Any] = {"request": request, "work": Work(url=run.work.url)}
    draft = run.draft
    if cleared.keeps == "output":
        return changes | {"draft": draft and replace(draft, raw="")}, cleared
    if draft is not None:
        if draft.variants:
            cleared = replace(cleared, draft_hash=content_hash(draft))
        changes["draft"] = Draft(simulated=draft.simulated, usage=draft.usage)
    if run.review is not None:
        changes["review"] = replace(run.review, reason="")
    if run.problem is not None and run.problem.code == "rejected":
        changes["problem"] = replace(run.problem, why="")
    return changes, cleared


def gone(cleared: Cleared | None) -> str:
    """What is not there any more, since when and why, as a sentence; empty while everything is there."""
    if cleared is None:
        return ""
    at = datetime.fromtimestamp(cleared.at, UTC)
    what = "The texts of this run" if cleared.keeps == "nothing" else "The inputs of this run"
    said = f"{what} were removed on {at.day} {at:%B %Y}"
    if cleared.why == "erasure":
        return f"{said}, because a person's data in them was erased."
    return f"{said}: the retention setting keeps them for {cleared.days} days after its end."
