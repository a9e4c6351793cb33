"""Outbound messages of the sandbox: their form, and how they are tried again until they are acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from connectors.salesforce.sandbox_ids import whole
from connectors.salesforce.sandbox_outbound import DAY
from connectors.salesforce.sandbox_samples import LAUNCH, LEAD, PLANNER
from connectors.salesforce.sandbox_soap import acknowledged
from tests.connectors.salesforce.outbound_listener import ACK, GOOD, NAMES, OUTBOUND, RECORD, Listener, listening
from tests.connectors.salesforce.sandbox_bench import RECORDINGS, Org, need_recordings, running

#: The message's schema, as Salesforce generates it for one type of record.
SCHEMA = f"""<schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:out="{OUTBOUND}" targetNamespace="{OUTBOUND}"
    xmlns:ent="{RECORD}" elementFormDefault="qualified">
  <import namespace="{RECORD}" schemaLocation="record.xsd"/>
  <simpleType name="ID">
    <restriction base="string"><length value="18"/><pattern value="[a-zA-Z0-9]{{18}}"/></restriction>
  </simpleType>
  <element name="notifications"><complexType><sequence>
    <element name="OrganizationId" type="out:ID"/><element name="ActionId" type="out:ID"/>
    <element name="SessionId" type="string" nillable="true"/>
    <element name="EnterpriseUrl" type="string"/><element name="PartnerUrl" type="string"/>
    <element name="Notification" minOccurs="1" maxOccurs="100"><complexType><sequence>
      <element name="Id" type="out:ID"/><element name="sObject" type="ent:AI_Request__c"/>
    </sequence></complexType></element>
  </sequence></complexType></element>
</schema>"""
RECORD_SCHEMA = f"""<schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:ent="{RECORD}" targetNamespace="{RECORD}"
    elementFormDefault="qualified">
  <complexType name="AI_Request__c"><sequence>
    <element name="Id" type="string"/>
    <element name="CreatedDate" type="dateTime" minOccurs="0" nillable="true"/>
    <element name="Instructions__c" type="string" minOccurs="0" nillable="true"/>
    <element name="IsDeleted" type="boolean" minOccurs="0" nillable="true"/>
    <element name="Template__c" type="string" minOccurs="0" nillable="true"/>
  </sequence></complexType>
</schema>"""


@pytest.fixture
def org() -> Iterator[Org]:
    with running() as org:
        yield org


@pytest.fixture
def listener(org: Org) -> Iterator[Listener]:
    with listening() as listener:
        # A wait of two hours is a second and a half.
        org.sandbox.outbound.configure(endpoint=listener.url, speed=5000)
        yield listener


def ask(org: Org, count: int = 1, **fields: str) -> list[str]:
    """Requests as the media planner makes them, in one go; gives their ids."""
    token = org.sandbox.accounts.session(PLANNER)
    one = {"attributes": {"type": "AI_Request__c"}, "Template__c": "campaign-email", "Campaign__c": LAUNCH, **fields}
    reply = org.call("POST", "/composite/sobjects", {"records": [one] * count}, token=token)
    return [made["id"] for made in reply.json]


def schema(folder: Path) -> etree.XMLSchema:
    (folder / "record.xsd").write_text(RECORD_SCHEMA, encoding="utf-8")
    (folder / "message.xsd").write_text(SCHEMA, encoding="utf-8")
    return etree.XMLSchema(file=folder / "message.xsd")


def test_a_new_request_is_told_in_the_form_of_the_schema(org: Org, listener: Listener, tmp_path: Path) -> None:
    org.sandbox.outbound.configure(fields=("Template__c", "Instructions__c", "CreatedDate", "IsDeleted"))
    (id,) = ask(org, Instructions__c="Short & <b>sweet</b> 😀")
    assert org.sandbox.outbound.drained()
    (body,) = listener.bodies
    tree = etree.fromstring(body)
    message = tree.find("soap:Body/out:notifications", NAMES)
    schema(tmp_path).assertValid(etree.ElementTree(etree.fromstring(etree.tostring(message))))
    assert message.findtext("out:OrganizationId", namespaces=NAMES) == org.sandbox.organization
    assert message.findtext("out:ActionId", namespaces=NAMES) == org.sandbox.outbound.action
    session = message.find("out:SessionId", NAMES)
    assert session.text is None
    assert dict(session.attrib) == {"{http://www.w3.org/2001/XMLSchema-instance}nil": "true"}
    address = f"https://{org.sandbox.domain}/services/Soap/c/63.0/{org.sandbox.organization[:15]}"
    assert message.findtext("out:EnterpriseUrl", namespaces=NAMES) == address
    sent = message.find("out:Notification/out:sObject", NAMES)
    assert sent.findtext("sf:Id", namespaces=NAMES) == id
    assert sent.findtext("sf:Instructions__c", namespaces=NAMES) == "Short & <b>sweet</b> 😀"
    assert (sent.findtext("sf:CreatedDate", namespaces=NAMES) or "").endswith(".000Z")
    assert listener.headers[0]["content-type"].startswith("text/xml")
    for id in (org.sandbox.outbound.action, message.findtext("out:Notification/out:Id", namespaces=NAMES)):
        assert whole(id) == id


def test_the_message_has_the_shape_of_a_recorded_one(org: Org, listener: Listener) -> None:
    need_recordings()
    ask(org, 3)
    assert org.sandbox.outbound.drained()
    recorded = etree.parse(RECORDINGS / "outbound_aspnetwebhooks" / "OutboundMessage1.xml").getroot()

    def tags(root: etree._Element) -> list[str]:
        """The elements but for the record's fields, which every message chooses for itself."""
        return [one.tag for one in root.iter() if not one.tag.startswith(f"{{{RECORD}}}") or one.tag.endswith("}Id")]

    assert tags(etree.fromstring(listener.bodies[0])) == tags(recorded)


