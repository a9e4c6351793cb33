"""What Salesforce refuses with, in the hub's words: who acts, what to do, and whether trying again helps.

Decided on the HTTP status and the error code; a vendor's message is repeated only where an admin of the org wrote it,
and never with a value that was sent.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from connectors.salesforce import refusal_texts
from hub.sdk import (
    Conflict,
    InlayError,
    NeedsPermission,
    OutOfQuota,
    RateLimited,
    TargetGone,
    Unavailable,
    VendorRefused,
    clean_text,
)

#: What an address is about: a kind of record, one record by id, one by an external key, a query, or something else.
About = Literal["object", "record", "key", "query", "other"]
ADMIN = "a Salesforce admin"
#: After how many seconds a used-up allowance is tried again: it is counted over the last 24 hours and says no reset.
QUARTER = 900.0
_AWAY = frozenset(
    {"SERVER_UNAVAILABLE", "QUERY_TIMEOUT", "REQUEST_RUNNING_TOO_LONG", "INVALID_QUERY_LOCATOR", "UNKNOWN_EXCEPTION"}
)
_GONE = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"})
_API_OFF = frozenset({"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "FUNCTIONALITY_NOT_ENABLED"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}", re.ASCII)
_PATH = re.compile(r"/services/data/v[0-9.]+/(?:sobjects/(?P<object>\w+)/(?P<rest>.+)|(?P<query>query\w*)\b)")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")
#: So many characters in a row that were also sent are taken for what was sent.
_RUN = 16


class SignedOut(NeedsPermission):
    """Salesforce does not know the session. The first time, a new sign-in helps."""


class Taken(VendorRefused):
    """A unique value stands on another record: another call wrote the same key at the same moment, or a real clash."""


@dataclass(frozen=True, slots=True)
class Said:
    """One error of Salesforce's: in an answer of its own the code is errorCode, in a collection's row statusCode."""

    code: str
    message: str
    fields: tuple[str, ...]


def refusal(status: int, body: bytes, path: str, sent: Iterable[object] = ()) -> InlayError:
    """The error an answer stands for. ``sent`` holds the values of the call: they are not repeated."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if status == 300:
        return two_records(_ids(told))
    about, name = _about(path)
    errors = _said(told)
    if status == 401:
        return _signed_out()
    if status == 412:
        return Conflict(
            "The record in Salesforce was changed meanwhile.",
            instead="Look at what stands there now, then ask again.",
        )
    if not errors or status >= 500 or status == 408:
        return Unavailable(f"Salesforce has a failure of its own ({status}).")
    return _named(errors, about, name, sent) or (
        RateLimited("Salesforce asks to slow down.", after=5.0)
        if status == 429
        else VendorRefused(
            f"Salesforce refused the request ({errors[0].code or status}).",
            instead="Look the code up in Salesforce's list of status codes; then try again.",
            who=ADMIN,
        )
    )


def row_refusal(errors: object, about: About, name: str, sent: Mapping[str, Any]) -> InlayError:
    """The error of one record in a collection's answer."""
    said = _said(errors)
    return _named(said, about, name, sent.values()) or VendorRefused(
        f"Salesforce refused the record ({said[0].code if said else 'no reason given'}).",
        instead="Look the code up in Salesforce's list of status codes; then try again.",
        who=ADMIN,
    )


def two_records(found: Sequence[str]) -> VendorRefused:
    """More than one record has the key: it is not unique in the org, so nothing is written."""
    named = f" They are {', '.join(found[:5])}." if found else ""
    return VendorRefused(
        f"More than one record in Salesforce has the key of this output.{named}",
        why="The key's field is not set to unique in the org, or was not at the time.",
        instead="Delete all but one of them, set the field to unique (Setup, Object Manager, Hub Key), then retry.",
        who=ADMIN,
    )


def _named(errors: Sequence[Said], about: About, name: str, sent: Iterable[object]) -> InlayError | None:
    for one in errors:
        named = _by_code(one, about, name, sent)
        if named is not None:
            return named
    return None


