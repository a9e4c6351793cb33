"""The way from what is stored to what a hub.yaml declares: shown first, then made in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from hub.bootstrap import Hub
from hub.configure.changes import Change, connections_in, enablements_in, people_in, policy_in, teams_in, workflows_in
from hub.configure.endpoints import endpoints_in
from hub.configure.reading import Source
from hub.configure.standing import Standing, standing
from hub.ledger import Entry
from hub.store import Tx

Kind = Literal["create", "change", "same"]
__all__ = ["Change", "Plan", "apply", "plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Every thing a file declares, and whether it is made, changed or stays the same."""

    changes: tuple[Change, ...] = field(default_factory=tuple)

    @property
    def todo(self) -> tuple[Change, ...]:
        """What is not yet as declared."""
        return tuple(change for change in self.changes if change.kind != "same")

    def count(self, kind: Kind) -> int:
        return sum(change.kind == kind for change in self.changes)


def plan(hub: Hub, source: Source) -> Plan:
    """What ``apply`` would do now; nothing is written.

    Raises:
        InvalidInputs: a name leads nowhere, a setting is wrong, a reference cannot be resolved; each with its line.
    """
    with hub.database.reading() as tx:
        return Plan(tuple(_changes(source, standing(hub, tx))))


def apply(hub: Hub, source: Source, *, actor: str = "system:apply") -> Plan:
    """Make what the file declares so, all of it or nothing, and record it in the ledger.

    Returns:
        What was done. The second time everything is the same.

    Raises:
        InvalidInputs: see ``plan``.
    """
    with hub.database.transaction() as tx:
        # Looked at again inside the transaction: between the plan a person saw and now somebody else may have applied.
        made = Plan(tuple(_changes(source, standing(hub, tx))))
        _write(hub, tx, made, actor)
    return made


def _write(hub: Hub, tx: Tx, made: Plan, actor: str) -> None:
    for change in made.todo:
        change.write(tx)
    if made.todo:
        data = {
            "created": [change.what for change in made.todo if change.kind == "create"],
            "changed": [change.what for change in made.todo if change.kind == "change"],
        }
        # People appear in the ledger as a number of them, not by address.
        data = {name: [what for what in whats if not what.startswith("person ")] for name, whats in data.items()}
        people = sum(change.what.startswith("person ") for change in made.todo)
        entry = Entry("config.applied", {**data, "people": people})
        hub.parts.ledger.append(tx, run_id="", team="", actor=actor, at=hub.parts.clock(), entries=[entry])


def _changes(source: Source, now: Standing) -> Iterator[Change]:
    """In the order they can be written: a team before its people, a connection before the teams it is on for."""
    yield from policy_in(source, now)
    yield from teams_in(source, now)
    yield from people_in(source, now)
    yield from connections_in(source, now)
    yield from enablements_in(source, now)
    yield from workflows_in(source, now)
    yield from endpoints_in(source, now)