def test_the_recorded_acknowledgement_is_one_and_the_recorded_fault_is_none() -> None:
    need_recordings()
    folder = RECORDINGS / "outbound_aspnetwebhooks"
    assert acknowledged((folder / "NotificationResponse.xml").read_bytes())
    assert not acknowledged((folder / "FaultResponse.xml").read_bytes())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"<html>fine</html>",
        ACK.replace(b"true", b"false"),
        ACK.replace(b"true", b"TRUE"),
        ACK.replace(b"true", b""),
        ACK.replace(b"notificationsResponse", b"notifications"),
        ACK.replace(b"2005/09/outbound", b"2006/09/outbound"),
        ACK.replace(b"<Ack>true</Ack>", b"<Ack>true</Ack><Ack>true</Ack>"),
        ACK.replace(b"<Ack>", b"<Ack><b/>"),
        b'<!DOCTYPE x [<!ENTITY a "true">]>' + ACK.replace(b"true", b"&a;").partition(b"?>")[2],
        ACK[:-5],
    ],
)
def test_anything_but_the_exact_acknowledgement_is_none(body: bytes) -> None:
    assert acknowledged(ACK)
    assert not acknowledged(body)


@pytest.mark.parametrize(
    "told",
    [
        (500, ACK, "text/xml"),
        (204, b"", "text/xml"),
        (200, ACK, "text/plain"),
        (302, ACK, "text/xml"),
        (200, b"", "text/xml"),
    ],
)
def test_a_message_that_is_not_acknowledged_comes_again(
    org: Org, listener: Listener, told: tuple[int, bytes, str]
) -> None:
    listener.answers = lambda number: told if number < 3 else GOOD
    (id,) = ask(org)
    assert org.sandbox.outbound.drained()
    assert listener.records() == [id] * 4
    assert len({message[0][0] for message in listener.notifications()}) == 1
    assert [one.acked for one in org.sandbox.outbound.sent] == [False, False, False, True]


def test_the_wait_grows_with_every_try(org: Org, listener: Listener) -> None:
    listener.answers = lambda number: (500, b"", "text/xml")
    org.sandbox.outbound.configure(speed=1)
    ask(org)
    waits = []
    for tries in range(1, 12):
        assert org.sandbox.outbound.attempted(tries)
        (waiting,) = settled(org, tries)
        waits.append(round(waiting.due - org.sandbox.outbound._now()))
        org.sandbox.outbound.hurry()
    assert waits[:4] == [15, 30, 60, 120]
    assert waits[-1] == 7200


