"""Reads the body of an outbound message as strictly as Salesforce writes it, and takes ids from it, nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.sdk import BadRequest

_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_OUT = "{http://soap.sforce.com/2005/09/outbound}"
_SF = "urn:sobject.enterprise.soap.sforce.com"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
#: What a message tells beside its notifications. Of these only the first two are read, and never the session id.
_ABOUT = tuple(_OUT + name for name in ("OrganizationId", "ActionId", "SessionId", "EnterpriseUrl", "PartnerUrl"))
_NOTIFICATION = f"{_OUT}Notification"
LARGEST = 5_000_000
_BOM = b"\xef\xbb\xbf"
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
    """The record a notification is about: its object's name and its id, both as they were sent."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Message:
    """What one message says. ``organization`` and ``action`` are empty unless it names exactly one id."""

    organization: str
    action: str
    records: tuple[Record, ...]


def read(body: bytes) -> Message:
    """The message. Only inside a record may there be elements that are not known: its fields are the org's to choose.

    Raises:
        BadRequest: it is too large, no XML in UTF-8, XML with a document type, or built otherwise than Salesforce does.
    """
    envelope = _parsed(body)
    if envelope.tag != f"{_SOAP}Envelope":
        raise bad("it is no SOAP envelope")
    message = _only(_children(_only(_children(envelope, [f"{_SOAP}Body"])), [f"{_OUT}notifications"]))
    found = _children(message, [*_ABOUT, _NOTIFICATION])
    records = tuple(_record(one) for one in found.pop(_NOTIFICATION, ()))
    organization, action = (_sender(found.get(name, ())) for name in _ABOUT[:2])
    return Message(organization, action, records)


def bad(what: str) -> BadRequest:
    """The error for a body that is no such message; what was sent is not repeated."""
    return BadRequest(f"This is no outbound message Inlay can work on: {what}.", instead="See the connector's page.")


def _parsed(body: bytes) -> Any:
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # lxml ships no types

    if len(body) > LARGEST:
        raise bad("it is too large")
    body = body.removeprefix(_BOM)
    try:
        body.decode()
    except UnicodeDecodeError:
        raise bad("it is not in UTF-8") from None
    declared = _DECLARED.match(body)
    if declared and declared[1].lower() != b"utf-8":
        raise bad("it is not in UTF-8")
    # Salesforce sends none, and what attacks a parser needs one. In UTF-8 there is no other way to write it.
    if b"<!DOCTYPE" in body:
        raise bad("it has a document type")
    parser = etree.XMLParser(
        # Said here, it stands above whatever the message says of itself.
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        collect_ids=False,
    )
    try:
        return etree.fromstring(body, parser)
    except (etree.LxmlError, ValueError):
        raise bad("it is no XML") from None


def _children(element: Any, known: Collection[str]) -> dict[str, list[Any]]:
    """The elements inside one, by name. A comment or an instruction counts as what is not known."""
    found: dict[str, list[Any]] = {}
    for child in element:
        if child.tag not in known:
            raise bad("it holds something that Salesforce does not send")
        found.setdefault(child.tag, []).append(child)
    return found


def _only(found: Mapping[str, list[Any]]) -> Any:
    elements = [one for some in found.values() for one in some]
    if len(elements) != 1:
        raise bad("it is no SOAP body with notifications")
    return elements[0]


def _sender(found: Sequence[Any]) -> str:
    return _id(_text(found[0])) if len(found) == 1 and not len(found[0]) else ""


def _record(notification: Any) -> Record:
    found = _children(notification, [f"{_OUT}Id", f"{_OUT}sObject"])
    if sorted(map(len, found.values())) != [1, 1]:
        raise bad("a notification has one id and one record")
    if not _id(_text(found[f"{_OUT}Id"][0])):
        raise bad("a notification's id is none")
    record = found[f"{_OUT}sObject"][0]
    prefix, colon, name = str(record.get(_TYPE) or "").strip().rpartition(":")
    if not name or record.nsmap.get(prefix if colon else None) != _SF:
        raise bad("a record does not say of which object it is")
    named = record.findall(f"{{{_SF}}}Id")
    if len(named) != 1:
        raise bad("a record has one id")
    return Record(name, _text(named[0]))


def _id(text: str) -> str:
    return text if _ID.fullmatch(text) else ""


def _text(element: Any) -> str:
    """The text of an element that holds text alone: a comment in the middle of an id makes it none."""
    if len(element):
        raise bad("an id is a plain text")
    return (element.text or "").strip()
