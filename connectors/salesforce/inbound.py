"""Takes outbound messages: proves the org that sent one, and gives notice of each request in it. Only ids are believed.

Salesforce signs nothing. What proves the sender is a token at the end of the address, the org's id and the id of the
outbound message; all three are compared in constant time. The session id a message may carry is never read.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from connectors.salesforce import ids, place, soap
from connectors.salesforce.settings import SalesforceSettings
from hub.sdk import BadRequest, Connection, Ignored, Inbound, InboundAnswer, Notice, Secret, Unverified

#: What Salesforce puts into one message at most (sforce_api_om_outboundmessaging_notifications).
MOST = 100
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
    # The address is /in/<connection>/<token>.
    sent = request.path.split("/", 3)[3] if request.path.count("/") > 2 else ""
    proven = _one_of(sent, _revealed(settings.inbound_token, settings.inbound_token_previous))
    try:
        message = soap.read(request.body) if proven else None
    except BadRequest:
        # A message that cannot be read is told so, and believed nothing: whoever has the token may hear what is wrong.
        return
    org, action = (message.organization, message.action) if message else ("", "")
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
    kind = request.headers.get("content-type", "text/xml").partition(";")[0].strip().lower()
    if kind != "text/xml":
        raise soap.bad("it is not sent as text/xml")
    found = soap.read(request.body).records
    if not 0 < len(found) <= MOST:
        raise soap.bad(f"it holds {len(found)} notifications, where 1 to {MOST} are allowed")
    return [_notice(one) for one in found]


def acknowledge(connection: Connection, request: Inbound) -> InboundAnswer:
    """The answer Salesforce takes for an acknowledgement; it is given once everything in the message is stored."""
    return InboundAnswer(body=ACK, content_type="text/xml; charset=utf-8")


def _notice(record: soap.Record) -> Notice | Ignored:
    if record.type != place.REQUEST:
        try:
            event = ids.object_name(record.type)
        except BadRequest:
            # It is logged: what no object can be called stays outside.
            event = "a record of no type"
        return Ignored(event=event, why="Only AI requests start work.")
    try:
        id = ids.record_id(record.id)
    except BadRequest:
        raise soap.bad("a record's id is none") from None
    return Notice(key=id, at={"request": id})


def _revealed(*tokens: Secret | None) -> list[str]:
    return [one.reveal() for one in tokens if one]


def _one_of(sent: str, accepted: Iterable[str]) -> bool:
    """Every accepted value is compared, whatever the first says, so that the time tells nothing."""
    given = sent.encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(given, one.encode()) for one in accepted]
    return bool(sent) and any(matches)