def _by_code(one: Said, about: About, name: str, sent: Iterable[object]) -> InlayError | None:
    code = one.code
    if code == "INVALID_SESSION_ID":
        return _signed_out()
    if code == "REQUEST_LIMIT_EXCEEDED":
        if "concurrent" in one.message.lower():
            after = 4.0 + 4.0 * random.random()
            return RateLimited("Too many long calls run in Salesforce at the same time.", after=after)
        return OutOfQuota(
            "The org has used up its API calls of the last 24 hours.",
            after=QUARTER,
            instead="It goes on by itself. If it happens often, buy more calls, or lower the setting api_share.",
        )
    # A trigger that runs into a lock says so inside a message of its own.
    if code == "UNABLE_TO_LOCK_ROW" or "UNABLE_TO_LOCK_ROW" in one.message:
        return RateLimited("Somebody else is writing to the same record in Salesforce.", after=1 + 4 * random.random())
    if code in _AWAY:
        return Unavailable("Salesforce is busy and did not finish the request.")
    if code in _API_OFF:
        return NeedsPermission(
            "The integration user may not use the Salesforce API.",
            instead="Give the user the permission 'API Enabled', in an edition of Salesforce that has the API.",
            who=ADMIN,
        )
    if code in _GONE or (code == "NOT_FOUND" and about == "record"):
        return TargetGone(
            f"{'The record' if about == 'record' else 'A record this belongs to'} in Salesforce is gone, "
            "or the integration user may not see it.",
            instead="Look for it in Salesforce (also in the Recycle Bin), or choose another record.",
        )
    if code == "DUPLICATE_VALUE":
        return Taken(
            "Another record in Salesforce has the same unique value.",
            why=_on(one.fields, name),
            instead="Find the record with the same value, and delete or change it; then retry.",
            who=ADMIN,
        )
    text = refusal_texts.of(code)
    if text is None:
        return None
    limit = re.search(r"max length=(\d+)", one.message) if code == "STRING_TOO_LONG" else None
    missing = re.search(r"No such column '(\w{1,80})'", one.message) if code == "INVALID_FIELD" else None
    fields = one.fields or ((missing[1],) if missing else ())
    why = [
        _on(fields, name),
        f"At most {int(limit[1]):,} characters fit." if limit else "",
        f"The org's own words: {without(one.message, sent)}" if code == "FIELD_CUSTOM_VALIDATION_EXCEPTION" else "",
    ]
    return VendorRefused(text.what, why=" ".join(filter(None, why)), instead=text.instead, who=text.who or ADMIN)


def without(message: str, sent: Iterable[object]) -> str:
    """A vendor's message on one line, cut short, with everything taken out that was sent, and every e-mail address."""
    line = " ".join(clean_text(message).split())[:500]
    values = [" ".join(clean_text(one).split()).casefold() for one in sent if isinstance(one, str) and one.strip()]
    folded = line.casefold()
    if len(folded) != len(line):  # A letter that folds into two: positions no longer tell.
        return "(not repeated here)"
    hidden = [False] * len(line)
    for value in values:
        width = min(len(value), _RUN)
        if width < 2:
            continue
        for at in range(len(line) - width + 1):
            if folded[at : at + width] in value:
                hidden[at : at + width] = [True] * width
    shown = "".join("\0" if hide else letter for letter, hide in zip(line, hidden, strict=True))
    return _EMAIL.sub("…", re.sub("\0+", "…", shown))[:255]


def _signed_out() -> SignedOut:
    return SignedOut(
        "Salesforce no longer accepts the sign-in of this connection.",
        why="A fresh session was refused too: a policy of the org ends it, or the user was frozen.",
        instead="In Setup, look at the integration user's login history and the External Client App's policies.",
        who=ADMIN,
    )


def _on(fields: Sequence[str], name: str) -> str:
    if not fields:
        return ""
    where = f" of {name}" if name else ""
    return f"It is about {', '.join(fields)}{where}."


def _about(path: str) -> tuple[About, str]:
    found = _PATH.search(path)
    if not found:
        return "other", ""
    if found["query"]:
        return "query", ""
    rest = found["rest"].strip("/")
    if rest == "describe":
        return "object", found["object"]
    return ("key" if "/" in rest else "record"), found["object"]


def _said(told: object) -> list[Said]:
    entries = told if isinstance(told, list) else [told] if isinstance(told, dict) else []
    found = []
    for one in entries:
        if not isinstance(one, dict):
            continue
        code, fields = one.get("errorCode") or one.get("statusCode"), one.get("fields")
        if isinstance(code, str):
            names = fields if isinstance(fields, list) else []
            kept = tuple(name for name in names if isinstance(name, str) and _NAME.fullmatch(name))
            found.append(Said(code if _NAME.fullmatch(code) else "unknown", str(one.get("message") or ""), kept))
    return found


def _ids(told: object) -> list[str]:
    paths = told if isinstance(told, list) else []
    last = [path.rpartition("/")[2] for path in paths if isinstance(path, str)]
    return [one for one in last if re.fullmatch(r"[0-9A-Za-z]{1,18}", one)]
