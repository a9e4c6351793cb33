"""API keys made and revoked, on record: a key never does more than the person it is for may."""

from __future__ import annotations

from dataclasses import dataclass

from hub.domain import Actor, Role
from hub.errors import NotAllowed, UnknownName
from hub.ledger import Entry, Ledger
from hub.store import Database, teams

_ORDER = (Role.ADMIN, Role.LEAD, Role.REVIEWER, Role.MEMBER)


@dataclass(frozen=True, slots=True)
class Made:
    """A key as it is handed out, this once. It opens the hub: it belongs into no log."""

    key: str
    id: str

    def __repr__(self) -> str:
        return f"Made({self.id!r})"


def make(
    database: Database, ledger: Ledger, by: Actor, now: float, *, team: str, role: Role, email: str | None, name: str
) -> Made:
    """Make a key for one team. ``email`` is the person it is for; None makes a program's.

    Raises:
        UnknownName: there is no such team, or the person is not in it.
        NotAllowed: the person may do less than the key would.
    """
    with database.transaction() as tx:
        if teams.get(tx, team) is None:
            known = ", ".join(found.id for found in teams.every(tx)) or "none yet"
            raise UnknownName(f"There is no team named {team[:64]!r}.", instead=f"There are: {known}.", who="an admin")
        person = teams.person_of(tx, email) if email else None
        may = person[2].get(team) if person else None
        if email and may is None:
            raise UnknownName(
                f"{email} is nobody in the team {team}.",
                instead="Give the person a role in the team first, in hub.yaml or on the pages.",
                who="an admin",
            )
        if may is not None and _ORDER.index(role) < _ORDER.index(may):
            raise NotAllowed(
                f"{email} is {may.value} of {team}: a key of theirs cannot do more than they may.",
                instead=f"Make it a key of a {may.value}, or give the person another role first.",
                who="an admin",
            )
        stored = person[0] if person else None
        key = teams.new_key(tx, team_id=team, role=role, email=stored, name=name, now=now)
        made = teams.caller(tx, key)
        assert made is not None
        data = {"key": made.key_id, "role": role.value, "person": ledger.pseudonym(tx, stored, "") if stored else ""}
        who = ledger.pseudonym(tx, by.person, by.via)
        ledger.append(tx, run_id="", team=team, actor=who, at=now, entries=[Entry("key.made", data)])
    return Made(key, made.key_id)


def revoke(database: Database, ledger: Ledger, by: Actor, now: float, key_id: str) -> None:
    """Stop a key at once.

    Raises:
        UnknownName: there is no such key in use.
    """
    with database.transaction() as tx:
        found = next((one for one in teams.made_keys(tx) if one.id == key_id), None)
        if found is None or not teams.revoke(tx, key_id, now):
            raise UnknownName(
                f"There is no key {key_id[:64]} in use.", instead="The list of keys shows those that are."
            )
        who = ledger.pseudonym(tx, by.person, by.via)
        ledger.append(
            tx, run_id="", team=found.team, actor=who, at=now, entries=[Entry("key.revoked", {"key": key_id})]
        )