def settled(org: Org, tries: int) -> list[object]:
    """The queue once the sender has written down its last try."""
    outbound = org.sandbox.outbound
    with outbound._changed:
        assert outbound._changed.wait_for(lambda: not outbound._busy and outbound._queue[0].tries == tries, 20)
    return list(outbound.pending())


def test_after_a_day_a_message_is_given_up_and_an_admin_may_queue_it_again(org: Org, listener: Listener) -> None:
    listener.answers = lambda number: (500, b"", "text/xml")
    outbound = org.sandbox.outbound
    outbound.configure(speed=DAY * 4)
    (id,) = ask(org)
    assert outbound.drained()
    assert [one.record for one in outbound.dropped] == [id]
    listener.answers = lambda number: GOOD
    outbound.configure(speed=1)
    assert outbound.requeue() == 1
    assert outbound.drained()
    assert outbound.sent[-1].acked
    assert outbound.dropped == []


def test_a_hundred_go_in_one_message_and_no_more(org: Org, listener: Listener) -> None:
    org.sandbox.outbound.configure(paused=True)
    ids = ask(org, 130) + ask(org, 120)
    assert len(org.sandbox.outbound.pending()) == 250
    org.sandbox.outbound.configure(paused=False)
    assert org.sandbox.outbound.drained()
    assert sorted(map(len, listener.notifications())) == [50, 100, 100]
    assert listener.records() == ids


def test_messages_may_come_twice_and_out_of_order(org: Org, listener: Listener) -> None:
    org.sandbox.outbound.configure(twice=True, shuffled=True, batch=7, paused=True)
    ids = ask(org, 50)
    org.sandbox.outbound.configure(paused=False)
    assert org.sandbox.outbound.drained()
    records = listener.records()
    assert sorted(records) == sorted(ids * 2)
    assert list(dict.fromkeys(records)) != ids
    by_notification = {id: record for message in listener.notifications() for id, record in message}
    assert len(by_notification) == 50


def test_only_the_latest_values_are_sent(org: Org, listener: Listener) -> None:
    org.sandbox.outbound.configure(fields=("Instructions__c",), paused=True)
    (id,) = ask(org, Instructions__c="first")
    store = org.sandbox.store
    store.update(store.schema.get("AI_Request__c"), id, {"Instructions__c": "last"})
    org.sandbox.outbound.configure(paused=False)
    assert org.sandbox.outbound.drained()
    assert b"last" in listener.bodies[0]
    assert b"first" not in listener.bodies[0]


def test_a_byte_order_mark_may_come_first(org: Org, listener: Listener) -> None:
    org.sandbox.outbound.configure(bom=True)
    ask(org)
    assert org.sandbox.outbound.drained()
    assert listener.bodies[0].startswith(b"\xef\xbb\xbf<?xml")


def test_a_listener_that_is_not_there_is_tried_again(org: Org, listener: Listener) -> None:
    org.sandbox.outbound.configure(endpoint="http://127.0.0.1:9/in")
    (id,) = ask(org)
    assert org.sandbox.outbound.attempted(2)
    assert [one.status for one in org.sandbox.outbound.sent[:2]] == [0, 0]
    org.sandbox.outbound.configure(endpoint=listener.url)
    assert org.sandbox.outbound.drained()
    assert listener.records() == [id]


def test_nothing_is_told_of_what_was_rolled_back_or_is_no_request(org: Org, listener: Listener) -> None:
    token = org.sandbox.accounts.session(PLANNER)
    good = {"attributes": {"type": "AI_Request__c"}, "Template__c": "x", "Campaign__c": LAUNCH}
    body = {"allOrNone": True, "records": [good, {**good, "Lead__c": LEAD}]}
    assert not any(one["success"] for one in org.call("POST", "/composite/sobjects", body, token=token).json)
    org.upsert("ab" * 32, Title__c="An output")
    (id,) = ask(org)
    assert org.sandbox.outbound.drained()
    assert listener.records() == [id]


def test_messages_go_to_this_machine_only(org: Org) -> None:
    for settings in ({"endpoint": "https://example.com/in"}, {"endpoint": "http://example.com"}, {"batch": 101}):
        with pytest.raises(ValueError):
            org.sandbox.outbound.configure(**settings)
    with pytest.raises(ValueError):
        org.sandbox.outbound.configure(nonsense=True)
    ask(org)
    assert org.sandbox.outbound.pending() == []
