"""The check ``output_contract``: a draft that is not what its template promised is held, each breach named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.domain import Finding, Outcome
from hub.sdk.check import Check, Subject


class OutputContract(Check):
    """Turns the breaches that the template's contract has found into findings.

    ``subject.contract["breaches"]`` is a list of mappings with ``rule``, ``message``, ``why``, ``instead``, and where
    they apply ``where``, ``span`` and ``raise_tier``. With the last one it is a note that asks for a review of that
    tier. A contract without that list was never examined, which raises, which holds.
    """

    name = "output_contract"
    sides = frozenset({"output"})

    def examine(self, subject: Subject) -> Sequence[Finding]:
        if subject.draft is None or not subject.draft.variants:
            return [
                Finding(
                    rule="output-contract.no-draft",
                    outcome=Outcome.HOLD,
                    message="The model's answer holds no draft.",
                    why="The template promises at least one variant; without it there is nothing to deliver.",
                    instead="Run it again. If it stays empty, fill in more of the inputs or tell the template's owner.",
                )
            ]
        return [_finding(breach) for breach in subject.contract["breaches"]]


def _finding(breach: Mapping[str, Any]) -> Finding:
    span = breach.get("span")
    return Finding(
        rule=f"output-contract.{breach['rule']}",
        outcome=Outcome.HOLD if breach.get("raise_tier") is None else Outcome.ALLOW,
        message=breach["message"],
        why=breach["why"],
        instead=breach["instead"],
        where=breach.get("where") or "",
        span=(int(span[0]), int(span[1])) if span is not None else None,
        fix=breach.get("fix"),
        raise_tier=breach.get("raise_tier"),
    )
