"""Deliveries that waited: their document may lie in the bin by now, which only Drive tells."""

from __future__ import annotations

import time

from connectors.google_docs.client import GoogleClient
from hub.sdk import Delivery, TargetGone

#: Seconds from the request on in which whoever asked has the document open.
FRESH = 120.0


def has_waited(delivery: Delivery) -> bool:
    """Whether a review or some minutes lie between the request and now: nobody need have the document open any more.

    The Docs API says nothing about the bin, so that asking costs a read of Drive's, which the usual run is spared.
    """
    asked_at = delivery.provenance.get("asked_at")
    known = isinstance(asked_at, int | float)
    return delivery.earlier is not None or (known and time.time() - asked_at > FRESH)


def check_bin(client: GoogleClient, document_id: str, delivery: Delivery) -> None:
    """
    Raises:
        TargetGone: the delivery waited, and its document is in the bin.
    """
    if has_waited(delivery) and client.in_bin(document_id):
        raise TargetGone(
            "The document is in the bin.",
            instead="Take it out of the bin in Google Drive and let the run go on; the draft is kept.",
        )
