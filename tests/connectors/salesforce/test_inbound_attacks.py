"""What is no honest outbound message starts nothing, reads nothing, calls nobody, and leaves no secret behind."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from connectors.salesforce import inbound, soap
from connectors.salesforce.sandbox_samples import ORGANIZATION
from hub.sdk import BadRequest, Connection, Ignored, Inbound, Notice, Unverified
from tests.conftest import ROOT
from tests.connectors.salesforce.hub_bench import ACTION, Place, connected, message
from tests.connectors.salesforce.test_inbound import NEW, came, opened
from tests.hubs import KEY, ORG_TOKEN, a_hub, connect_org

REQUEST = "a01Hs0000000901IAA"
GOOD = message([REQUEST])
#: Without its XML declaration, so that a document type or another declaration can go first.
BARE = GOOD.partition(b"?>")[2].lstrip()
ID = REQUEST.encode()
SESSION = "00DHs0000000001!AQcAQH0dMHZfz972Szmpkb58urFRkgeBGsxL"
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (one, b"&l%d;" % (one - 1) * 10) for one in range(1, 10))
_ID = re.compile(r"[0-9A-Za-z]{18}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")


def about(id: bytes) -> bytes:
    """The good message with this in the place of the request's id."""
    return GOOD.replace(ID, id)


def typed(doctype: bytes, id: bytes = ID) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + doctype + BARE.replace(ID, id)


def encoded(name: str, python: str = "", doctype: str = "<!DOCTYPE f>") -> bytes:
    head = f'<?xml version="1.0" encoding="{name}"?>'
    if name == "UTF-7":
        return head.encode() + (doctype + BARE.decode()).encode("utf-7")
    return (head + doctype + BARE.decode()).encode(python or name)


def parsed(body: bytes) -> list[Notice | Ignored]:
    return inbound.parse(opened(), came(body))


