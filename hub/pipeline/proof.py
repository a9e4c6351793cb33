"""Proof: whether the evidence a draft cites exists, is in force for it, and says what the draft says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from hub.domain import Claim
from hub.governance.evidenced import mostly_in, words_of
from hub.pipeline.markets import holds_in
from hub.store.evidence import Evidence
from hub.templates.written_numbers import Written, numbers

#: A name with a figure in it, such as LT-114 or CO2: its digits are no figure, and it is another thing without them.
_NAME = re.compile(r"\b[^\W\d_]\w*-?\d[\w-]*")


def proofs(
    claims: Iterable[Claim], register: Mapping[str, Evidence], *, team: str, market: str, day: str
) -> list[dict[str, Any]]:
    """For each claim that cites evidence, what the check ``claims`` is told: the claim, the id, and ``fault``, empty
    when the evidence carries it. ``says``, ``disclaimer``, ``markets`` and ``until`` are of evidence the team may see.
    """
    return [_proof(one, register.get(one.evidence_id), team, market, day) for one in claims if one.evidence_id]


def relied(found: Iterable[Mapping[str, Any]], register: Mapping[str, Evidence]) -> dict[str, str]:
    """The evidence a draft rightly relies on: its id, and the hash of what it says."""
    return {one["evidence_id"]: register[one["evidence_id"]].says for one in found if not one["fault"]}


def _proof(claim: Claim, known: Evidence | None, team: str, market: str, day: str) -> dict[str, Any]:
    told: dict[str, Any] = {"claim": claim.text, "evidence_id": claim.evidence_id, "asked_market": market}
    if known is None or known.team not in (None, team):
        # Of another team's evidence nothing is told, not even that it exists.
        return {**told, "fault": "unknown", "says": "", "disclaimer": "", "markets": [], "until": None}
    told |= {"says": known.claim, "disclaimer": known.disclaimer, "markets": list(known.markets)}
    return {**told, "until": known.expires_on, "fault": _fault(claim, known, market, day)}


def _fault(claim: Claim, known: Evidence, market: str, day: str) -> str:
    status = known.status(day)
    if status != "in force":
        return status
    if not holds_in(known.markets, market):
        return "market"
    if not _figures_stand(claim.text, f"{known.claim} {known.disclaimer}"):
        return "numbers"
    return "" if mostly_in(words_of(claim.text), words_of(known.claim)) else "words"


def _figures_stand(claim: str, says: str) -> bool:
    """Whether every figure of a claim, and every name with a figure in it, stands in what the evidence says."""
    if not _names(claim) <= _names(says):
        return False
    plain, shown = _NAME.sub(" ", claim), _NAME.sub(" ", says)
    known = [(one, _values(one), shown[one.start : one.end]) for one in numbers(shown)]
    return all(
        any(_same(one, other, plain[one.start : one.end], text, values) for other, values, text in known)
        for one in numbers(plain)
    )


def _same(one: Written, other: Written, said: str, text: str, values: set[Decimal]) -> bool:
    """The same number of the same kind; one that cannot be read is the same where it is written the same."""
    kind = (one.percent, one.per_mille) == (other.percent, other.per_mille)
    money = not one.currency or bool(set(one.currency) & set(other.currency))
    return kind and money and bool(_values(one) & values or said == text)


def _values(one: Written) -> set[Decimal]:
    """What a number says under either way of writing: 1.200 in one language is 1,200 in another."""
    return {value for point in ".," if (value := one.value(point)) is not None}


def _names(text: str) -> set[str]:
    return {name.casefold() for name in _NAME.findall(text)}
