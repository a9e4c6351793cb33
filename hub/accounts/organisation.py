"""The organisation: teams made and renamed, and how each reviews, on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from hub import faults
from hub.accounts.first import id_of
from hub.domain import Actor
from hub.errors import Conflict, InvalidInputs, UnknownName
from hub.governance.reviews import ReviewRules
from hub.ledger import Entry
from hub.pipeline.parts import Parts
from hub.store import teams


def create_team(parts: Parts, title: str, by: Actor) -> str:
    """Make a team of this title; its id, which is made of the title and stays.

    Raises:
        InvalidInputs: the title is empty or holds no letter of a to z.
        Conflict: there is a team of this id.
    """
    title = _title(title)
    made = id_of(title)
    if not made:
        raise InvalidInputs("The team needs a name.", fields={"title": "Write a name with a letter of a to z in it."})
    with parts.database.transaction() as tx:
        if teams.get(tx, made) is not None:
            raise Conflict(f"There is a team with the id {made} already.", instead="Choose another name.")
        now = parts.clock()
        teams.put(tx, made, title, {}, now)
        who = parts.ledger.pseudonym(tx, by.person, by.via)
        parts.ledger.append(tx, run_id="", team=made, actor=who, at=now, entries=[Entry("team.created", {})])
    return made


def rename_team(parts: Parts, team: str, title: str, by: Actor) -> bool:
    """Give a team another title; False when it has this one. Its id stays.

    Raises:
        UnknownName: there is no such team.
        InvalidInputs: the title is empty.
    """
    return _change(parts, team, by, title=_title(title))


def review_rules(given: Mapping[str, Any]) -> ReviewRules:
    """What a form or a file says of how a team reviews.

    Raises:
        InvalidInputs: what is wrong, by field.
    """
    try:
        return ReviewRules.model_validate(dict(given))
    except ValidationError as error:
        told: dict[str, str] = {}
        for one in error.errors(include_url=False, include_input=False):
            field = str(one["loc"][0]) if one["loc"] else "day"
            told.setdefault(field, faults.sentence(one).removeprefix("Day: "))
        raise InvalidInputs("Something is not right yet.", fields=told, instead="Correct what is marked.") from None


def set_review(parts: Parts, team: str, rules: ReviewRules, by: Actor) -> bool:
    """Let a team review so from now on; False when it does already.

    Raises:
        UnknownName: there is no such team.
    """
    return _change(parts, team, by, review=rules.model_dump(mode="json", exclude_defaults=True))


def _change(parts: Parts, team: str, by: Actor, **wanted: Any) -> bool:
    with parts.database.transaction() as tx:
        found = teams.get(tx, team)
        if found is None:
            raise UnknownName(f"There is no team named {team[:64]!r}.", who="an admin")
        have = {"title": found.title, "review": dict(found.review or {})}
        changed = sorted(name for name, value in wanted.items() if have[name] != value)
        if not changed:
            return False
        now = parts.clock()
        title, review = wanted.get("title", found.title), wanted.get("review")
        teams.put(tx, team, title, found.policy, now, review=review)
        who = parts.ledger.pseudonym(tx, by.person, by.via)
        entries = [Entry("team.changed", {"changed": changed})]
        parts.ledger.append(tx, run_id="", team=team, actor=who, at=now, entries=entries)
    return True


def _title(given: str) -> str:
    title = " ".join(given.split())[:200]
    if not title or "\x00" in title:
        raise InvalidInputs("The team needs a name.", fields={"title": "Write what the team is called."})
    return title
