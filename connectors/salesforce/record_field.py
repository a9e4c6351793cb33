"""Writes a draft into a field of a record, where the settings allow that field, and puts back what stood there."""

from __future__ import annotations

from datetime import datetime

from connectors.salesforce import output, place
from connectors.salesforce.client import client_of
from connectors.salesforce.place import Address
from hub.sdk import BadRequest, Conflict, Connection, Delivery, Receipt, TargetGone, VendorRefused

MARK = "[Not reviewed]\n"


def write(connection: Connection, where: Address, delivery: Delivery) -> Receipt:
    """The draft in the field, once. A text that does not fit is refused, never cut: nothing there would say so.

    Raises:
        BadRequest: the text is too long for the field.
        TargetGone: somebody has replaced the draft since it was written.
        Conflict: the record is being changed at this moment.
    """
    client = client_of(connection)
    field = client.describe(where.object).fields.get(where.field)
    if field is None or not field.updateable:
        raise VendorRefused(
            f"Salesforce does not let Inlay write {where.object}.{where.field}.",
            instead="Give the integration user edit access to the field.",
        )
    text = delivery.text.strip()
    wanted = text if delivery.reviewed else MARK + text
    if field.length and output.size(wanted) > field.length:
        raise BadRequest(
            f"The text is too long for {where.object}.{where.field}: it takes {field.length:,} characters.",
            instead="Ask for a shorter text, or leave the draft as an AI Output record.",
        )
    record = client.record(where.object, where.record, (where.field, "SystemModstamp"))
    there = str(record.get(where.field) or "")
    url = place.url(connection, where.record, where.object)
    replaced = {} if output.plain(there) in (output.plain(text), output.plain(MARK + text)) else {"replaced": there}
    already = output.plain(there) == output.plain(wanted)
    if not already and delivery.earlier is not None and output.digest(there) != delivery.earlier.content_hash:
        raise TargetGone(
            f"The draft in {where.object}.{where.field} was replaced after it had been written.",
            instead="Copy it from the run's page, or run again.",
        )
    if not already:
        since = datetime.strptime(str(record["SystemModstamp"]), "%Y-%m-%dT%H:%M:%S.%f%z")
        client.update(where.object, where.record, {where.field: wanted}, unchanged_since=since)
        record = client.record(where.object, where.record, (where.field, "SystemModstamp"))
        there = str(record.get(where.field) or "")
    return Receipt(
        vendor_id=where.record,
        revision=str(record.get("SystemModstamp") or ""),
        content_hash=output.digest(there),
        url=url,
        already=already,
        detail={"object": where.object, "way": "field", "field": where.field, **replaced},
    )


def undo(connection: Connection, where: Address, receipt: Receipt) -> Receipt:
    """What stood in the field before.

    Raises:
        Conflict: the field was changed since, or what stood there is not known any more.
    """
    client = client_of(connection)
    record = client.record(where.object, where.record, (where.field, "SystemModstamp"))
    there = str(record.get(where.field) or "")
    before = receipt.detail.get("replaced")
    if output.digest(there) != receipt.content_hash:
        if before is not None and output.plain(there) == output.plain(str(before)):
            return Receipt(vendor_id=where.record, content_hash=receipt.content_hash, url=receipt.url, already=True)
        raise Conflict(
            f"{where.object}.{where.field} was edited since the draft was written, so it is left as it is.",
            instead="Correct the field by hand.",
        )
    if before is None:
        raise Conflict(
            f"What stood in {where.object}.{where.field} before is not known any more.",
            instead="Correct the field by hand; its history may show the old value.",
        )
    since = datetime.strptime(str(record["SystemModstamp"]), "%Y-%m-%dT%H:%M:%S.%f%z")
    client.update(where.object, where.record, {where.field: before}, unchanged_since=since)
    return Receipt(vendor_id=where.record, content_hash=receipt.content_hash, url=receipt.url)
