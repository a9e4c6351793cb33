"""The records of one org, in memory: what may be saved, by whom, and what Salesforce makes of it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connectors.salesforce.sandbox_accounts import User
from connectors.salesforce.sandbox_errors import ApiError, bad_write, no_column, not_found
from connectors.salesforce.sandbox_faults import Fault
from connectors.salesforce.sandbox_ids import Ids, whole
from connectors.salesforce.sandbox_rights import administrator
from connectors.salesforce.sandbox_rules import Rules, derive
from connectors.salesforce.sandbox_schema import Field, ObjectType, Schema
from connectors.salesforce.sandbox_values import accept, moment

Values = dict[str, Any]
READ_ONLY = bad_write("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stood when it was read. ``values`` is never changed, only replaced."""

    id: str
    type: str
    values: Values
    deleted: bool = False


class LostRace(ApiError):
    """The record is saved, as another call's; the caller is told that it clashes."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a write is meant: whose it is, the operation's name, whether duplicates are fine, what goes wrong."""

    by: User
    operation: str = "save"
    allow_duplicates: bool = False
    fault: Callable[[str, str, str | None], Fault | None] = lambda operation, type, record: None


class Store:
    """Every record, by type and id. All writes go one after the other, and a transaction is undone as a whole."""

    def __init__(self, schema: Schema, clock: Callable[[], float] = time.time) -> None:
        self.schema = schema
        self.rules = Rules()
        self.clock = clock
        self._ids = Ids()
        self._lock = threading.RLock()
        self._rows: dict[str, dict[str, Record]] = {}
        self._numbers: dict[str, int] = {}
        self._keys: dict[tuple[str, str], dict[str, set[str]]] = {}
        self._undo: list[tuple[str, str, Record | None]] | None = None
        self._made: list[Record] = []
        self._watchers: list[Callable[[list[Record]], None]] = []
        self.admin = User("", "admin", administrator())

    def new_id(self, prefix: str) -> str:
        return self._ids.new(prefix)

    def go_on_from(self, number: int) -> None:
        """Give records that are made from now on ids that begin at this number."""
        self._ids.go_on_from(number)

    def watch(self, watcher: Callable[[list[Record]], None]) -> None:
        """Be told of new records once they are saved, as a record-triggered flow is."""
        self._watchers.append(watcher)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written in the block."""
        with self._lock:
            if self._undo is not None:
                yield
                return
            self._undo, self._made = [], []
            try:
                yield
            except LostRace:
                # What is saved stays: it is the other call's.
                raise
            except BaseException:
                for type, id, old in reversed(self._undo):
                    self._put(type, id, old)
                self._made = []
                raise
            finally:
                self._undo = None
            made, self._made = self._made, []
        for watcher in self._watchers if made else ():
            watcher(made)

    def get(self, type: ObjectType, id: str) -> Record:
        """A record by either form of its id.

        Raises:
            ApiError: there is none, or it is in the recycle bin (404).
        """
        found = self._rows.get(type.name, {}).get(whole(id) or "")
        if found is None:
            raise not_found()
        if found.deleted:
            raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", [])
        return found

    def find(self, id: str) -> Record | None:
        """A record that is not deleted, of whatever type."""
        key = whole(id)
        type = self.schema.of(key) if key else None
        found = self._rows.get(type.name, {}).get(key) if type and key else None
        return None if found is None or found.deleted else found

    def rows(self, type: ObjectType | str, *, deleted: bool = False) -> list[Record]:
        """The records of a type in the order of their ids, those of the recycle bin only if wanted."""
        name = type if isinstance(type, str) else type.name
        with self._lock:
            found = list(self._rows.get(name, {}).values())
        return [one for one in found if deleted or not one.deleted]

    def matching(self, type: ObjectType, field: Field, value: str) -> list[Record]:
        """The records whose key field holds this value."""
        if field.type == "id":
            found = self._rows.get(type.name, {}).get(whole(value) or "")
            return [] if found is None or found.deleted else [found]
        with self._lock:
            ids = sorted(self._keys.get((type.name, field.name), {}).get(_key(field, value), ()))
            return [self._rows[type.name][id] for id in ids]

    def create(self, type: ObjectType | str, values: Mapping[str, Any], manner: Manner | None = None) -> Record:
        """A new record.

        Raises:
            ApiError: it may not be saved.
        """
        manner = manner or Manner(self.admin)
        with self.transaction():
            kind = self.schema.get(type) if isinstance(type, str) else type
            if not manner.by.rights.may(kind, "c") or (kind.setup and manner.by is not self.admin):
                raise bad_write(
                    "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403
                )
            given = self._checked(kind, values, manner, new=True)
            record = Record(self.new_id(kind.prefix), kind.name, {})
            filled = {one.name: given.get(one.name, self._default(kind, one, manner)) for one in kind.fields}
            missing = [one.name for one in kind.fields if one.required and filled[one.name] is None]
            if missing:
                said = f"Required fields are missing: [{', '.join(missing)}]"
                raise bad_write("REQUIRED_FIELD_MISSING", said, *missing)
            at = moment(self.clock())
            stamps = {"CreatedDate": at, "CreatedById": manner.by.id or None}
            filled |= {"Id": record.id, **stamps}
            return self._save(kind, replace(record, values=filled), manner, new=True)

    def update(self, type: ObjectType, id: str, values: Mapping[str, Any], manner: Manner | None = None) -> Record:
        """Change fields of a record.

        Raises:
            ApiError: there is no such record, or it may not be saved.
        """
        manner = manner or Manner(self.admin)
        with self.transaction():
            old = self.get(type, id)
            if not manner.by.rights.may(type, "u") or (type.setup and manner.by is not self.admin):
                raise READ_ONLY
            given = self._checked(type, values, manner, new=False)
            missing = [name for name, value in given.items() if value is None and _required(type, name)]
            if missing:
                said = f"Required fields are missing: [{', '.join(missing)}]"
                raise bad_write("REQUIRED_FIELD_MISSING", said, *missing)
            return self._save(type, replace(old, values={**old.values, **given}), manner, new=False)

    def delete(self, type: ObjectType, id: str, manner: Manner | None = None) -> None:
        """Move a record to the recycle bin; custom lookups to it are emptied.

        Raises:
            ApiError: there is no such record, or it may not be deleted.
        """
        manner = manner or Manner(self.admin)
        with self.transaction():
            old = self.get(type, id)
            if not manner.by.rights.may(type, "d"):
                raise bad_write(
                    "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403
                )
            self._put(type.name, old.id, replace(old, deleted=True, values={**old.values, "IsDeleted": True}))
            for other in self.schema.all():
                lookups = [one.name for one in other.fields if one.custom and type.name in one.refers]
                for row in self.rows(other) if lookups else ():
                    if cut := {name: None for name in lookups if row.values[name] == old.id}:
                        self._put(
                            other.name, row.id, replace(row, values={**row.values, **cut, **self._stamps(manner)})
                        )

    def undelete(self, type: ObjectType, id: str) -> None:
        """Take a record out of the recycle bin."""
        with self.transaction():
            old = self._rows[type.name][whole(id) or ""]
            self._put(type.name, old.id, replace(old, deleted=False, values={**old.values, "IsDeleted": False}))

    def plant(self, type: str, values: Mapping[str, Any], *, at: float | None = None) -> str:
        """A record past every rule, for samples and tests: fields nobody may write, and a time of its own."""
        with self.transaction():
            kind = self.schema.get(type)
            known = {one.name: one for one in kind.fields}
            id = whole(str(values.get("Id", ""))) or self.new_id(kind.prefix)
            filled = {one.name: self._default(kind, one, Manner(self.admin)) for one in kind.fields}
            filled |= {
                name: accept(known[name], value) if known[name].type != "address" else value
                for name, value in values.items()
            }
            stamp = moment(self.clock() if at is None else at)
            stamps = {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp}
            filled = {name: value for name, value in ({**filled, "Id": id, **stamps}).items() if name in known}
            derive(kind.name, filled, self.find)
            self._put(kind.name, id, Record(id, kind.name, filled))
            self._made.append(self._rows[kind.name][id])
            return id

    def seed(self, path: Path) -> None:
        """Plant the records of a recorded query answer, or of each ``.json`` file in a folder.

        Raises:
            ValueError, OSError: the file is no such answer, or cannot be read.
        """
        for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
            try:
                for one in json.loads(file.read_text(encoding="utf-8"))["records"]:
                    name = one["attributes"]["type"]
                    kind = self.schema.get(name)
                    self.plant(name, {key: value for key, value in one.items() if kind.find(key)})
            except (KeyError, TypeError, ApiError) as error:
                raise ValueError(f"{file.name} is no answer to a query of this org: {error}") from None

    def _checked(self, type: ObjectType, values: Mapping[str, Any], manner: Manner, *, new: bool) -> Values:
        given: Values = {}
        refused: list[str] = []
        for name, value in values.items():
            one = type.find(name)
            if one is None or not manner.by.rights.sees(type, one):
                raise no_column(type.name, name)
            if one.name == "Id":
                raise bad_write("INVALID_FIELD", "The Id field should not be specified in the sobject data.", "Id")
            if not one.takes(new) or not manner.by.rights.writes(type, one):
                refused.append(one.name)
                continue
            given[one.name] = accept(one, value)
        if refused:
            said = (
                f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this "
                "field and verify that it is read/write for your profile or permission set."
            )
            raise bad_write("INVALID_FIELD_FOR_INSERT_UPDATE", said, *refused)
        for name, value in given.items():
            one = type.names[name.lower()]
            if value is not None and one.type == "reference":
                self._points(one, value)
        return given

    def _points(self, field: Field, id: str) -> None:
        type = self.schema.of(id)
        if type is None or type.name not in field.refers:
            said = f"{field.shown}: id value of incorrect type: {id}"
            raise bad_write("FIELD_INTEGRITY_EXCEPTION", said, field.name)
        found = self._rows.get(type.name, {}).get(id)
        if found is None:
            raise bad_write("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if found.deleted:
            raise bad_write("ENTITY_IS_DELETED", "entity is deleted")

    def _default(self, type: ObjectType, field: Field, manner: Manner) -> Any:
        if field.auto:
            number = self._numbers[type.name] = self._numbers.get(type.name, 0) + 1
            digits = field.auto[field.auto.index("{") + 1 : field.auto.index("}")]
            return field.auto.replace(f"{{{digits}}}", str(number).rjust(len(digits), "0"))
        if field.type == "boolean":
            return bool(field.default)
        if field.name == "OwnerId":
            return manner.by.id or None
        return field.default

    def _stamps(self, manner: Manner) -> Values:
        at = moment(self.clock())
        return {"LastModifiedDate": at, "LastModifiedById": manner.by.id or None, "SystemModstamp": at}

    def _save(self, type: ObjectType, record: Record, manner: Manner, *, new: bool) -> Record:
        values = {**record.values, **self._stamps(manner)}
        derive(type.name, values, self.find)
        keys = [one for one in type.fields if one.external and values[one.name] is not None]
        fault = manner.fault(manner.operation, type.name, values[keys[0].name] if keys else record.id)
        if fault is not None and fault.kind == "lock":
            raise bad_write("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
        old = None if new else self._rows[type.name][record.id].values
        self.rules.validate(type.name, values, old, planted=fault is not None and fault.kind == "validation")
        if new and not manner.allow_duplicates:
            self.rules.find_duplicates(type.name, values, lambda: self.rows(type))
        for one in type.fields:
            if one.unique and values[one.name] is not None:
                for other in self.matching(type, one, values[one.name]):
                    if other.id != record.id:
                        raise duplicate(one, other.id)
        saved = replace(record, values=values)
        self._put(type.name, record.id, saved)
        if new:
            self._made.append(saved)
        if new and fault is not None and fault.kind == "lost-race" and keys:
            # Only who makes a record can lose the race for its key. The other call's record is this one, saved a moment
            # before: the caller's own write is what clashes.
            clash = duplicate(keys[0], record.id)
            raise LostRace(clash.status, clash.code, clash.message, clash.fields)
        return saved

    def _put(self, type: str, id: str, record: Record | None) -> None:
        rows = self._rows.setdefault(type, {})
        old = rows.get(id)
        if self._undo is not None:
            self._undo.append((type, id, old))
        kind = self.schema.find(type)
        for one in kind.fields if kind else ():
            if one.external or one.lookup or one.unique:
                index = self._keys.setdefault((type, one.name), {})
                for row, add in ((old, False), (record, True)):
                    value = None if row is None or row.deleted else row.values.get(one.name)
                    if value is not None:
                        ids = index.setdefault(_key(one, value), set())
                        ids.add(id) if add else ids.discard(id)
        if record is None:
            rows.pop(id, None)
        else:
            rows[id] = record


def duplicate(field: Field, other: str) -> ApiError:
    said = f"duplicate value found: {field.name} duplicates value on record with id: {other[:15]}"
    return bad_write("DUPLICATE_VALUE", said)


def _key(field: Field, value: Any) -> str:
    return str(value) if field.case_sensitive else str(value).lower()


def _required(type: ObjectType, name: str) -> bool:
    return type.names[name.lower()].required