@contextmanager
def trap() -> Iterator[tuple[int, list[bytes]]]:
    """A port nobody has a reason to call, and what came all the same."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        with suppress(OSError):
            while True:
                caller, _ = server.accept()
                heard.append(caller.recv(1000))
                caller.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], heard
    finally:
        # Closed alone, a listening socket keeps the thread that waits on it.
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


DOCTYPES = {
    "a document type": typed(b"<!DOCTYPE f>"),
    "an entity": typed(b'<!DOCTYPE f [<!ENTITY f "a01Hs0000000901IAA">]>', b"&f;"),
    "billion laughs": typed(b'<!DOCTYPE f [<!ENTITY l0 "lol">' + LAUGHS + b"]>", b"&l9;"),
    "laughs in an attribute": typed(b'<!DOCTYPE f [<!ENTITY l0 "lol">' + LAUGHS + b"]>").replace(b"sf:AI", b"&l9;AI"),
    "one long entity many times": typed(b'<!DOCTYPE f [<!ENTITY a "%s">]>' % (b"a" * 100_000), b"&a;" * 20_000),
    "a parameter entity": typed(b"<!DOCTYPE f [<!ENTITY % p \"<!ENTITY f 'a01Hs0000000901IAA'>\"> %p;]>", b"&f;"),
    "a default attribute": typed(b'<!DOCTYPE f [<!ATTLIST sObject x CDATA "AI_Request__c">]>'),
    "UTF-16": encoded("UTF-16"),
    "UTF-16 without a mark": encoded("UTF-16BE"),
    "UTF-32": encoded("UTF-32"),
    "UTF-7": encoded("UTF-7", doctype='<!DOCTYPE f [<!ENTITY f "x">]>'),
    "EBCDIC": encoded("IBM037", "cp037"),
}


@pytest.mark.parametrize("body", DOCTYPES.values(), ids=DOCTYPES)
def test_a_document_type_is_refused_in_every_encoding(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parsed(body)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE f SYSTEM "{}">',
        '<!DOCTYPE f PUBLIC "-//a//b" "{}">',
        '<!DOCTYPE f [<!ENTITY f SYSTEM "{}">]>',
        '<!DOCTYPE f [<!ENTITY % p SYSTEM "{}"> %p;]>',
        '<!DOCTYPE f [<!ENTITY % p PUBLIC "-//a//b" "{}"> %p;]>',
        '<?xml-stylesheet type="text/xsl" href="{}"?>',
    ],
)
def test_nothing_a_message_points_at_is_opened(tmp_path: Path, doctype: str) -> None:
    (tmp_path / "f.dtd").write_text('<!ENTITY f "a01Hs0000000901IAA">', encoding="utf-8")
    with trap() as (port, heard):
        for there in (f"http://127.0.0.1:{port}/f.dtd", f"ftp://127.0.0.1:{port}/f", (tmp_path / "f.dtd").as_uri()):
            with pytest.raises(BadRequest):
                parsed(typed(doctype.format(there).encode(), b"&f;"))
            include = f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" parse="text" href="{there}"/>'
            with pytest.raises(BadRequest):
                parsed(about(include.encode()))
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(b"the trap works")
            caller.shutdown(socket.SHUT_WR)
            assert caller.recv(1) == b""
        assert heard == [b"the trap works"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\xef\xbb\xbf",
        b"<html><body>Salesforce is down for maintenance</body></html>",
        b'{"OrganizationId": "00DHs0000000001MAA"}',
        b"<notifications/>",
        b'<?xml version="1.0" encoding="no-such"?>' + BARE,
        b'<?xml version="1.0" encoding="UTF-16"?>' + BARE,
        b"<a>" * 100_000,
        about(b"<a>" * 20_000 + b"</a>" * 20_000),
        about(b"&f;"),
        about(b"\x00"),
        about(b"&#0;"),
        about(b"&#xFFFF;"),
        GOOD.replace(b"<soapenv:Body>", b"<soapenv:Body/><soapenv:Body>"),
        GOOD.replace(b"2005/09/outbound", b"2005/10/outbound"),
        message([]),
        message([REQUEST] * 101),
        GOOD + b" " * (soap.LARGEST + 1 - len(GOOD)),
    ],
    ids=lambda body: repr(body[:24]) if len(body) < 200 else f"{len(body)} bytes",
)
def test_what_is_no_outbound_message_is_told_so(body: bytes) -> None:
    # Whoever has the token hears what is wrong; nobody else does.
    inbound.verify(opened(), came(body))
    with pytest.raises(BadRequest):
        parsed(body)
    with pytest.raises(Unverified):
        inbound.verify(opened(), came(body, "another-token-that-is-long-enough"))


@pytest.mark.parametrize("kind", ["application/json", "text/html", "multipart/form-data; boundary=text/xml", ""])
def test_a_message_that_is_sent_as_something_else_is_none(kind: str) -> None:
    for sent in ("text/xml", "Text/XML; charset=UTF-8"):
        assert inbound.parse(opened(), replace(came(GOOD), headers={"content-type": sent}))
    with pytest.raises(BadRequest):
        inbound.parse(opened(), replace(came(GOOD), headers={"content-type": kind}))


@pytest.mark.parametrize(
    "id",
    [
        b"", b"../../Account/001", b"..%2F..%2FAccount", b"https://evil.example/a01Hs0000000901IAA", b"//evil.example",
        b"a01Hs0000000901' OR Id != '", b"a01Hs0000000901IAA?_HttpMethod=DELETE", b"a01Hs0000000901IAA a01",
        b"a01Hs0000000901IAB", b"a01Hs000000090", "а01Hs0000000901IAA".encode(), "a01Hs0000000901IAA\u200b".encode(),
        b"<b>a01Hs0000000901IAA</b>", b"a01Hs0000000901IAA<b/>", b"a" * 1_000_000,
    ],
    ids=lambda id: repr(id[:30]),
)  # fmt: skip
def test_what_is_no_record_id_never_becomes_one(id: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        parsed(about(id))
    assert not re.search("a01|evil|Account", f"{refused.value.what} {refused.value.why} {refused.value.instead}")


@pytest.mark.parametrize(
    "id", [b"<![CDATA[a01Hs0000000901IAA]]>", b"&#97;01Hs0000000901IAA", b"\n a01Hs0000000901IAA \n"]
)
def test_an_id_is_the_same_however_xml_writes_it(id: bytes) -> None:
    assert parsed(about(id)) == [Notice(key=REQUEST, at={"request": REQUEST})]


@pytest.mark.parametrize(
    "id", [b"a01Hs0000000901<!-- -->IAA", b"a01Hs0000000901IAA<!---->", b"a01Hs0000000901<?a b?>xyz"]
)
def test_an_id_that_is_cut_in_two_is_none(id: bytes) -> None:
    """A reader that stops at a comment takes another record than one that does not."""
    with pytest.raises(BadRequest):
        parsed(about(id))


def test_a_record_has_one_id_and_a_notification_one_record() -> None:
    twice = b"<sf:Id>" + ID + b"</sf:Id>"
    for body in (
        GOOD.replace(twice, twice * 2),
        GOOD.replace(twice, b""),
        GOOD.replace(b"</sObject>", b'</sObject><sObject xsi:type="AI_Request__c"/>'),
        re.sub(b"<sObject.*</sObject>", b"", GOOD),
    ):
        assert body != GOOD
        with pytest.raises(BadRequest):
            parsed(body)


@pytest.mark.parametrize(
    "org", ["", " ", "00DHs0000000002MAA", ORGANIZATION.lower(), ORGANIZATION[:14], "00D" + "0" * 12]
)
def test_another_org_proves_nothing_even_with_the_token(org: str) -> None:
    with pytest.raises(Unverified):
        inbound.verify(opened(), came(message([REQUEST], org=org)))


@pytest.mark.parametrize("action", ["", "04kHs0000000002IAA", ACTION.lower(), ACTION[:14]])
def test_another_message_of_the_org_proves_nothing(action: str) -> None:
    with pytest.raises(Unverified):
        inbound.verify(opened(), came(message([REQUEST], action=action)))


def test_an_org_or_a_message_named_twice_or_not_at_all_proves_nothing() -> None:
    for name in (b"OrganizationId", b"ActionId"):
        (whole,) = re.findall(b"<%s>.*?</%s>" % (name, name), GOOD)
        for instead in (b"", whole * 2, b"<%s/>" % name, whole.replace(b">0", b"><b/>0")):
            body = GOOD.replace(whole, instead)
            assert body != GOOD
            with pytest.raises(Unverified):
                inbound.verify(opened(), came(body))


@pytest.mark.parametrize(
    "token",
    ["", " ", NEW[:-1], NEW + "x", NEW.upper(), NEW + "/", "/" + NEW, f"{NEW}/{NEW}", "ü" * 30, "\udcff", "\x00"],
)
def test_no_other_token_is_taken(token: str) -> None:
    with pytest.raises(Unverified):
        inbound.verify(opened(), came(GOOD, token))


PIECES = st.sampled_from(
    [
        b"<", b">", b"</", b"/>", b"&", b"&lt;", b"&#0;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?a?>", b"\x00",
        b"\xff", b"\xef\xbb\xbf", b"<!DOCTYPE a>", b"<!ENTITY a 'b'>", b"xmlns=''", b' xsi:type="a:b"', b"<sf:Id>",
        b"</sf:Id>", b"<Notification>", b"</Notification>", b"<OrganizationId/>", b"UTF-16", b"1.1", ID,
        b"AI_Request__c", b"\n", b"'", b'"',
    ]
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, 60), PIECES | st.binary(max_size=6)), min_size=1, max_size=5
)
FAST = trying(max_examples=6_000, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
CONNECTION = opened()


def judged(connection: Connection, call: Inbound) -> None:
    """Only the two errors of the contract leave, and what is believed has the form of an id."""
    try:
        inbound.verify(connection, call)
        found = inbound.parse(connection, call)
    except (Unverified, BadRequest):
        return
    assert 0 < len(found) <= inbound.MOST
    for one in found:
        if isinstance(one, Notice):
            assert _ID.fullmatch(one.key) and one.at == {"request": one.key}
        else:
            assert _NAME.fullmatch(one.event) or one.event == "a record of no type"


@FAST
@given(EDITS)
def test_a_message_with_random_edits_is_taken_or_refused_and_never_breaks(
    edits: list[tuple[int, int, bytes]],
) -> None:
    body = GOOD
    for at, length, piece in edits:
        body = body[:at] + piece + body[at + length :]
    judged(CONNECTION, came(body))


@FAST
@given(st.binary(max_size=300), st.text(max_size=40) | st.just(NEW))
def test_random_bytes_and_tokens_are_refused_and_never_break_anything(body: bytes, token: str) -> None:
    call = came(body, token)
    judged(CONNECTION, call)
    with pytest.raises(BadRequest):
        inbound.parse(CONNECTION, call)


def refused(place: Place) -> None:
    """Messages of every kind, each with a session id."""
    good = message([REQUEST], org=place.org.organization, action=place.org.outbound.action)
    carrying = good.replace(b'<SessionId xsi:nil="true"/>', f"<SessionId>{SESSION}</SessionId>".encode())
    assert carrying != good
    wrong = carrying.replace(place.org.organization[:15].encode(), b"00DHs0000000009")
    for body, status in ((carrying, 200), (wrong, 401), (carrying[:-9], 400), (carrying.replace(ID, b"x"), 400)):
        answered, said = place.message(body)
        assert answered == status
        assert SESSION.encode() not in said and ORG_TOKEN.encode() not in said
    assert place.message(carrying.replace(b"AI_Request__c", SESSION.encode()))[0] == 200
    for path in (f"/in/nothing/{ORG_TOKEN}", f"/in/crm/{ORG_TOKEN}/more", f"/in/crm/{ORG_TOKEN}x"):
        answered, said, _ = place.call("POST", path, carrying)
        assert answered in (401, 404) and ORG_TOKEN.encode() not in said
    assert place.call("POST", f"/in/crm/{ORG_TOKEN}", None, Content_Length="6000000")[0] == 413
    for method in ("GET", "PUT"):
        answered, said, _ = place.call(method, f"/in/crm/{ORG_TOKEN}", carrying)
        assert answered == 405 and ORG_TOKEN.encode() not in said


def test_neither_the_token_in_the_address_nor_a_session_id_is_logged_counted_or_kept(tmp_path: Path) -> None:
    """The server people run, in a process of its own, with everything logged that it can log."""
    with connected(tmp_path / "beside") as place:
        with a_hub(tmp_path / "home") as hub:
            connect_org(hub, place.org)
        port = _free_port()
        given = {
            "INLAY_HOME": str(tmp_path / "home"), "INLAY_PORT": str(port), "INLAY_SECRET_KEY": KEY,
            "INLAY_LOG_LEVEL": "DEBUG", "INLAY_WORKERS": "2",
        }  # fmt: skip
        with (tmp_path / "log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "hub", "serve"],
                cwd=ROOT,
                env={**os.environ, **given},
                stdout=log,
                stderr=log,
            )
            try:
                place.url = f"http://127.0.0.1:{port}"
                _answers(place, server)
                refused(place)
                figures = place.call("GET", "/metrics")[1]
            finally:
                server.terminate()
                server.wait(30)
        said = (tmp_path / "log").read_bytes()
        assert b'"unverified"' in said and b'"ignored"' in said
        assert b'connection="crm",outcome="stored"' in figures
        kept = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
        assert ID in kept
        for secret in (ORG_TOKEN.encode(), SESSION.encode()):
            assert secret not in said and secret not in figures and secret not in kept


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def _answers(place: Place, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            place.call("GET", "/healthz")
            return
        except OSError:
            assert server.poll() is None and time.monotonic() < deadline, "the server does not answer"
            threading.Event().wait(0.05)
