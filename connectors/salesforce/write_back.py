"""Writes drafts into an org, each exactly once: as a record under a key of its own, or into an allowed field.

The proof that a draft arrived is the record with its key (an external id): writing it again under the same key changes
that record and makes no second. What people answer about it stands in fields Inlay never writes, so nothing has to be
locked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.salesforce import output, place, record_field
from connectors.salesforce.client import Client, client_of
from connectors.salesforce.output import KEYS, TEXTS, Order
from connectors.salesforce.records import KINDS
from hub.sdk import (
    BadRequest,
    Conflict,
    Connection,
    Delivery,
    InlayError,
    News,
    Receipt,
    Target,
    TargetGone,
    TryLater,
    Unavailable,
    VendorRefused,
)

WITHDRAWN = "Withdrawn"
_LOOKUPS = tuple(kind.lookup for kind in KINDS)
_READ = {
    # What its request is about, too: a request is told of an output on its own record and of no other.
    output.OUTPUT: (
        *("Body__c", "Status__c", "Review_Status__c", "SystemModstamp"),
        *(name for lookup in _LOOKUPS for name in (lookup, f"Request__r.{lookup}")),
    ),
    output.TASK: ("Description", "Subject", "SystemModstamp"),
}


def write_back(connection: Connection, delivery: Delivery) -> Receipt:
    """See ``Connector.write_back``. ``content_hash`` is the SHA-256 of the text as it stands in the record, compared
    without the kind of line ends. ``detail`` holds ``object``, ``way``, and ``note`` when the text was cut.

    Raises:
        BadRequest: the address is wrong, or a simulated draft is meant for a real org.
    """
    outcome = write_many(connection, [delivery])[0]
    if isinstance(outcome, InlayError):
        raise outcome
    return outcome


def write_many(connection: Connection, deliveries: Sequence[Delivery]) -> list[Receipt | InlayError]:
    """See ``Connector.write_many``. New records cost one call for 200 of them, reading them back another, and saying on
    the requests that they are ready a third."""
    outcomes: list[Receipt | InlayError] = [Unavailable("Not written.")] * len(deliveries)
    orders: dict[int, Order] = {}
    requests: dict[int, str] = {}
    for at, delivery in enumerate(deliveries):
        try:
            where = _where(connection, delivery)
            if where.way == "field":
                outcomes[at] = record_field.write(connection, where, delivery)
                continue
            described = client_of(connection).describe(output.TASK if where.way == "task" else output.OUTPUT)
            orders[at] = output.order(delivery, where, described)
            if where.request and delivery.earlier is None:
                requests[at] = where.request
        except InlayError as error:
            outcomes[at] = error
    by_object: dict[str, list[int]] = defaultdict(list)
    for at, order in orders.items():
        by_object[order.object].append(at)
    for name, some in by_object.items():
        try:
            found = _write(connection, name, {at: (deliveries[at], orders[at]) for at in some})
        except InlayError as error:
            found = dict.fromkeys(some, error)
        if any(isinstance(one, VendorRefused) for one in found.values()):
            # An admin may have made a field shorter, or longer, since: the retry knows.
            client_of(connection).forget(name)
        for at, outcome in found.items():
            outcomes[at] = outcome
    late = _say_ready(connection, [id for at, id in requests.items() if _answers(outcomes[at])])
    for at, id in requests.items():
        if id in late:
            # The output is there. That its request could not be told so is mended later, by ``tell``.
            receipt = outcomes[at]
            assert isinstance(receipt, Receipt)
            outcomes[at] = replace(receipt, detail={**receipt.detail, "untold": True})
    return outcomes


def undo(connection: Connection, target: Target, receipt: Receipt) -> Receipt:
    """See ``Connector.undo``. An output is withdrawn and stays readable; a task goes into the Recycle Bin; a field gets
    back what stood there.

    Raises:
        Conflict: the text was changed since.
    """
    where = place.address(connection, target.at)
    if where.way == "field":
        return record_field.undo(connection, where, receipt)
    client = client_of(connection)
    name = str(receipt.detail.get("object", output.OUTPUT))
    if name not in KEYS:
        raise BadRequest("This receipt is none of a Salesforce write-back.", who="an admin")
    standing = _standing(client, name, [receipt.vendor_id]).get(receipt.vendor_id)
    if standing is None or standing.get("Status__c") == WITHDRAWN:
        return Receipt(vendor_id=receipt.vendor_id, content_hash=receipt.content_hash, url=receipt.url, already=True)
    if output.digest(str(standing.get(TEXTS[name][0]) or "")) != receipt.content_hash:
        raise Conflict(
            "The text was edited in Salesforce since it was written, so it is left as it is.",
            instead="Open the record and withdraw it by hand.",
        )
    if name == output.TASK:
        client.delete(name, receipt.vendor_id)
    else:
        client.update(name, receipt.vendor_id, {"Status__c": WITHDRAWN})
    return Receipt(vendor_id=receipt.vendor_id, content_hash=receipt.content_hash, url=receipt.url)


def read(connection: Connection, receipt: Receipt) -> Mapping[str, Any] | None:
    """The record of a receipt as it stands; None when it is gone or withdrawn."""
    name = str(receipt.detail.get("object", output.OUTPUT))
    standing = _standing(client_of(connection), name, [receipt.vendor_id]).get(receipt.vendor_id)
    return None if standing is None or standing.get("Status__c") == WITHDRAWN else standing


def _where(connection: Connection, delivery: Delivery) -> place.Address:
    if delivery.simulated and not connection.sandbox:
        raise BadRequest(
            "A simulated draft is not written to a real Salesforce org.",
            instead="Connect a model, or use the sandbox.",
            who="an admin",
        )
    if delivery.comments:
        raise BadRequest(
            "Salesforce takes no remarks beside a text.", instead="Run this template in Google Docs.", who="a lead"
        )
    if not delivery.text.strip():
        raise BadRequest("There is nothing to write.")
    return place.address(connection, delivery.target.at)


def _write(
    connection: Connection, name: str, orders: Mapping[int, tuple[Delivery, Order]]
) -> dict[int, Receipt | InlayError]:
    """Records of one object, written and read back."""
    client = client_of(connection)
    before = [delivery.earlier.vendor_id for delivery, _ in orders.values() if delivery.earlier is not None]
    standing = _standing(client, name, before)
    outcomes: dict[int, Receipt | InlayError] = {}
    new: dict[int, dict[str, Any]] = {}
    marks: dict[int, dict[str, Any]] = {}
    for at, (delivery, order) in orders.items():
        if delivery.earlier is None:
            new[at] = order.row
            continue
        there = standing.get(delivery.earlier.vendor_id)
        if there is None or there.get("Status__c") == WITHDRAWN:
            outcomes[at] = TargetGone(
                "The draft was removed in Salesforce after it had been written.",
                instead="Copy it from the run's page, or run again.",
            )
        elif _marked_so(there, order):
            outcomes[at] = _receipt(connection, name, there, there["Id"], order, already=True)
        else:
            # What a person changed in the text stays. By its id only the mark changes, and no record is made anew.
            marks[at] = {"Id": there["Id"], **order.review}
    ids: dict[int, str] = {}
    made: set[int] = set()
    for at, answer in zip(new, client.upsert_many(name, KEYS[name], list(new.values())) if new else [], strict=True):
        if isinstance(answer, InlayError):
            outcomes[at] = answer
        else:
            ids[at] = answer[0]
            made |= {at} if answer[1] else set()
    for at, answer in zip(marks, client.update_many(name, list(marks.values())) if marks else [], strict=True):
        if isinstance(answer, InlayError):
            outcomes[at] = answer
        else:
            ids[at] = answer
    now = _standing(client, name, list(ids.values()))
    for at, id in ids.items():
        already = at in new and at not in made
        outcomes[at] = _receipt(connection, name, now.get(id), id, orders[at][1], already=already)
    return outcomes


def _marked_so(there: Mapping[str, Any], order: Order) -> bool:
    """Whether a record says already what it is to say. One that needed no review has no mark to be cleared."""
    return there.get("Review_Status__c") == "Not needed" or all(
        there.get(field) == value for field, value in order.review.items()
    )


def _standing(client: Client, name: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """These records by id, as they stand; those that are gone are missing."""
    return {row["Id"]: row for row in client.records(name, ids, _READ[name])} if ids else {}


def _receipt(
    connection: Connection,
    name: str,
    row: Mapping[str, Any] | None,
    id: str,
    order: Order,
    *,
    already: bool,
) -> Receipt | InlayError:
    if row is None:
        return Unavailable("Salesforce took the draft, and does not show it yet.")
    detail: dict[str, Any] = {"object": name, "way": "task" if name == output.TASK else "output", "key": order.key}
    asked = row.get("Request__r")
    if isinstance(asked, Mapping) and all(asked.get(lookup) == row.get(lookup) for lookup in _LOOKUPS):
        detail["answers"] = True
    if order.truncated:
        detail["note"] = "The text is longer than Salesforce takes: it was cut there, and the run's page has all of it."
    return Receipt(
        vendor_id=id,
        revision=str(row.get("SystemModstamp") or ""),
        content_hash=output.digest(str(row.get(TEXTS[name][0]) or "")),
        url=place.url(connection, id, name),
        already=already,
        detail=detail,
    )


def tell(connection: Connection, news: News) -> None:
    """Say on the request that it needs attention, and why. A run nobody asked for by a request record has none."""
    where = place.address(connection, news.target.at)
    if where.request and news.state in ("delivered", "in_review"):
        fields: dict[str, Any] = {"Status__c": "Ready", "Status_Note__c": ""}
        client_of(connection).update(place.REQUEST, where.request, fields)
    elif where.request:
        said = f"{news.what} {news.instead}".strip()
        length = client_of(connection).describe(place.REQUEST).length("Status_Note__c", 255)
        fields = {
            "Status__c": "Needs attention",
            "Status_Note__c": said if len(said) <= length else said[: length - 1] + "…",
        }
        client_of(connection).update(place.REQUEST, where.request, fields)


def _answers(outcome: Receipt | InlayError) -> bool:
    return isinstance(outcome, Receipt) and bool(outcome.detail.get("answers"))


def _say_ready(connection: Connection, requests: Sequence[str]) -> dict[str, TryLater]:
    """Say on the requests that their output is there; those that have to be told later, and why.

    What Salesforce refuses for good is left: the output itself is what counts.
    """
    if not requests:
        return {}
    ids = list(dict.fromkeys(requests))
    rows = [{"Id": id, "Status__c": "Ready", "Status_Note__c": ""} for id in ids]
    told = client_of(connection).update_many(place.REQUEST, rows)
    return {id: answer for id, answer in zip(ids, told, strict=True) if isinstance(answer, TryLater)}
