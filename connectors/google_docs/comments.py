"""Writes remarks beside a text, as comments, and takes them back. The text itself is never touched.

Comments are made through Drive: it takes them from everybody who may comment. In editors they appear without an
anchor (developers.google.com/workspace/drive/api/guides/manage-comments), so each quotes the passage it is about. Each
ends with a mark of its own, by which a second attempt finds that it is there.
"""

from __future__ import annotations

import hashlib

from connectors.google_docs import place
from connectors.google_docs.client import client_of
from connectors.google_docs.document import read
from hub.sdk import BadRequest, Comment, Conflict, Connection, Delivery, Receipt, Target, clean_text

#: UTF-8 bytes of one comment. The Docs API takes 2,048; what holds there is shown whole everywhere.
MOST_BYTES = 2048
_QUOTED = 300


def write(connection: Connection, delivery: Delivery) -> Receipt:
    """See ``Connector.write_back``. ``detail["comments"]`` holds the ids of the comments, in order.

    Raises:
        BadRequest: simulated remarks are meant for a real account.
    """
    if delivery.simulated and not connection.sandbox:
        raise BadRequest(
            "Simulated remarks are not written to a real Google account.",
            instead="Connect a model, or use the sandbox.",
            who="an admin",
        )
    where = place.address(delivery.target.at)
    client = client_of(connection)
    document = read(client.document(where.document))
    standing = client.comments(where.document)
    ids, made = [], False
    for number, comment in enumerate(delivery.comments, 1):
        mark = _mark(delivery, number)
        known = next((one for one in standing if mark in one.get("content", "")), None)
        if known is None:
            known = client.comment(where.document, text_of(delivery, comment, number), comment.quote)
            made = True
        ids.append(known["id"])
    said = "".join(text_of(delivery, comment, number) for number, comment in enumerate(delivery.comments, 1))
    return Receipt(
        vendor_id=document.id,
        revision=document.revision,
        content_hash=hashlib.sha256(said.encode()).hexdigest(),
        url=place.url(connection, where.document, where.tab),
        already=not made,
        detail={"document": where.document, "comments": ids, "note": f"Written as {_counted(len(ids))}."},
    )


def undo(connection: Connection, target: Target, receipt: Receipt) -> Receipt:
    """Delete the comments. One that somebody answered stays, and so do the others then.

    Raises:
        Conflict: somebody answered.
    """
    client, document = client_of(connection), place.address(target.at).document
    ours = set(receipt.detail["comments"])
    standing = [one for one in client.comments(document) if one["id"] in ours]
    if any(one.get("replies") for one in standing):
        raise Conflict(
            "Somebody answered one of the comments, so they are left as they are.",
            instead="Resolve or delete them in the document.",
        )
    for one in standing:
        client.delete_comment(document, one["id"])
    return Receipt(vendor_id=document, url=receipt.url, already=not standing)


def text_of(delivery: Delivery, comment: Comment, number: int) -> str:
    """A comment as it is written: the passage, the remark, the mark. What is too long is cut, and says where it is."""
    quote = " ".join(clean_text(comment.quote).split())
    quote = f"“{quote[:_QUOTED]}{'…' if len(quote) > _QUOTED else ''}”\n" if quote else ""
    simulated = "Simulated, no model is connected. " if delivery.simulated else ""
    end = f"\n{simulated}{_mark(delivery, number)}"
    remark = clean_text(comment.text).strip()
    room = MOST_BYTES - len((quote + end).encode())
    if len(remark.encode()) > room:
        more = f"… The rest: {delivery.provenance.get('url', 'the run’s page')}"
        remark = remark.encode()[: room - len(more.encode())].decode(errors="ignore") + more
    return f"{quote}{remark}{end}"


def _mark(delivery: Delivery, number: int) -> str:
    return f"[Inlay run {delivery.run_id} · {delivery.key.rpartition('.')[2]}.{number}]"


def _counted(number: int) -> str:
    return "one comment" if number == 1 else f"{number} comments"
