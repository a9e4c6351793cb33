"""Answers SOQL from the store: names are looked up as the user sees them, rows found, sorted, grouped and drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from connectors.salesforce.sandbox_accounts import User
from connectors.salesforce.sandbox_errors import ApiError
from connectors.salesforce.sandbox_ids import whole
from connectors.salesforce.sandbox_schema import NUMBERS, Field, ObjectType
from connectors.salesforce.sandbox_soql import (
    Aggregate,
    Among,
    Both,
    Compare,
    Condition,
    Literal,
    Negated,
    Query,
    Sorting,
    malformed,
)
from connectors.salesforce.sandbox_store import Record, Store
from connectors.salesforce.sandbox_values import TEXTS

Test = Callable[[Record], bool]
#: Of a lookup to several types, a query sees only what all of them have.
SHARED = ("Id", "Name", "Type")
HOPS = 5


@dataclass(frozen=True, slots=True)
class Path:
    """A field as a query reaches it: lookups to follow, then the field."""

    hops: tuple[Field, ...]
    field: Field

    @property
    def name(self) -> str:
        return self.field.name


class Answerer:
    """Answers the queries of one user."""

    def __init__(self, store: Store, user: User, version: str) -> None:
        self.store = store
        self.user = user
        self.version = version

    def answer(self, query: Query, *, deleted: bool = False) -> tuple[int, list[dict[str, Any]]]:
        """How many rows there are, and the rows.

        Raises:
            ApiError: the query names what there is not, or compares what cannot be compared (400).
        """
        type = self.type(query.type)
        matches = self.test(type, query.where)
        grouped = bool(query.group) or any(isinstance(one, Aggregate) for one in query.fields)
        paths = [] if grouped else [self.path(type, one) for one in query.fields if isinstance(one, str)]
        sorting = [] if grouped else [(one, self.sortable(type, one.path)) for one in query.order]
        found = [one for one in self.store.rows(type, deleted=deleted) if matches(one)]
        if query.count:
            return len(self._cut(query, found)), []
        if grouped:
            rows = self._cut(query, self.grouped(type, query, found))
            return len(rows), rows
        for one, path in reversed(sorting):
            self.sort(found, one, path)
        found = self._cut(query, found)
        return len(found), [self.drawn(one, paths) for one in found]

    def type(self, name: str) -> ObjectType:
        found = self.store.schema.find(name)
        if found is None or not self.user.rights.may(found, "r"):
            hint = "be sure to append the '__c' after the entity name"
            raise ApiError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported. If it is custom, {hint}.")
        return found

    def path(self, type: ObjectType, text: str) -> Path:
        """What a name such as ``Campaign__r.Owner.Name`` leads to."""
        *relations, name = text.split(".")
        hops: list[Field] = []
        if [one.lower() for one in relations] == [type.name.lower()] and type.relation(type.name) is None:
            # A field may be named with its own type before it.
            relations = []
        for place, relation in enumerate(relations):
            hop = type.relation(relation)
            if hop is None or not self.user.rights.sees(type, hop) or len(hops) == HOPS:
                said = f"Didn't understand relationship '{relation}' in field path."
                raise ApiError(400, "INVALID_FIELD", said)
            hops.append(hop)
            if len(hop.refers) > 1:
                shared = next((one for one in SHARED if one.lower() == name.lower()), None)
                if shared is None or place < len(relations) - 1:
                    raise self._no_column("Name", name)
                kind = "id" if shared == "Id" else "string"
                return Path(tuple(hops), Field(shared, kind, 255))
            type = self.type(next(iter(hop.refers)))
        found = type.find(name)
        if found is None or not self.user.rights.sees(type, found):
            raise self._no_column(type.name, name)
        return Path(tuple(hops), found)

    def sortable(self, type: ObjectType, text: str) -> Path:
        path = self.path(type, text)
        if not path.field.filterable:
            raise ApiError(400, "INVALID_FIELD", f"field '{path.name}' can not be sorted in a query call")
        return path

    def value(self, row: Record, path: Path) -> Any:
        at: Record | None = row
        for hop in path.hops:
            at = self.store.find(at.values.get(hop.name) or "") if at else None
        if at is None:
            return None
        if path.name == "Type" and path.hops and len(path.hops[-1].refers) > 1:
            return at.type
        return at.values.get(path.name)

    def test(self, type: ObjectType, where: Condition | None) -> Test:
        """Whether a row is one of those a condition describes."""
        match where:
            case None:
                return lambda row: True
            case Both(every, parts):
                tests = [self.test(type, part) for part in parts]
                if every:
                    return lambda row: all(test(row) for test in tests)
                return lambda row: any(test(row) for test in tests)
            case Negated(part):
                inside = self.test(type, part)
                return lambda row: not inside(row)
            case Among():
                return self._among(type, where)
            case Compare():
                return self._compare(type, where)

    def _compare(self, type: ObjectType, where: Compare) -> Test:
        path, sign = self._filterable(type, where.path), where.sign
        field = path.field
        if sign == "LIKE":
            if field.type not in TEXTS:
                raise _operator(f"invalid operator on {field.type} field")
            pattern = re.compile(where.literal.pattern, re.IGNORECASE | re.DOTALL)
            return lambda row: pattern.fullmatch(self.value(row, path) or "") is not None
        wanted = _wanted(field, where.literal)
        if sign in ("=", "!="):
            equal = sign == "="
            return lambda row: (_folded(field, self.value(row, path)) == wanted) is equal
        if field.type == "boolean" or wanted is None:
            raise _operator(f"invalid operator on {field.type} field")
        compare: dict[str, Callable[[Any], bool]] = {
            "<": lambda value: value < wanted,
            "<=": lambda value: value <= wanted,
            ">": lambda value: value > wanted,
            ">=": lambda value: value >= wanted,
        }
        holds = compare[sign]

        def test(row: Record) -> bool:
            value = _folded(field, self.value(row, path))
            return value is not None and holds(value)

        return test

    def _among(self, type: ObjectType, where: Among) -> Test:
        path = self._filterable(type, where.path)
        if where.query is None:
            wanted = {_wanted(path.field, one) for one in where.values}
        else:
            wanted = self._selected(path.field, where.query)
        negated = where.negated
        return lambda row: (_folded(path.field, self.value(row, path)) in wanted) is not negated

    def _selected(self, outer: Field, query: Query) -> set[Any]:
        """The ids an inner query finds."""
        if len(query.fields) != 1 or not isinstance(query.fields[0], str) or query.order or query.limit is not None:
            raise malformed("semi join sub-selects should have exactly one field, and no ORDER BY or LIMIT")
        type = self.type(query.type)
        path = self.path(type, query.fields[0])
        if outer.type not in ("id", "reference") or path.field.type not in ("id", "reference"):
            raise ApiError(400, "INVALID_FIELD", f"The inner and outer selects should be ids: '{path.name}'")
        matches = self.test(type, query.where)
        return {_folded(path.field, self.value(row, path)) for row in self.store.rows(type) if matches(row)} - {None}

    def _filterable(self, type: ObjectType, text: str) -> Path:
        path = self.path(type, text)
        if not path.field.filterable:
            raise ApiError(400, "INVALID_FIELD", f"field '{path.name}' can not be filtered in a query call")
        return path

    def sort(self, rows: list[Record], one: Sorting, path: Path) -> None:
        held = {id(row): _folded(path.field, self.value(row, path)) for row in rows}
        rows.sort(key=lambda row: _order(held[id(row)]), reverse=one.descending)
        rows.sort(key=lambda row: (held[id(row)] is None) is one.nulls_last)

    def drawn(self, row: Record, paths: Iterable[Path]) -> dict[str, Any]:
        made: dict[str, Any] = {"attributes": self._attributes(row)}
        for path in paths:
            inside, at = made, row
            for hop in path.hops:
                found = self.store.find(at.values.get(hop.name) or "")
                if found is None:
                    inside[hop.relation or hop.name] = None
                    break
                at = found
                inside = inside.setdefault(hop.relation or hop.name, {"attributes": self._attributes(at)})
            else:
                inside[path.name] = self.value(row, path)
        return made

    def grouped(self, type: ObjectType, query: Query, found: list[Record]) -> list[dict[str, Any]]:
        """One row for each group; one for all of them without GROUP BY."""
        if query.order:
            raise malformed("the sandbox does not sort groups")
        groups = [self.sortable(type, one) for one in query.group]
        written = {one.lower() for one in query.group}
        columns: list[tuple[str, Aggregate | Path, Path]] = []
        unnamed = 0
        for one in query.fields:
            if isinstance(one, str):
                if one.lower() not in written:
                    raise malformed(f"Field must be grouped or aggregated: {one}")
                path = self.path(type, one)
                columns.append((path.name, path, path))
                continue
            path = self._aggregated(type, one)
            columns.append((one.alias or f"expr{unnamed}", one, path))
            unnamed += not one.alias
        kept: dict[tuple[Any, ...], list[Record]] = {} if groups else {(): []}
        for row in found:
            kept.setdefault(tuple(_folded(one.field, self.value(row, one)) for one in groups), []).append(row)
        rows = []
        for members in kept.values():
            made: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
            for name, what, path in columns:
                values = [self.value(row, path) for row in members]
                made[name] = values[0] if isinstance(what, Path) else _aggregate(what.function, path.field, values)
            rows.append(made)
        return rows

    def _aggregated(self, type: ObjectType, one: Aggregate) -> Path:
        path = self._filterable(type, one.path)
        if (one.function in ("SUM", "AVG") and path.field.type not in NUMBERS) or path.field.type == "boolean":
            raise malformed(f"field {path.name} does not support aggregate operator {one.function}")
        return path

    def _attributes(self, row: Record) -> dict[str, str]:
        return {"type": row.type, "url": f"/services/data/v{self.version}/sobjects/{row.type}/{row.id}"}

    @staticmethod
    def _cut(query: Query, rows: list[Any]) -> list[Any]:
        return rows[query.offset : None if query.limit is None else query.offset + query.limit]

    @staticmethod
    def _no_column(type: str, name: str) -> ApiError:
        hint = "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
        said = f"No such column '{name}' on entity '{type}'. {hint}"
        return ApiError(400, "INVALID_FIELD", said)


def _folded(field: Field, value: Any) -> Any:
    """A value as it is compared: texts whatever their case, unless the field minds it."""
    return value.lower() if isinstance(value, str) and field.type in TEXTS and not field.case_sensitive else value


def _order(value: Any) -> Any:
    return (value is not None, 0 if value is None else value)


def _wanted(field: Field, literal: Literal) -> Any:
    """A literal as the field compares it."""
    if literal.kind == "null":
        return False if field.type == "boolean" else None
    kind = "string" if field.type in (*TEXTS, "id", "reference") else "number" if field.type in NUMBERS else field.type
    if literal.kind != kind:
        shown = {"datetime": "dateTime", "number": "double"}.get(kind, kind)
        quoted = "should be enclosed in quotes" if kind == "string" else "should not be enclosed in quotes"
        said = f"value of filter criterion for field '{field.name}' must be of type {shown} and {quoted}"
        raise ApiError(400, "INVALID_FIELD", said)
    if field.type in ("id", "reference"):
        found = whole(literal.value)
        if found is None and literal.value:
            raise _operator(f"invalid ID field: {literal.value}")
        return found
    try:
        if kind == "datetime":
            at = datetime.fromisoformat(literal.value).astimezone(UTC)
            return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"
        if kind == "date":
            return date.fromisoformat(literal.value).isoformat()
    except (ValueError, OverflowError):
        raise malformed(f"invalid date or time: {literal.value}") from None
    return _folded(field, literal.value) if literal.value != "" else None


def _operator(message: str) -> ApiError:
    return ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", message)


def _aggregate(function: str, field: Field, values: list[Any]) -> Any:
    held = [value for value in values if value is not None]
    match function:
        case "COUNT":
            return len(held)
        case "COUNT_DISTINCT":
            return len({_folded(field, value) for value in held})
        case "SUM":
            return sum(held) if held else None
        case "AVG":
            return sum(held) / len(held) if held else None
    return None if not held else min(held) if function == "MIN" else max(held)
