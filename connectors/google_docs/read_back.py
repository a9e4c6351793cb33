"""What became of a delivered text: kept, edited by how much, deleted, not decided on. Reads and changes nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from difflib import SequenceMatcher

from connectors.google_docs import draft, place, suggest
from connectors.google_docs.client import client_of
from connectors.google_docs.document import Document, NamedRange, read
from hub.sdk import BadRequest, Connection, Delivery, NeedsPermission, Standing, TargetGone

#: Characters of a text that are compared word by word; of a longer one the beginning tells enough.
COMPARED = 50_000
#: Pairs of equal words up to which their order is compared: what that takes grows with their square.
PAIRS = 200_000


def read_back(connection: Connection, delivery: Delivery) -> Standing | None:
    """See ``Connector.read_back``.

    Text that was cut and pasted loses its named range; it is looked for word for word before it counts as deleted.
    """
    receipt = delivery.earlier
    if receipt is None or not receipt.detail.get("marker"):
        return None
    try:
        written = draft.order(delivery).text
    except BadRequest:
        return None
    client, document_id = client_of(connection), receipt.detail.get("document") or receipt.vendor_id
    try:
        document = read(client.document(document_id))
    except TargetGone:
        # Google says the same of a document that an account may not see. Only who wrote there can tell the two apart.
        if receipt.detail.get("account", connection.account) == connection.account:
            raise
        raise NeedsPermission(
            "The account that looks for the draft cannot see the document.",
            why="It was written in somebody else's name, or the document is gone.",
            instead="Open the Inlay add-on in the document, or share it with the connection's account.",
            who="the asker",
        ) from None
    if client.in_bin(document_id):
        return gone()
    found = [one for tab in document.tabs for one in tab.ranges if draft.same(one.name, receipt.detail["marker"])]
    texts = [one.text for one in found if one.text.strip()]
    if any(suggest.pending(one) for one in found):
        return Standing(state="pending")
    if not texts:
        return Standing(state="kept", changed=0.0) if _stands(document, written) else gone()
    # A tab that was copied holds the text twice: one that nobody touched is enough.
    whole = next((one for one in found if _hash(one.text) == receipt.content_hash), None)
    if whole is not None and place.address(delivery.target.at).mode == "replace":
        return Standing(state="kept", changed=0.0)  # What stands beside it in its line may have stood there before.
    if whole is not None:
        return _grown(whole, written)
    return compared(written, max(texts, key=lambda text: _likeness(written, text)))


def compared(before: str, after: str | None) -> Standing:
    """A text as it was written against how it stands now; the share is of words, from 0 to 1."""
    if after is None or not after.strip():
        return gone()
    if after == before:
        return Standing(state="kept", changed=0.0)
    return Standing(state="edited", changed=round(1.0 - _likeness(before, after), 4))


def gone() -> Standing:
    return Standing(state="deleted", changed=1.0)


def _grown(whole: NamedRange, written: str) -> Standing:
    """Kept, unless somebody wrote on in the very line: Google does not stretch a range over what is put at its ends."""
    first, last = whole.segment.at(whole.start), whole.segment.at(max(whole.start, whole.end - 1))
    if first is None or last is None:
        return Standing(state="kept", changed=0.0)
    before = whole.segment.text(first.start, whole.start).strip()
    after = whole.segment.text(whole.end, last.end).strip()
    return compared(written, " ".join(part for part in (before, written, after) if part))


def _stands(document: Document, text: str) -> bool:
    return any(segment.find(text) for tab in document.tabs for segment in tab.segments)


def _likeness(before: str, after: str) -> float:
    """The share of words that are alike, in their order; of texts that repeat themselves so much that comparing them
    would take seconds, whatever the order.
    """
    one, two = before[:COMPARED].split(), after[:COMPARED].split()
    often = Counter(two)
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    return matcher.ratio() if sum(often[word] for word in one) <= PAIRS else matcher.quick_ratio()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
