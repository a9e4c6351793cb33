"""The evidence section of a hub.yaml, and the same as a table in a CSV file: what an organisation can show."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hub import faults
from hub.bootstrap import Hub
from hub.configure.changes import Change, change, unknown
from hub.configure.declared import EvidenceId, EvidencePart
from hub.configure.reading import Source
from hub.configure.standing import Standing
from hub.errors import BadRequest, InvalidInputs, UnknownName
from hub.ledger import Entry
from hub.store import evidence, teams
from hub.store.evidence import Evidence

#: Of a CSV file: characters and rows.
LARGEST, MOST = 20_000_000, 20_000
_SHOWN = ("claim", "owner", "source", "team", "markets", "valid_from", "expires_on", "disclaimer", "withdrawn")
_COLUMNS = frozenset({"id", *_SHOWN})
_ID = TypeAdapter(EvidenceId)


def evidence_in(source: Source, now: Standing) -> Iterator[Change]:
    known_teams = {*now.teams, *source.declared.teams}
    for id, part in source.declared.evidence.items():
        if part.team is not None and part.team not in known_teams:
            raise source.wrong((("evidence", id, "team"), unknown("team", known_teams)))
        known = now.evidence.get(id)
        made = part.evidence(id, known)
        said = {"markets": ", ".join}
        shown = change(f"evidence {id}", _plain(known), _plain(made), lambda _: None, said)
        yield replace(shown, write=lambda tx, made=made: evidence.put(tx, [made], now.at), entry=entry_of(made, known))


def entry_of(made: Evidence, known: Evidence | None) -> Entry:
    """A change of the register as the ledger keeps it: ids and hashes, none of the words."""
    revision = (known.revision if known is not None else 0) + 1
    data = {"evidence": made.id, "revision": revision, "says": evidence.says(made)[:16], "withdrawn": made.withdrawn}
    return Entry("evidence.changed", data)


def keep(hub: Hub, parts: Mapping[str, EvidencePart], *, actor: str) -> tuple[int, int]:
    """Keep these entries, all or none; how many are new and how many changed. What is the same is left alone.

    Raises:
        UnknownName: an entry names a team there is none of.
    """
    now = hub.parts.clock()
    with hub.database.transaction() as tx:
        known = {one.id: one for one in evidence.every(tx)}
        names = {team.id for team in teams.every(tx)}
        for id, part in parts.items():
            if part.team is not None and part.team not in names:
                raise UnknownName(f"{id}: {unknown('team', names)}.", who="an admin")
        made = [part.evidence(id, known.get(id)) for id, part in parts.items()]
        todo = [one for one in made if _plain(known.get(one.id)) != _plain(one)]
        evidence.put(tx, todo, now)
        entries = [entry_of(one, known.get(one.id)) for one in todo]
        hub.parts.ledger.append(tx, run_id="", team="", actor=actor, at=now, entries=entries)
    new = sum(one.id not in known for one in todo)
    return new, len(todo) - new


def withdraw(hub: Hub, id: str, *, actor: str) -> Evidence:
    """Withdraw an entry: from now on nobody may cite it, and what relies on it is opened.

    Raises:
        UnknownName: there is none of this id.
    """
    now = hub.parts.clock()
    with hub.database.transaction() as tx:
        known = evidence.get(tx, id) if "\x00" not in id else None
        if known is None:
            raise UnknownName("There is no evidence of this id.", instead="`inlay claims list` shows it.")
        made = replace(known, withdrawn=True)
        if not known.withdrawn:
            evidence.put(tx, [made], now)
            hub.parts.ledger.append(tx, run_id="", team="", actor=actor, at=now, entries=[entry_of(made, known)])
    return made


def one(id: str, given: Mapping[str, Any]) -> dict[str, EvidencePart]:
    """One entry from plain values, by its id.

    Raises:
        InvalidInputs: naming each that is wrong.
    """
    try:
        return {_ID.validate_python(id): EvidencePart.model_validate(dict(given))}
    except ValidationError as error:
        raise _wrong("This is no evidence.", dict(_faults(error))) from None


def read_table(path: Path) -> dict[str, EvidencePart]:
    """The entries of a CSV file, as a spreadsheet saves one: the first line names the columns, which are the keys of
    hub.yaml and ``id``; markets stand in one cell, parted by ``;`` or ``|``.

    Raises:
        BadRequest: it cannot be read, is too large, or has no such columns.
        InvalidInputs: with the line of each fault.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = f"{getattr(error, 'strerror', None) or 'It is no UTF-8 text'}."
        raise BadRequest(f"{path} cannot be read.", why=why, who="an admin") from None
    if len(text) > LARGEST:
        raise BadRequest(f"{path.name} is longer than {LARGEST:,} characters.", who="an admin")
    first = text.partition("\n")[0]
    # Where a comma parts decimals, spreadsheets part cells by a semicolon.
    apart = ";" if ";" in first and "," not in first else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=apart, strict=True)
    try:
        return _table(path.name, rows)
    except csv.Error as error:
        raise _wrong(f"{path.name} cannot be used.", {f"line {rows.line_num}": str(error)}) from None


def _table(name: str, rows: csv.DictReader[str]) -> dict[str, EvidencePart]:
    columns = [(column or "").strip() for column in rows.fieldnames or ()]
    if strange := sorted(set(columns) - _COLUMNS):
        raise _wrong(f"{name} cannot be used.", {"line 1": f"the column '{strange[0][:40]}' is not known here"})
    if missing := sorted({"id", "claim", "owner", "source"} - set(columns)):
        raise _wrong(f"{name} cannot be used.", {"line 1": f"the column '{missing[0]}' is missing"})
    rows.fieldnames = columns
    found: dict[str, EvidencePart] = {}
    wrong: dict[str, str] = {}
    for row in rows:
        at = f"line {rows.line_num}"
        if len(found) >= MOST:
            raise BadRequest(f"{name} holds more than {MOST:,} entries.", instead="Split it.", who="an admin")
        if None in row or None in row.values():
            wrong[at] = "it has more or fewer cells than the first line"
            continue
        cells = {column: cell.strip() for column, cell in row.items() if cell.strip()}
        id = cells.pop("id", "")
        markets = cells.get("markets", "").replace("|", ";").split(";")
        given: dict[str, Any] = {**cells, "markets": [one.strip() for one in markets if one.strip()]}
        try:
            _ID.validate_python(id)
            if id in found:
                raise ValueError(f"{id} stands here a second time")
            found[id] = EvidencePart.model_validate(given)
        except ValidationError as error:
            wrong[at] = "; ".join(f"{where}: {what}" for where, what in _faults(error))
        except ValueError as error:
            wrong[at] = str(error)
        if len(wrong) >= 20:
            break
    if wrong:
        raise _wrong(f"{name} cannot be used. Nothing was kept.", wrong)
    return found


def _faults(error: ValidationError) -> Iterator[tuple[str, str]]:
    for fault in error.errors(include_input=False, include_url=False):
        yield ".".join(map(str, fault["loc"])) or "id", faults.said(fault)


def _wrong(what: str, fields: dict[str, str]) -> InvalidInputs:
    return InvalidInputs(what, fields=fields, instead="Correct this and do it again.", who="an admin")


def _plain(one: Evidence | None) -> dict[str, Any]:
    return {} if one is None else {name: getattr(one, name) for name in _SHOWN}
