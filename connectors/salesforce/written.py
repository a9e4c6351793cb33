"""From a record a person points at to what Inlay wrote there: itself, and the outputs and tasks beside it."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.salesforce import ids, output, place
from connectors.salesforce.client import client_of
from connectors.salesforce.records import BY_OBJECT, Kind
from hub.sdk import BadRequest, Connection

#: Of each kind the newest; a campaign with more is asked for by the output.
MOST = 100


def at(connection: Connection, given: str) -> Iterator[str]:
    """See ``Connector.written_at``. Only for a campaign, a lead, an opportunity or a contact the org is asked, in one
    call, or two where tasks are on.

    Raises:
        NeedsPermission, TryLater, VendorRefused: the org cannot be asked.
    """
    try:
        record = place.record(connection, given)
    except BadRequest:
        return
    yield record
    object = next((name for name, prefix in ids.PREFIXES.items() if record.startswith(prefix)), "")
    if kind := BY_OBJECT.get(object):
        yield from _beside(connection, kind, record)


def _beside(connection: Connection, kind: Kind, record: str) -> Iterator[str]:
    client, newest = client_of(connection), f"ORDER BY CreatedDate DESC LIMIT {MOST}"
    # Salesforce indexes the lookup. A contact has none: its id stands in a text.
    field = kind.lookup or "Source_Record_Id__c"
    for row in client.query(f"SELECT Id FROM {output.OUTPUT} WHERE {field} = {{}} {newest}", record):
        yield str(row["Id"])
    if connection.settings.tasks:
        about, key = output.about(kind.object), output.KEYS[output.TASK]
        query = f"SELECT Id FROM {output.TASK} WHERE {about} = {{}} AND {key} != null {newest}"
        for row in client.query(query, record):
            yield str(row["Id"])
