"""One record over REST: read it, create it, change it, delete it, by its id or by an external id."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from connectors.salesforce.sandbox_accounts import User
from connectors.salesforce.sandbox_errors import ApiError, bad_write, no_column, not_found
from connectors.salesforce.sandbox_ids import whole
from connectors.salesforce.sandbox_parts import Answer, Call, Parts
from connectors.salesforce.sandbox_schema import Field, ObjectType
from connectors.salesforce.sandbox_store import Record
from connectors.salesforce.sandbox_values import seconds


def visible(parts: Parts, user: User, name: str) -> ObjectType:
    """A type the user may see.

    Raises:
        ApiError: there is none (404).
    """
    type = parts.store.schema.get(name)
    if not user.rights.letters(type):
        raise not_found()
    return type


def drawn(parts: Parts, call: Call, record: Record, fields: list[str] | None = None) -> dict[str, Any]:
    """A record as REST answers it: every field the user sees, or those asked for.

    Raises:
        ApiError: a field asked for is not there (400).
    """
    type = parts.store.schema.get(record.type)
    seen = [one for one in type.fields if call.user.rights.sees(type, one)]
    if fields is not None:
        named = {one.name.lower(): one for one in seen}
        for name in fields:
            if name.lower() not in named:
                raise no_column(type.name, name)
        wanted = {name.lower() for name in fields} | {"id"}
        seen = [one for one in seen if one.name.lower() in wanted]
    url = f"/services/data/v{call.version}/sobjects/{type.name}/{record.id}"
    values = {one.name: record.values.get(one.name) for one in seen}
    return {"attributes": {"type": type.name, "url": url}, **values}


def create(parts: Parts, call: Call) -> Answer:
    type = visible(parts, call.user, call.type or "")
    made = parts.store.create(type, call.fields(), call.manner(parts))
    call.committed, call.record = 1, made.id
    location = f"/services/data/v{call.version}/sobjects/{type.name}/{made.id}"
    return Answer(201, {"id": made.id, "success": True, "errors": []}, {"Location": location})


def read(parts: Parts, call: Call) -> Answer:
    return _read(parts, call, parts.store.get(visible(parts, call.user, call.type or ""), _id(call.record)))


def read_by_key(parts: Parts, call: Call) -> Answer:
    type = visible(parts, call.user, call.type or "")
    found = parts.store.matching(type, key_field(call.user, type, call.key or ""), call.record or "")
    if not found:
        raise not_found()
    return _several(call, found) if len(found) > 1 else _read(parts, call, found[0])


def update(parts: Parts, call: Call) -> Answer:
    type = visible(parts, call.user, call.type or "")
    with parts.store.transaction():
        record = parts.store.get(type, _id(call.record))
        _unchanged(call, record)
        parts.store.update(type, record.id, call.fields(), call.manner(parts))
    call.committed = 1
    return Answer(204)


def delete(parts: Parts, call: Call) -> Answer:
    parts.store.delete(visible(parts, call.user, call.type or ""), _id(call.record), call.manner(parts))
    call.committed = 1
    return Answer(204)


def upsert(parts: Parts, call: Call) -> Answer:
    """Create or change the record of an external id. What it says of If-Unmodified-Since is not documented: nothing."""
    type = visible(parts, call.user, call.type or "")
    key = key_field(call.user, type, call.key or "")
    values = call.fields()
    if any(name.lower() == key.name.lower() for name in values):
        said = f"The {key.name} field should not be specified in the sobject data."
        raise ApiError(400, "INVALID_FIELD", said, [key.name])
    only_update = call.query.get("updateOnly", "").lower() == "true"
    with parts.store.transaction():
        found = parts.store.matching(type, key, call.record or "")
        if len(found) > 1:
            return _several(call, found)
        if not found and (only_update or key.type == "id"):
            raise not_found()
        if found:
            record = parts.store.update(type, found[0].id, values, call.manner(parts))
        else:
            record = parts.store.create(type, {**values, key.name: call.record}, call.manner(parts))
    call.committed = 1
    # Versions before 46 said nothing about an update.
    if found and int(call.version.partition(".")[0]) < 46:
        return Answer(204)
    return Answer(200 if found else 201, {"id": record.id, "success": True, "errors": [], "created": not found})


def key_field(user: User, type: ObjectType, name: str) -> Field:
    """A field records are found by.

    Raises:
        ApiError: there is no such field, or it is no external id (404).
    """
    found = type.find(name)
    if found is None or not user.rights.sees(type, found) or not (found.external or found.lookup or found.type == "id"):
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return found


def _id(text: str | None) -> str:
    if whole(text or "") is None:
        # A short way to the record by an id that is none looks like an external id of no field.
        raise not_found(f"Provided external ID field does not exist or is not accessible: {text}")
    return text or ""


def _several(call: Call, found: list[Record]) -> Answer:
    base = f"/services/data/v{call.version}/sobjects"
    return Answer(300, [f"{base}/{one.type}/{one.id}" for one in found])


def _read(parts: Parts, call: Call, record: Record) -> Answer:
    if not call.user.rights.may(parts.store.schema.get(record.type), "r"):
        raise bad_write("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403)
    changed = datetime.fromtimestamp(seconds(record.values["SystemModstamp"]), UTC)
    headers = {"Last-Modified": format_datetime(changed, usegmt=True)}
    since = _moment(call, "If-Modified-Since", strict=False)
    if since is not None and changed <= since:
        return Answer(304, None, headers)
    _unchanged(call, record, strict=False)
    fields = call.query.get("fields")
    return Answer(200, drawn(parts, call, record, fields.split(",") if fields else None), headers)


def _unchanged(call: Call, record: Record, *, strict: bool = True) -> None:
    since = _moment(call, "If-Unmodified-Since", strict=strict)
    if since is not None and datetime.fromtimestamp(seconds(record.values["SystemModstamp"]), UTC) > since:
        raise ApiError(412, "PRECONDITION_FAILED", "The record was modified since the date given.")


def _moment(call: Call, header: str, *, strict: bool) -> datetime | None:
    sent = call.headers.get(header)
    if not sent:
        return None
    try:
        read = parsedate_to_datetime(sent)
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        if strict:
            raise ApiError(400, "INVALID_REQUEST_HEADER", f"The value of {header} is no date.") from None
        return None
