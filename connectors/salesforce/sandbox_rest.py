"""The REST API under ``/services/data``: which address means what, and the answers that are about no single record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from connectors.salesforce import sandbox_collections as collections
from connectors.salesforce import sandbox_rows as rows
from connectors.salesforce.sandbox_errors import ApiError, not_found
from connectors.salesforce.sandbox_parts import VERSIONS, Answer, Call, Parts
from connectors.salesforce.sandbox_query import Answerer
from connectors.salesforce.sandbox_schema import describe, summary
from connectors.salesforce.sandbox_soql import malformed, parse

BATCH = 2000
SMALLEST_BATCH = 200
PART = r"([^/]+)"
#: (method, address after the version, operation); the groups are the type, the key field and the record, in that order.
ROUTES: list[tuple[str, re.Pattern[str], str]] = [
    (method, re.compile(pattern), operation)
    for method, pattern, operation in (
        ("GET", "", "resources"),
        ("GET", "/limits", "limits"),
        ("GET", "/limits/recordCount", "limits.recordCount"),
        ("GET", "/query", "query"),
        ("GET", "/queryAll", "queryAll"),
        ("GET", rf"/query(?:All)?/{PART}", "queryMore"),
        ("GET", "/sobjects", "describeGlobal"),
        ("GET", rf"/sobjects/{PART}", "sobjects.summary"),
        ("POST", rf"/sobjects/{PART}", "sobjects.create"),
        ("GET", rf"/sobjects/{PART}/describe", "describe"),
        ("GET", rf"/sobjects/{PART}/{PART}", "sobjects.get"),
        ("PATCH", rf"/sobjects/{PART}/{PART}", "sobjects.update"),
        ("DELETE", rf"/sobjects/{PART}/{PART}", "sobjects.delete"),
        ("GET", rf"/sobjects/{PART}/{PART}/{PART}", "sobjects.getByKey"),
        ("PATCH", rf"/sobjects/{PART}/{PART}/{PART}", "sobjects.upsert"),
        ("POST", "/composite/sobjects", "collections.create"),
        ("PATCH", "/composite/sobjects", "collections.update"),
        ("DELETE", "/composite/sobjects", "collections.delete"),
        ("GET", rf"/composite/sobjects/{PART}", "collections.get"),
        ("POST", rf"/composite/sobjects/{PART}", "collections.get"),
        ("PATCH", rf"/composite/sobjects/{PART}/{PART}", "collections.upsert"),
    )
]
READS = frozenset(
    (
        *("versions", "resources", "limits", "limits.recordCount", "query", "queryAll", "queryMore"),
        *("describeGlobal", "describe", "sobjects.summary", "sobjects.get", "sobjects.getByKey", "collections.get"),
    )
)
#: What the parts of an address are, where they are not the type, the key field and the record.
NAMED = {
    "queryMore": ("record",),
    **dict.fromkeys(("sobjects.get", "sobjects.update", "sobjects.delete"), ("type", "record")),
}


def route(method: str, path: str) -> tuple[str, str, dict[str, str]]:
    """The operation behind an address, the version it names, and what the call is about.

    Raises:
        ApiError: there is no such address (404), or it takes no such method (405).
    """
    path = path.rstrip("/")
    if path == "/services/data":
        return "versions", "", {}
    hit = re.fullmatch(r"/services/data/v(\d\d)\.0(/.*)?", path, re.ASCII)
    if hit is None or int(hit[1]) not in VERSIONS:
        raise not_found()
    known = False
    for wanted, pattern, operation in ROUTES:
        if (found := pattern.fullmatch(hit[2] or "")) is None:
            continue
        known = True
        if wanted == method:
            names = NAMED.get(operation, ("type", "key", "record"))
            parts = [unquote(part) for part in found.groups()]
            return operation, f"{hit[1]}.0", dict(zip(names, parts, strict=False))
    if known:
        raise ApiError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed.")
    raise not_found()


def versions() -> list[dict[str, str]]:
    """What ``/services/data`` answers to anybody."""
    return [
        {"label": f"API {number}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in VERSIONS
    ]


def resources(parts: Parts, call: Call) -> Answer:
    base = f"/services/data/v{call.version}"
    return Answer(200, {name: f"{base}/{name}" for name in ("sobjects", "query", "queryAll", "limits", "composite")})


def limits(parts: Parts, call: Call) -> Answer:
    daily, used = parts.accounts.daily, parts.accounts.used
    return Answer(
        200,
        {
            "DailyApiRequests": {"Max": daily, "Remaining": max(0, daily - used)},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DataStorageMB": {"Max": 1024, "Remaining": 1000},
            "FileStorageMB": {"Max": 1024, "Remaining": 1024},
        },
    )


def record_count(parts: Parts, call: Call) -> Answer:
    wanted = [one for one in call.query.get("sObjects", "").split(",") if one]
    counted = []
    for type in parts.store.schema.all():
        count = len(parts.store.rows(type))
        if count and (not wanted or type.name in wanted) and call.user.rights.may(type, "r"):
            counted.append({"count": count, "name": type.name})
    return Answer(200, {"sObjects": counted})


def describe_all(parts: Parts, call: Call) -> Answer:
    letters = {type.name: call.user.rights.letters(type) for type in parts.store.schema.all()}
    told = [summary(type, letters[type.name], call.version) for type in parts.store.schema.all() if letters[type.name]]
    return Answer(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": told})


def describe_type(parts: Parts, call: Call) -> Answer:
    type = rows.visible(parts, call.user, call.type or "")
    rights = call.user.rights
    fields = [(one, rights.writes(type, one)) for one in type.fields if rights.sees(type, one)]
    return Answer(200, describe(parts.store.schema, type, fields, rights.letters(type), call.version))


def summarize(parts: Parts, call: Call) -> Answer:
    type = rows.visible(parts, call.user, call.type or "")
    told = summary(type, call.user.rights.letters(type), call.version)
    return Answer(200, {"objectDescribe": told, "recentItems": []})


def query(parts: Parts, call: Call) -> Answer:
    text = call.query.get("q", "")
    if not text:
        raise malformed("unexpected token: '<EOF>'")
    answerer = Answerer(parts.store, call.user, call.version)
    total, found = answerer.answer(parse(text), deleted=call.operation == "queryAll")
    return _page(parts, call, total, found, 0, "")


def query_more(parts: Parts, call: Call) -> Answer:
    locator, _, offset = (call.record or "").rpartition("-")
    username, found = parts.cursors.get(locator, ("", []))
    if username != call.user.username or not re.fullmatch(r"\d{1,9}", offset, re.ASCII) or int(offset) >= len(found):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(parts, call, len(found), found, int(offset), locator)


def _page(parts: Parts, call: Call, total: int, found: list[dict[str, Any]], start: int, locator: str) -> Answer:
    size = parts.batch or _batch_size(call.headers)
    answer: dict[str, Any] = {"totalSize": total, "done": start + size >= len(found)}
    if not answer["done"]:
        if not locator:
            locator = f"01g{next(parts.numbers):015d}"
            parts.cursors[locator] = (call.user.username, found)
        answer["nextRecordsUrl"] = f"/services/data/v{call.version}/query/{locator}-{start + size}"
    return Answer(200, {**answer, "records": found[start : start + size]})


def _batch_size(headers: Mapping[str, str]) -> int:
    hit = re.search(r"batchSize=(\d{1,6})", headers.get("Sforce-Query-Options") or "", re.IGNORECASE | re.ASCII)
    return BATCH if hit is None else min(BATCH, max(SMALLEST_BATCH, int(hit[1])))


OPERATIONS: dict[str, Callable[[Parts, Call], Answer]] = {
    "resources": resources,
    "limits": limits,
    "limits.recordCount": record_count,
    "query": query,
    "queryAll": query,
    "queryMore": query_more,
    "describeGlobal": describe_all,
    "describe": describe_type,
    "sobjects.summary": summarize,
    "sobjects.create": rows.create,
    "sobjects.get": rows.read,
    "sobjects.update": rows.update,
    "sobjects.delete": rows.delete,
    "sobjects.getByKey": rows.read_by_key,
    "sobjects.upsert": rows.upsert,
    "collections.create": collections.create,
    "collections.update": collections.update,
    "collections.upsert": collections.upsert,
    "collections.delete": collections.delete,
    "collections.get": collections.read,
}
