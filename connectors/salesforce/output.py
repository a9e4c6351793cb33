"""What a delivery is in Salesforce: the fields of an AI Output or of a Task, cut to what the org takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.salesforce.describe import Described
from connectors.salesforce.place import Address
from connectors.salesforce.records import BY_OBJECT
from hub.sdk import Delivery

OUTPUT, TASK = "AI_Output__c", "Task"
KEYS = {OUTPUT: "Hub_Key__c", TASK: "AI_Hub_Key__c"}
#: Where the draft's text stands, and in which lengths if the org does not tell.
TEXTS = {OUTPUT: ("Body__c", 131_072), TASK: ("Description", 32_000)}
#: Of a text's length this share stays free: Salesforce counts some texts longer than they are (help 000382141).
MARGIN = 0.01
NOT_REVIEWED = "[Not reviewed] "


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One record to be written under its key. ``review`` is what of it changes when the draft was reviewed."""

    object: str
    key: str
    fields: Mapping[str, Any]
    review: Mapping[str, Any]
    text: str
    truncated: bool

    @property
    def row(self) -> dict[str, Any]:
        return {KEYS[self.object]: self.key, **self.fields}


def key_of(delivery: Delivery, record: str, part: str = "text") -> str:
    """The key of one part of a delivery on one record: hexadecimal, so that it can stand in an address. A run that goes
    on at another record leaves another output there, and the first as people left it."""
    return hashlib.sha256(f"inlay|{delivery.key}|{record}|{part}".encode()).hexdigest()


def order(delivery: Delivery, where: Address, described: Described) -> Order:
    """The record a delivery becomes."""
    return _task(delivery, where, described) if where.way == "task" else _output(delivery, where, described)


def about(object: str) -> str:
    """The field in which a Task names a record of this kind: people stand in one, things in another."""
    return "WhoId" if object in ("Lead", "Contact") else "WhatId"


def plain(text: str) -> str:
    """A text as it is compared: Salesforce keeps neither the kind of line ends nor white space at the ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def digest(text: str) -> str:
    """SHA-256 of a text as it is compared."""
    return hashlib.sha256(plain(text).encode()).hexdigest()


def _output(delivery: Delivery, where: Address, described: Described) -> Order:
    made = delivery.provenance
    text, cut = _cut(delivery.text, described.length("Body__c", TEXTS[OUTPUT][1]), str(made.get("url", "")))
    findings = [str(one) for one in made.get("findings", ())]
    url = str(made.get("url", ""))
    kind = BY_OBJECT.get(where.object)
    review = {"Review_Status__c": _review(delivery)}
    fields: dict[str, Any] = {
        **({kind.lookup: where.record} if kind and kind.lookup else {}),
        **({"Request__c": where.request} if where.request else {}),
        "Source_Record_Id__c": where.record,
        "Title__c": str(made.get("title") or made.get("template") or "Draft"),
        "Body__c": text,
        "Template__c": str(made.get("template", "")),
        "Template_Version__c": str(made.get("revision", "")),
        "Part__c": "text",
        "Model__c": str(made.get("model", "")),
        "Provenance__c": json.dumps({"run": delivery.run_id, "url": url, "simulated": delivery.simulated}),
        "Content_SHA256__c": digest(text),
        "Governance_Verdict__c": "Needs review" if findings else "Pass",
        "Governance_Notes__c": "\n".join(findings),
        "Hub_Run__c": delivery.run_id,
        "Requested_By__c": str(made.get("asked_by", "")),
        "Truncated__c": cut,
        "Full_Output_URL__c": url if len(url) <= described.length("Full_Output_URL__c", 255) else "",
        "Status__c": "Ready",
        **review,
    }
    asked_at = made.get("asked_at")
    if isinstance(asked_at, int | float):
        fields["Generated_At__c"] = datetime.fromtimestamp(asked_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Order(
        object=OUTPUT,
        key=key_of(delivery, where.record),
        fields=_short(fields, described, {"Body__c"}),
        review=review,
        text=text,
        truncated=cut,
    )


def _task(delivery: Delivery, where: Address, described: Described) -> Order:
    made = delivery.provenance
    text, cut = _cut(delivery.text, described.length("Description", TEXTS[TASK][1]), str(made.get("url", "")))
    title = str(made.get("title") or made.get("template") or "Draft")
    review = {"Subject": title if delivery.reviewed else NOT_REVIEWED + title}
    fields = {
        about(where.object): where.record,
        "Description": text,
        "Status": "Not Started",
        "Priority": "Normal",
        **review,
    }
    return Order(
        object=TASK,
        key=key_of(delivery, where.record, "task"),
        fields=_short(fields, described, {"Description"}),
        review=_short(review, described, set()),
        text=text,
        truncated=cut,
    )


def size(text: str) -> int:
    """How long Salesforce counts a text at most: in UTF-16 units, each line end as two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 + text.count("\n")


def _review(delivery: Delivery) -> str:
    if not delivery.reviewed:
        return "Not reviewed"
    return "Reviewed" if delivery.earlier is not None else "Not needed"


def _cut(text: str, length: int, url: str) -> tuple[str, bool]:
    """A text that surely fits, and whether something was left out: then its last line says where all of it stands."""
    room = int(length * (1 - MARGIN))
    if size(text) <= room:
        return text, False
    more = f"\n\n[Cut here. The whole text: {url}]" if url else "\n\n[Cut here.]"
    kept, used = [], len(more) + 4
    for one in text:
        used += size(one)
        if used > room:
            break
        kept.append(one)
    return "".join(kept).rstrip() + more, True


def _short(fields: Mapping[str, Any], described: Described, whole: set[str]) -> dict[str, Any]:
    """The small texts, each cut to its field's length; one that is told nowhere else is never among them."""
    return {
        name: _first(value, described.length(name, 255)) if isinstance(value, str) and name not in whole else value
        for name, value in fields.items()
    }


def _first(text: str, length: int) -> str:
    """As much of a text as fits."""
    if size(text) <= length:
        return text
    kept, used = [], 0
    for one in text:
        used += size(one)
        if used > length:
            break
        kept.append(one)
    return "".join(kept)
