"""Up to 200 records in one call: ``composite/sobjects``. Each has its own result, in the order they were sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from connectors.salesforce.sandbox_errors import ApiError, bad_write
from connectors.salesforce.sandbox_ids import whole
from connectors.salesforce.sandbox_parts import Answer, Call, Parts
from connectors.salesforce.sandbox_rows import drawn, key_field, visible
from connectors.salesforce.sandbox_schema import ObjectType

WRITES, READS = 200, 2000
ROLLED_BACK = bad_write(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
Values = dict[str, Any]


class _Undo(Exception):
    """One record failed, so none is kept."""


def create(parts: Parts, call: Call) -> Answer:
    def one(sent: Values) -> Values:
        made = parts.store.create(_type(parts, call, sent), _fields(sent), call.manner(parts))
        return {"id": made.id, "success": True, "errors": []}

    return _each(parts, call, _records(call), one)


def update(parts: Parts, call: Call) -> Answer:
    def one(sent: Values) -> Values:
        type, fields = _type(parts, call, sent), _fields(sent)
        id = next((fields.pop(name) for name in list(fields) if name.lower() == "id"), None)
        if not isinstance(id, str) or not id:
            raise bad_write("MISSING_ARGUMENT", "Id not specified in an update call", "Id")
        changed = parts.store.update(type, _id(type, id), fields, call.manner(parts))
        return {"id": changed.id, "success": True, "errors": []}

    return _each(parts, call, _records(call), one)


def upsert(parts: Parts, call: Call) -> Answer:
    kind = visible(parts, call.user, call.type or "")
    key = key_field(call.user, kind, call.key or "")
    records = _records(call)
    named = [value for one in records for name, value in one.items() if name.lower() == key.name.lower()]
    twice = {value for value, count in Counter(map(str, named)).items() if count > 1}

    def one(sent: Values) -> Values:
        if _type(parts, call, sent).name != kind.name:
            raise bad_write("INVALID_TYPE", f"the records of this call are of type {kind.name}")
        fields = _fields(sent)
        value = next((fields.pop(name) for name in list(fields) if name.lower() == key.name.lower()), None)
        if value is None and key.type != "id":
            raise bad_write("MISSING_ARGUMENT", f"{key.name} not specified", key.name)
        if value is not None and str(value) in twice:
            # Which of the two Salesforce would save is not documented; a caller must not count on either.
            raise bad_write("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", key.name)
        with parts.store.transaction():
            found = [] if value is None else parts.store.matching(kind, key, str(value))
            if len(found) > 1:
                said = f"Multiple records found with external id {key.name}: {', '.join(row.id for row in found)}"
                raise bad_write("DUPLICATE_EXTERNAL_ID", said, key.name)
            if found:
                saved = parts.store.update(kind, found[0].id, fields, call.manner(parts))
            elif key.type == "id":
                if value is not None:
                    raise bad_write("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
                saved = parts.store.create(kind, fields, call.manner(parts))
            else:
                saved = parts.store.create(kind, {**fields, key.name: value}, call.manner(parts))
        return {"id": saved.id, "success": True, "errors": [], "created": not found}

    return _each(parts, call, records, one)


def delete(parts: Parts, call: Call) -> Answer:
    ids = [one for one in call.query.get("ids", "").split(",") if one]
    _few(len(ids), WRITES)

    def one(sent: Values) -> Values:
        type = parts.store.schema.of(sent["id"])
        if type is None:
            raise bad_write("MALFORMED_ID", f"malformed id {sent['id']}")
        id = _id(type, sent["id"])
        parts.store.delete(type, id, call.manner(parts))
        return {"id": whole(id), "success": True, "errors": []}

    return _each(parts, call, [{"id": id} for id in ids], one, call.query.get("allOrNone", "").lower() == "true")


def read(parts: Parts, call: Call) -> Answer:
    """Records by their ids, in that order; null where there is none."""
    type = visible(parts, call.user, call.type or "")
    if call.body is None:
        ids, fields = call.query.get("ids", "").split(","), call.query.get("fields", "").split(",")
    else:
        sent = call.fields()
        ids, fields = sent.get("ids"), sent.get("fields")
    if not isinstance(ids, list) or not isinstance(fields, list) or not all(isinstance(x, str) for x in ids + fields):
        raise ApiError(400, "JSON_PARSER_ERROR", "ids and fields are lists of texts")
    if not any(fields):
        raise ApiError(400, "MISSING_ARGUMENT", "fields must be specified")
    _few(len(ids), READS)
    answer = []
    for id in ids:
        found = parts.store.find(id)
        kept = found is not None and found.type == type.name and call.user.rights.may(type, "r")
        answer.append(drawn(parts, call, found, fields) if found and kept else None)
    return Answer(200, answer)


def _each(
    parts: Parts, call: Call, records: list[Values], one: Callable[[Values], Values], together: bool | None = None
) -> Answer:
    """Do the same with each record; with allOrNone all of it is undone when one fails."""
    if together is None:
        together = bool(call.fields().get("allOrNone", False))
    results: list[Values] = []

    def work() -> None:
        for sent in records:
            try:
                results.append(one(sent))
            except ApiError as error:
                # What is no JSON of the right kind fails the call, not the record.
                if error.code == "JSON_PARSER_ERROR":
                    raise
                results.append(error.result())

    if not together:
        work()
        call.committed = sum(result["success"] for result in results)
        return Answer(200, results)
    try:
        with parts.store.transaction():
            work()
            if not all(result["success"] for result in results):
                raise _Undo
    except _Undo:
        return Answer(200, [ROLLED_BACK.result() if result["success"] else result for result in results])
    call.committed = len(results)
    return Answer(200, results)


def _records(call: Call) -> list[Values]:
    records = call.fields().get("records")
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise ApiError(400, "JSON_PARSER_ERROR", "records is a list of objects")
    _few(len(records), WRITES)
    return records


def _few(count: int, limit: int) -> None:
    if count > limit:
        said = f"record limit reached. cannot submit more than {limit} records into this call"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", said)


def _fields(sent: Values) -> Values:
    return {name: value for name, value in sent.items() if name != "attributes"}


def _type(parts: Parts, call: Call, sent: Values) -> ObjectType:
    attributes = sent.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        raise ApiError(400, "JSON_PARSER_ERROR", "every record names its type in its attributes")
    type = parts.store.schema.find(name)
    if type is None or not call.user.rights.letters(type):
        raise bad_write("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return type


def _id(type: ObjectType, id: str) -> str:
    found = whole(id)
    if found is None or not found.startswith(type.prefix):
        raise bad_write("MALFORMED_ID", f"{type.name} ID: id value of incorrect type: {id}", "Id")
    return found
