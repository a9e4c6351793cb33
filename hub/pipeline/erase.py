"""Erase: takes a person out of everything the hub has stored, says what that was, and leaves a ledger that still holds.

A run stays, with an erased person where they stood. What has ended loses the texts that hold their address or name; in
what is still open these are covered, so that it can go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from hub.domain import Actor, DeliveryState, Run
from hub.errors import Conflict, UnknownName
from hub.ledger import Entry
from hub.pipeline.blackout import Blackout
from hub.pipeline.parts import Parts
from hub.pipeline.picture import ENDED
from hub.pipeline.texts import without_texts
from hub.store import clearing, erasing, runs, teams
from hub.store.clearing import Cleared
from hub.store.codec import encode
from hub.store.people import ERASED
from hub.store.tables import delivery as delivery_table
from hub.store.tables import run as run_table

_PLACED = (DeliveryState.PLACED, DeliveryState.UNDONE)
_RUN_TEXTS = ("request", "work", "input_verdicts", "output_verdicts", "draft", "review", "problem")
_DELIVERY_TEXTS = ("target", "receipt", "problem")


@dataclass(slots=True)
class Erased:
    """What was erased, or would be: counts.

    ``doors`` are memberships, keys, permits, passes, sessions, links and accounts. ``runs`` named the person; of these
    ``emptied`` lost their texts, and ``covered`` are open and had them covered. ``others`` are other people's runs that
    hold the address or name and were left alone. ``busy`` could not be changed: a worker has them. ``remains`` are rows
    of configuration, by table, that hold them; ``old_rows`` are rows of the ledger with a pseudonym made under the
    secret key.
    """

    known: bool = False
    doors: dict[str, int] = field(default_factory=dict)
    runs: int = 0
    emptied: int = 0
    covered: int = 0
    deliveries: int = 0
    reviews: int = 0
    told: int = 0
    others: int = 0
    busy: int = 0
    old_rows: int = 0
    remains: dict[str, int] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        counts = (self.runs, self.emptied, self.covered, self.deliveries, self.reviews, self.told, self.others)
        return self.known or any(self.doors.values()) or any(counts)


def erase(
    parts: Parts, email: str, *, name: str = "", in_texts: bool = False, write: bool = True, by: Actor | None = None
) -> Erased:
    """Take a person out. Doing it again is harmless, and does what could not be done before.

    Args:
        email: their address, in any spelling, or whatever id runs know them by.
        name: their name; left out, the one that is stored. It is looked for in texts if it has two words or more.
        in_texts: also look through the texts of other people's runs, and through what vendors told.
        write: False only counts.
        by: who has it done; left out, the command line, which may take out the last admin too.

    Raises:
        UnknownName: the hub knows nobody of this address.
        Conflict: somebody has the hub's only admin taken out.
    """
    spelled = runs.one_spelling(email) or ""
    with parts.database.reading() as tx:
        stored = erasing.person(tx, spelled)
        done = Erased(known=stored is not None, doors=erasing.doors(tx, spelled))
    name = name.strip() or (stored[1].strip() if stored else "")
    black = Blackout([spelled, *([name] if len(name.split()) > 1 else [])])
    if write:
        with parts.database.transaction() as tx:
            if by is not None and teams.is_last_admin(tx, spelled, hold=True):
                raise Conflict("This is the hub's only admin.", instead="Make somebody else an admin first.")
            erasing.shut(tx, spelled, parts.clock())
    for row in erasing.walk(parts.database.reading, run_table):
        _from_run(parts, _Wanted(spelled, black, in_texts, write, done), row._mapping)
    for row in erasing.walk(parts.database.reading, delivery_table):
        _from_delivery(parts, _Wanted(spelled, black, in_texts, write, done), row._mapping)
    _from_reviews(parts, spelled, black, write, done)
    if write:
        with parts.database.transaction() as tx:
            erasing.forget_spender(tx, spelled, black.wordings, ERASED)
            erasing.forget_author(tx, spelled, ERASED)
    if in_texts:
        _from_told(parts, black, write, done)
    with parts.database.reading() as tx:
        done.remains = erasing.remains(tx, black.wordings, also_told=not in_texts)
    if not done.anything:
        raise UnknownName("The hub holds nothing of this person.", instead="Look at how the address is spelled.")
    if write and not done.busy:
        _record(parts, spelled, done, by or Actor(via="cli"))
    return done


@dataclass(frozen=True, slots=True)
class _Wanted:
    person: str
    black: Blackout
    in_texts: bool
    write: bool
    done: Erased

    def is_them(self, person: str | None) -> bool:
        return runs.one_spelling(person) == self.person


def _from_run(parts: Parts, wanted: _Wanted, row: Any) -> None:
    black, done = wanted.black, wanted.done
    named = wanted.is_them(row["asker"]) or wanted.is_them(row["on_behalf_of"])
    if not named and not any(black.may_stand_in(row[name]) for name in _RUN_TEXTS):
        return
    run = runs.of_row(tuple(row.values()))
    theirs = wanted.is_them(run.request.actor.person)
    changes = _as_nobody(wanted, run)
    named = bool(changes)
    if (theirs or wanted.in_texts) and black.stands_in_key(run.request.key):
        # A vendor that sends it once more starts another run: nothing here may know the key any more.
        changes["request"] = replace(changes.get("request", run.request), key=f"erased:{run.id}")
    values = {column: encode(column, value) for column, value in changes.items()}
    if "request" in changes:
        request = changes["request"]
        values |= {"asker": runs.one_spelling(request.actor.person), "request_key": request.key}
    after = {column: values.get(column, row[column]) for column in _RUN_TEXTS}
    held = [column for column, stored in after.items() if black.stands_in_json(stored)]
    if held and not (theirs or wanted.in_texts):
        held = []
        done.others += 1
    emptied = bool(held) and run.state in ENDED
    if emptied:
        before = clearing.read(row["cleared"])
        cleared = Cleared(
            at=parts.clock(), why="erasure", keeps="nothing", draft_hash=before.draft_hash if before else ""
        )
        values |= clearing.encoded(*without_texts(replace(run, **changes), cleared)) | {"fingerprint": ""}
        after |= {column: values[column] for column in after if column in values}
    if held:
        for column, stored in after.items():
            if black.stands_in_json(stored):
                values[column] = black.covered_json(stored)
    if not values or not _written(wanted, lambda: _save_run(parts, run, values)):
        return
    done.runs += named
    done.emptied += emptied
    done.covered += bool(held) and not emptied


def _as_nobody(wanted: _Wanted, run: Run) -> dict[str, Any]:
    """The changes that put an erased person where this one stood."""
    changes: dict[str, Any] = {}
    if wanted.is_them(run.request.actor.person):
        raw = {} if wanted.black.stands_in(run.request.raw) else run.request.raw
        changes["request"] = replace(run.request, actor=replace(run.request.actor, person=ERASED), raw=raw)
    if run.draft is not None and any(map(wanted.is_them, run.draft.edited_by)):
        edited_by = tuple(ERASED if wanted.is_them(one) else one for one in run.draft.edited_by)
        changes["draft"] = replace(run.draft, edited_by=edited_by)
    if wanted.is_them(run.on_behalf_of):
        # Nobody lends a token any more: what is still to be read is read by the connection's own account.
        changes["on_behalf_of"] = ERASED if run.state in ENDED else ""
    if run.review is not None and (wanted.is_them(run.review.by) or wanted.is_them(run.review.first)):
        by, first = (ERASED if wanted.is_them(one) else one for one in (run.review.by, run.review.first))
        changes["review"] = replace(run.review, by=by, first=first)
    return changes


def _from_delivery(parts: Parts, wanted: _Wanted, row: Any) -> None:
    values: dict[str, Any] = {}
    if wanted.is_them(row["on_behalf_of"]):
        values["on_behalf_of"] = ERASED if row["state"] in _PLACED else ""
    for column in _DELIVERY_TEXTS:
        if wanted.black.stands_in_json(row[column]):
            values[column] = wanted.black.covered_json(row[column])

    def save() -> bool:
        with parts.database.transaction() as tx:
            return erasing.save_delivery(tx, row["key"], values, since=row["updated_at"])

    wanted.done.deliveries += bool(values) and _written(wanted, save)


def _from_reviews(parts: Parts, person: str, black: Blackout, write: bool, done: Erased) -> None:
    with parts.database.transaction() if write else parts.database.reading() as tx:
        done.reviews = erasing.count_reviewed(tx, person, black.wordings)
        if write:
            erasing.forget_reviewer(tx, person, black.wordings, ERASED, parts.clock())


def _from_told(parts: Parts, black: Blackout, write: bool, done: Erased) -> None:
    with parts.database.transaction() if write else parts.database.reading() as tx:
        for table, column, row, text in erasing.told(tx, black.wordings):
            if black.stands_in_json(text):
                done.told += 1
                if write:
                    erasing.save_told(tx, table, column, row, black.covered_json(text))


def _save_run(parts: Parts, run: Run, values: dict[str, Any]) -> bool:
    with parts.database.transaction() as tx:
        return erasing.save_run(tx, run.id, values, since=run.updated_at, now=parts.clock())


def _written(wanted: _Wanted, save: Callable[[], bool]) -> bool:
    """Whether it was changed, or would be; what a worker has at this moment counts as busy."""
    if not wanted.write or save():
        return True
    wanted.done.busy += 1
    return False


def _record(parts: Parts, person: str, done: Erased, by: Actor) -> None:
    with parts.database.transaction() as tx:
        erasing.remove(tx, person)
        done.old_rows = parts.ledger.forget(tx, person)
        data = {
            "runs": done.runs,
            "emptied": done.emptied,
            "covered": done.covered,
            "deliveries": done.deliveries,
            "reviews": done.reviews,
            "told": done.told,
            "doors": sum(done.doors.values()),
        }
        who = parts.ledger.pseudonym(tx, by.person, by.via)
        entry = Entry("person.erased", data)
        parts.ledger.append(tx, run_id="", team="", actor=who, at=parts.clock(), entries=[entry])
