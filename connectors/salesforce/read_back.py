"""Reads what became of a draft: kept, edited by how much, or removed."""

from __future__ import annotations

from connectors.salesforce import output, place, write_back
from connectors.salesforce.client import client_of
from hub.sdk import Connection, Delivery, Standing, likeness


def read_back(connection: Connection, delivery: Delivery) -> Standing | None:
    """See ``Connector.read_back``."""
    receipt = delivery.earlier
    if receipt is None:
        return None
    where = place.address(connection, delivery.target.at)
    if where.way == "field":
        record = client_of(connection).record(where.object, where.record, (where.field,))
        text, written = str(record.get(where.field) or ""), delivery.text
        text = text.removeprefix("[Not reviewed]\n")
    else:
        standing = write_back.read(connection, receipt)
        if standing is None:
            return Standing(state="deleted")
        name = str(receipt.detail.get("object", output.OUTPUT))
        text, written = str(standing.get(output.TEXTS[name][0]) or ""), delivery.text
    if output.digest(text) == receipt.content_hash:
        return Standing(state="kept", changed=0.0)
    return Standing(state="edited", changed=round(1 - likeness(output.plain(written), output.plain(text)), 4))
