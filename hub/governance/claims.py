"""The check ``claims``: what a claim cites exists, is in force, and says what the claim says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.domain import Finding, Outcome
from hub.governance.rules import ClaimsRules
from hub.governance.wording import normal
from hub.sdk.check import Check, Subject

#: For each fault: the rule, what is found, why it matters, what to do instead. {id}, {until}, {markets} are filled in.
_FAULTS: Mapping[str, tuple[str, str, str, str]] = {
    "unknown": (
        "no-such-evidence",
        "The draft cites {id}, which is no evidence this team can show.",
        "A claim is published on evidence in hand; an id that leads nowhere is none.",
        "Cite evidence from the register, have the evidence added to it, or take the claim out.",
    ),
    "withdrawn": (
        "withdrawn",
        "The draft cites {id}, which was withdrawn.",
        "Whoever held this evidence no longer stands for it.",
        "Take the claim out, or ask the owner of the evidence for what takes its place.",
    ),
    "expired": (
        "expired",
        "The draft cites {id}, which expired after {until}.",
        "What was true then may not be true now, and nobody has looked since.",
        "Ask the owner of the evidence to renew it, or take the claim out.",
    ),
    "not yet": (
        "not-yet",
        "The draft cites {id}, which is not in force yet.",
        "The evidence counts from a later day on.",
        "Publish it from that day on, or take the claim out.",
    ),
    "market": (
        "other-market",
        "The draft cites {id}, which holds only for {markets}.",
        "What was shown for one market may not be claimed in another.",
        "Cite evidence that holds where this is published, or take the claim out.",
    ),
    "numbers": (
        "other-figures",
        "The claim has a figure that {id} does not say.",
        "A figure is proven by evidence that states this very figure.",
        "Write the figure as the evidence has it, or cite the evidence for this one.",
    ),
    "words": (
        "does-not-say-this",
        "{id} does not say what the claim says.",
        "Evidence proves the words it was kept for, and no others.",
        "Say it as the evidence does, or cite the evidence for what is said.",
    ),
}


class Claims(Check):
    """``subject.contract["proofs"]`` is what the register says of each claim that cites evidence, see
    ``pipeline.proof``; None where nobody keeps a register, and then there is nothing to find. A contract without it
    was never compared with the register, which raises, which holds. Remarks about a text are published nowhere.
    """

    name = "claims"
    sides = frozenset({"output"})

    def examine(self, subject: Subject) -> Sequence[Finding]:
        proofs = subject.contract["proofs"]
        if not proofs or subject.draft is None or subject.contract.get("write") == "comments":
            return []
        rules = ClaimsRules.model_validate(dict(subject.rules))
        outcome = Outcome.HOLD if rules.severity == "block" else Outcome.ALLOW
        found = [_finding(proof, outcome, subject) for proof in proofs if proof["fault"]]
        sound = [proof for proof in proofs if not proof["fault"]]
        return [*found, *_unnamed_market(sound), *_without_disclaimer(sound, subject)]


def _finding(proof: Mapping[str, Any], outcome: Outcome, subject: Subject) -> Finding:
    rule, message, why, instead = _FAULTS[proof["fault"]]
    said = {"id": proof["evidence_id"], "until": proof["until"], "markets": ", ".join(proof["markets"])}
    where, span = _place(proof["claim"], subject)
    return Finding(
        rule=f"claims.{rule}",
        outcome=outcome,
        message=message.format(**said),
        why=why,
        instead=instead,
        where=where,
        span=span,
        raise_tier=3,
    )


def _place(claim: str, subject: Subject) -> tuple[str, tuple[int, int] | None]:
    """Where the claim stands: in a variant word for word, or in the list of claims."""
    for where, text in subject.texts.items():
        at = text.find(claim) if claim else -1
        if at >= 0:
            return where, (at, at + len(claim))
    return "claims", None


def _unnamed_market(sound: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for id, markets in {one["evidence_id"]: one["markets"] for one in sound if not one["asked_market"]}.items():
        if markets:
            yield Finding(
                rule="claims.market-not-named",
                outcome=Outcome.ALLOW,
                message=f"{id} holds only for {', '.join(markets)}, and nobody said where this is published.",
                why="What was shown for one market may not be claimed in another.",
                instead="Look where it is published before you approve it.",
                where="claims",
                raise_tier=3,
            )


def _without_disclaimer(sound: Sequence[Mapping[str, Any]], subject: Subject) -> Iterator[Finding]:
    """Each variant carries what has to stand beside its claims; the fix puts it at the end."""
    assert subject.draft is not None
    needed = {one["disclaimer"]: one["evidence_id"] for one in sound if one["disclaimer"]}
    for number, variant in enumerate(subject.draft.variants if needed else (), start=1):
        parts = [variant.text, *(part for value in variant.fields.values() for part in _lines(value))]
        there = normal("\n".join(parts))
        for disclaimer, id in needed.items():
            if normal(disclaimer) not in there:
                end = len(variant.text)
                yield Finding(
                    rule="claims.disclaimer-missing",
                    outcome=Outcome.HOLD,
                    message=f"The wording that {id} asks for is not in the text.",
                    why="The claim holds only with these words beside it.",
                    instead=f'Add: "{disclaimer}"',
                    where=f"variant {number}",
                    span=(end, end),
                    fix=f"\n\n{disclaimer}" if variant.text else disclaimer,
                    raise_tier=3,
                )


def _lines(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else [part for part in value if isinstance(part, str)]
