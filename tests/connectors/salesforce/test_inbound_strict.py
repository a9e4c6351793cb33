"""An outbound message has the form of Salesforce's schema: its names, its namespaces and what may stand where."""

from __future__ import annotations

import pytest

from connectors.salesforce import soap
from hub.sdk import BadRequest
from tests.connectors.salesforce.hub_bench import ACTION, message

REQUEST = "a01Hs0000000901IAA"
GOOD = message([REQUEST])
RECORDS = (soap.Record("AI_Request__c", REQUEST),)


def changed(old: bytes, new: bytes) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    "body",
    [
        changed(b"urn:sobject.enterprise.soap.sforce.com", b"urn:sobject.partner.soap.sforce.com"),
        changed(b'xsi:type="sf:AI_Request__c"', b'xsi:type="AI_Request__c"'),
        changed(b'xsi:type="sf:AI_Request__c"', b'xsi:type="soapenv:AI_Request__c"'),
        changed(b'xsi:type="sf:AI_Request__c"', b'xsi:type="nobody:AI_Request__c"'),
        changed(b'xsi:type="sf:AI_Request__c"', b'type="sf:AI_Request__c"'),
        changed(b'xsi:type="sf:AI_Request__c"', b'xsi:type="sf:"'),
        changed(b"<sf:Id>", b'<sf:Id xmlns:sf="urn:other">'),
        changed(b"<OrganizationId>", b'<OrganizationId xmlns="">').replace(b"<ActionId>", b'<ActionId xmlns="">'),
        changed(b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"),
        changed(b"http://soap.sforce.com/2005/09/outbound", b"http://soap.sforce.com/2005/09/Outbound"),
    ],
    ids=range(10),
)
def test_a_name_of_another_namespace_is_another_name(body: bytes) -> None:
    with pytest.raises(BadRequest):
        soap.read(body)


@pytest.mark.parametrize(
    "body",
    [
        changed(b"<soapenv:Body>", b"<soapenv:Header/><soapenv:Body>"),
        changed(b"<notifications ", b"<other/><notifications "),
        changed(b"<Notification>", b"<More/><Notification>"),
        changed(b"<sObject ", b"<More/><sObject "),
        changed(b"<Notification>", b"<!-- --><Notification>"),
        changed(b"</Notification>", b"<?a b?></Notification>"),
    ],
    ids=range(6),
)
def test_nothing_is_added_where_salesforce_adds_nothing(body: bytes) -> None:
    with pytest.raises(BadRequest):
        soap.read(body)


def test_a_record_may_carry_any_fields_and_none_of_them_is_read() -> None:
    more = b"<sf:Id><!----></sf:Id>"
    fields = b"<sf:Name>x</sf:Name><sf:New__c><sf:Id>a01Hs0000000902IAA</sf:Id></sf:New__c><other/></sObject>"
    assert soap.read(changed(b"</sObject>", fields)).records == RECORDS
    with pytest.raises(BadRequest):
        soap.read(changed(b"</sObject>", more + b"</sObject>"))


@pytest.mark.parametrize("id", [b"", b"04lHs000000000", b"../04lHs0000000000", b"04lHs0000000000IAAx", b"<b/>"])
def test_a_notification_has_an_id(id: bytes) -> None:
    with pytest.raises(BadRequest):
        soap.read(changed(b"04lHs0000000000IAA", id))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("declared", [b'<?xml version="1.0" encoding="utf-8"?>', b"<?xml version='1.0'?>", b""])
def test_utf_8_is_read_with_and_without_a_mark_and_a_declaration(mark: bytes, declared: bytes) -> None:
    bare = GOOD.partition(b"?>")[2].lstrip()
    assert soap.read(mark + declared + bare).records == RECORDS


def test_a_message_says_who_sent_it() -> None:
    said = soap.read(GOOD)
    assert (said.organization, said.action, said.records) == ("00DHs0000000001MAA", ACTION, RECORDS)
