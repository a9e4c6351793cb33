"""The SOAP of outbound messages: the envelope Salesforce sends, and the only answer it takes for an acknowledgement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
RECORD = "urn:sobject.enterprise.soap.sforce.com"


def envelope(
    organization: str,
    action: str,
    domain: str,
    version: str,
    type: str,
    told: Iterable[tuple[str, str, Mapping[str, Any]]],
    *,
    bom: bool = False,
) -> bytes:
    """A message. ``told`` has each notification's id, the record's id and the fields sent with it."""
    address = f"https://{domain}/services/Soap"
    notifications = "".join(
        f"<Notification><Id>{id}</Id>"
        f'<sObject xsi:type="sf:{type}" xmlns:sf="{RECORD}"><sf:Id>{record}</sf:Id>{_fields(fields)}</sObject>'
        "</Notification>"
        for id, record, fields in told
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        f'<notifications xmlns="{OUTBOUND}">'
        f"<OrganizationId>{organization}</OrganizationId><ActionId>{action}</ActionId>"
        # Since February 2026 no session id is sent, whatever the message's settings say.
        '<SessionId xsi:nil="true"/>'
        f"<EnterpriseUrl>{address}/c/{version}/{organization[:15]}</EnterpriseUrl>"
        f"<PartnerUrl>{address}/u/{version}/{organization[:15]}</PartnerUrl>"
        f"{notifications}</notifications></soapenv:Body></soapenv:Envelope>"
    )
    return (b"\xef\xbb\xbf" if bom else b"") + text.encode()


def acknowledged(body: bytes) -> bool:
    """Whether an answer says ``Ack`` and ``true`` in exactly the form the schema gives it."""
    if b"<!DOCTYPE" in body:
        return False
    try:
        tree = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return False
    names = [f"{{{SOAP}}}Envelope", f"{{{SOAP}}}Body", f"{{{OUTBOUND}}}notificationsResponse", f"{{{OUTBOUND}}}Ack"]
    at = tree
    for depth, name in enumerate(names):
        if at.tag != name:
            return False
        if depth < 3:
            # A SOAP header before the body is nobody's mistake.
            inside = [one for one in at if one.tag != f"{{{SOAP}}}Header"]
            if len(inside) != 1:
                return False
            at = inside[0]
    return not len(at) and (at.text or "").strip() in ("true", "1")


def _fields(fields: Mapping[str, Any]) -> str:
    """The fields that have a value: one without is left out."""
    held = sorted((name, _written(value)) for name, value in fields.items() if value is not None)
    return "".join(f"<sf:{name}>{escape(text)}</sf:{name}>" for name, text in held)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # What no XML can carry is left out.
    text = UNWRITABLE.sub("", str(value))
    return text.replace("+0000", "Z") if text.endswith(".000+0000") else text
