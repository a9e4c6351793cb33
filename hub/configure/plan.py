"""The way from what is stored to what a hub.yaml declares: shown first, then made in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hub.accounts.record import as_roles
from hub.bootstrap import Hub
from hub.configure.changes import Change, connections_in, enablements_in, people_in, policy_in, teams_in, workflows_in
from hub.configure.endpoints import endpoints_in
from hub.configure.evidence import evidence_in
from hub.configure.reading import Source
from hub.configure.sign_in import sign_in_in
from hub.configure.standing import Standing, standing
from hub.domain import Role
from hub.ledger import Entry
from hub.store import Tx, policies

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
        policies.note_choices(tx, actor, hub.parts.clock())
        data = {
            "created": [change.what for change in made.todo if change.kind == "create"],
            "changed": [change.what for change in made.todo if change.kind == "change"],
        }
        # People appear in the ledger as a number of them, not by address; evidence has entries of its own.
        left = ("person ", "evidence ")
        data = {name: [what for what in whats if not what.startswith(left)] for name, whats in data.items()}
        people = sum(change.what.startswith("person ") for change in made.todo)
        entries = [Entry("config.applied", {**data, "people": people}), *(one.entry for one in made.todo if one.entry)]
        entries += [_of_roles(hub, tx, *one.roles) for one in made.todo if one.roles is not None]
        hub.parts.ledger.append(tx, run_id="", team="", actor=actor, at=hub.parts.clock(), entries=entries)


def _of_roles(hub: Hub, tx: Tx, email: str, roles: Mapping[str, Role]) -> Entry:
    data = {"person": hub.parts.ledger.pseudonym(tx, email, ""), "roles": as_roles(roles), "by": "apply"}
    return Entry("person.roles_changed", data)


def _changes(source: Source, now: Standing) -> Iterator[Change]:
    """In the order they can be written: a team before its people, a connection before the teams it is on for."""
    yield from policy_in(source, now)
    yield from teams_in(source, now)
    yield from people_in(source, now)
    yield from sign_in_in(source, now)
    yield from connections_in(source, now)
    yield from enablements_in(source, now)
    yield from workflows_in(source, now)
    yield from endpoints_in(source, now)
    yield from evidence_in(source, now)
