"""Takes outbound messages: proves the org that sent one, and gives notice of each request in it. Only ids are believed.

Salesforce signs nothing. What proves the sender is a token at the end of the address, the org's id and the id of the
outbound message; all three are compared in constant time. The session id a message may carry is never read.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any

from connectors.salesforce import ids, place
from connectors.salesforce.settings import SalesforceSettings
from hub.sdk import BadRequest, Connection, Ignored, Inbound, InboundAnswer, Notice, Secret, Unverified

_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_OUT = "{http://soap.sforce.com/2005/09/outbound}"
_SF = "{urn:sobject.enterprise.soap.sforce.com}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
#: What Salesforce puts into one message at most (sforce_api_om_outboundmessaging_notifications).
MOST = 100
LARGEST = 5_000_000
#: The event this connector understands: a flow sends it for each request that was made.
EVENTS = ("outbound_message",)
#: Any other body is a failed delivery to Salesforce, which then sends the message again for a day.
ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)


def verify(connection: Connection, request: Inbound) -> None:
    """
    Raises:
        Unverified: the connection takes no messages, or the token, the org or the message is another.
    """
    settings: SalesforceSettings = connection.settings
    sent = request.path.rstrip("/").rpartition("/")[2] if request.path.count("/") > 2 else ""
    proven = _one_of(sent, _revealed(settings.inbound_token, settings.inbound_token_previous))
    # A message that cannot be read is told so, and believed nothing: whoever has the token may hear what is wrong.
    org, action = _sender(request.body) if proven else ("", "")
    if proven and not org:
        return
    # Ids come with 15 or with 18 characters; the first 15 say it all, in capitals and small letters.
    proven &= _one_of(org[:15], [settings.organization_id[:15]])
    proven &= _one_of(action[:15], [one[:15] for one in settings.action_ids])
    if not proven:
        raise Unverified(
            "The message does not prove which org sent it.",
            why="Its address, its organization id or its action id is none of this connection.",
            instead="Compare the outbound message in Setup with the connection's settings.",
        )


def parse(connection: Connection, request: Inbound) -> list[Notice | Ignored]:
    """One notice per request in the message, in its order.

    Raises:
        BadRequest: it is no outbound message as Salesforce documents it.
    """
    message = _message(request.body)
    found = message.findall(f"{_OUT}Notification")
    if not 0 < len(found) <= MOST:
        raise _bad(f"it holds {len(found)} notifications, where 1 to {MOST} are allowed")
    return [_notice(one) for one in found]


def acknowledge(connection: Connection, request: Inbound) -> InboundAnswer:
    """The answer Salesforce takes for an acknowledgement; it is given once everything in the message is stored."""
    return InboundAnswer(body=ACK, content_type="text/xml; charset=utf-8")


def _notice(notification: Any) -> Notice | Ignored:
    records = notification.findall(f"{_OUT}sObject")
    if len(records) != 1:
        raise _bad("a notification is about one record")
    kind = str(records[0].get(_TYPE, "")).rpartition(":")[2]
    if kind != place.REQUEST:
        return Ignored(event=kind[:100] or "a record of no type", why="Only AI requests start work.")
    named = records[0].findall(f"{_SF}Id")
    if len(named) != 1 or len(named[0]):
        raise _bad("a record has one id")
    try:
        id = ids.record_id((named[0].text or "").strip())
    except BadRequest:
        raise _bad("a record's id is none") from None
    return Notice(key=id, at={"request": id})


def _sender(body: bytes) -> tuple[str, str]:
    """The org and the action a message names; empty texts when it cannot be read."""
    try:
        message = _message(body)
    except BadRequest:
        return "", ""
    named = [[one.text or "" for one in message.findall(_OUT + name)] for name in ("OrganizationId", "ActionId")]
    return tuple(one[0].strip() if len(one) == 1 else "-" for one in named)  # type: ignore[return-value]


def _message(body: bytes) -> Any:
    """The ``notifications`` element of a message.

    Raises:
        BadRequest: it is too large, no XML, XML with a document type, or no outbound message.
    """
    from lxml import etree

    if len(body) > LARGEST:
        raise _bad("it is too large")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise _bad("it is no XML") from None
    if root.getroottree().docinfo.doctype:
        # Salesforce sends none, and what attacks a parser needs one.
        raise _bad("it has a document type")
    bodies = root.findall(f"{_SOAP}Body") if root.tag == f"{_SOAP}Envelope" else []
    messages = [message for one in bodies for message in one.findall(f"{_OUT}notifications")]
    if len(bodies) != 1 or len(messages) != 1:
        raise _bad("it is no SOAP message with notifications")
    return messages[0]


def _revealed(*tokens: Secret | None) -> list[str]:
    return [one.reveal() for one in tokens if one]


def _one_of(sent: str, accepted: Iterable[str]) -> bool:
    """Every accepted value is compared, whatever the first says, so that the time tells nothing."""
    given = sent.encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(given, one.encode()) for one in accepted]
    return bool(sent) and any(matches)


def _bad(what: str) -> BadRequest:
    return BadRequest(f"This is no outbound message Inlay can work on: {what}.", instead="See the connector's page.")
