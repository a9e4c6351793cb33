"""Who sent an event of Adobe's is proven by Adobe's keys, and only an event for this account is taken."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.dam.dialects import adobe_io, adobe_keys
from connectors.dam.dialects.adobe_keys import Keys
from connectors.dam.sandbox_aem_keys import path, pem, private_key
from connectors.dam.sandbox_vendor import Answer, Call
from hub.sdk import Inbound, Unavailable, Unverified
from tests.connectors.dam.aem_bench import AEM, Bench, event, posted, running

DAY = 86_400.0
KEY_1, KEY_2 = "x-adobe-public-key1-path", "x-adobe-public-key2-path"
SIGN_1, SIGN_2 = "x-adobe-digital-signature-1", "x-adobe-digital-signature-2"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def signed_by(number: int, body: bytes, at: str, bits: int = 2048) -> Inbound:
    """A body under somebody's own key, which is said to be at this path."""
    signature = base64.b64encode(private_key(number, bits).sign(body, PKCS1v15(), SHA256())).decode()
    return posted(body, {SIGN_1: signature, KEY_1: at, SIGN_2: signature, KEY_2: at})


def body_of(*events: dict[str, Any]) -> bytes:
    return json.dumps(events[0] if len(events) == 1 else list(events)).encode()


def asked(bench: Bench) -> list[str]:
    return bench.vendor.keys.asked


# Adobe's own vectors


def test_each_vector_of_adobe_verifies_or_is_refused_as_marked(recordings: Path) -> None:
    told = json.loads((recordings / "dam/adobe_io/eventverifier_vectors.json").read_text())
    assert len(told["cases"]) == 14
    for case in told["cases"]:
        files = {at: told["public_keys"][name].encode() for at, name in case["keys"].items()}
        keys = Keys(files.get, paths=re.compile(r"/junit/[a-z0-9-]+\.pem"))
        call = posted(case["body"].encode(), case["headers"])
        for at in files:
            if keys.paths.fullmatch(at):
                keys.learn(at)
        try:
            taken = bool(adobe_io.proven(keys, case["client_id"], call))
        except Unverified:
            taken = False
        assert taken == case["expect"], case["name"]


def test_the_vectors_key_paths_are_refused_outside_this_test(recordings: Path, bench: Bench) -> None:
    told = json.loads((recordings / "dam/adobe_io/eventverifier_vectors.json").read_text())
    case = told["cases"][0]
    call = posted(case["body"].encode(), case["headers"])
    AEM.prepare(bench.opened, call)
    with pytest.raises(Unverified):
        AEM.verify(bench.opened, call, time.time())
    assert asked(bench) == []


def test_the_challenge_of_the_documents_is_answered_as_they_say(recordings: Path, bench: Bench) -> None:
    told = json.loads((recordings / "dam/adobe_io/docs_challenge_and_validation.json").read_text())
    challenge = told["sync_request"].partition("challenge=")[2]
    answer = AEM.handshake(bench.opened, asks(challenge))
    assert answer is not None
    as_text = told["sync_responses"][0]
    assert (answer.status, answer.body.decode()) == (200, as_text["body"])
    assert answer.content_type.partition(";")[0] == as_text["content_type"]


def asks(challenge: str, method: str = "GET") -> Inbound:
    return Inbound(method=method, path="/in/dam", headers={}, query={"challenge": challenge}, body=b"")


# The challenge


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        "<script>alert(1)</script>",
        "a b",
        "a\r\nSet-Cookie: x=1",
        "a\n",
        "ä",
        "a" * 257,
        "a%00",
        "\x00",
        "{{7*7}}",
        "a&b",
        "\u202e",
    ],
)
def test_only_a_plain_challenge_comes_back(bench: Bench, challenge: str) -> None:
    with pytest.raises(Unverified):
        AEM.handshake(bench.opened, asks(challenge))


def test_a_challenge_is_asked_by_get_alone(bench: Bench) -> None:
    assert AEM.handshake(bench.opened, asks("abc", "POST")) is None
    assert AEM.handshake(bench.opened, asks("abc", "HEAD")) is None


def test_a_validation_url_is_recognised_and_never_called(recordings: Path, bench: Bench) -> None:
    told = json.loads((recordings / "dam/adobe_io/docs_challenge_and_validation.json").read_text())
    answer = AEM.handshake(bench.opened, posted(json.dumps(told["async_post_body"]).encode(), {}))
    assert answer is not None
    assert answer.status == 200
    assert b"challenge" in answer.body
    assert b"guid" not in answer.body
    assert bench.sandbox.journal.entries() == []


@pytest.mark.parametrize(
    "url",
    [
        "http://csm.adobe.io/csm/registrations/validate?id=1&challenge=2",
        "https://csm.adobe.io.evil.example/csm/registrations/validate?id=1",
        "https://csm.adobe.io@evil.example/csm/registrations/validate?id=1",
        "https://169.254.169.254/latest/meta-data",
        7,
        None,
        ["https://csm.adobe.io/csm/registrations/validate?id=1"],
    ],
)
def test_another_validation_url_is_no_handshake(bench: Bench, url: object) -> None:
    call = posted(json.dumps({"validationUrl": url}).encode(), {})
    assert AEM.handshake(bench.opened, call) is None
    AEM.prepare(bench.opened, call)
    with pytest.raises(Unverified):
        AEM.verify(bench.opened, call, time.time())
    assert bench.sandbox.journal.entries() == []


# Keys


def test_an_event_adobe_signed_is_taken_and_its_key_is_asked_for_once(bench: Bench) -> None:
    for _ in range(3):
        (found,) = bench.taken(bench.sent(event()))
        assert found.kind == "asset.ready"
    assert asked(bench) == [bench.vendor.keys.pairs[0][0]]


def test_a_batch_is_taken_whole(bench: Bench) -> None:
    some = [event(eventid=f"e-{n}", event_id=f"e-{n}") for n in range(20)]
    assert [one.id for one in bench.taken(bench.sent(*some))] == [f"e-{n}" for n in range(20)]


@pytest.mark.parametrize("broken", [(SIGN_1, KEY_1), (SIGN_2, KEY_2)])
@pytest.mark.parametrize("how", ["no base64", "wrong", "path of the other", "no path"])
def test_one_of_the_two_pairs_is_enough(bench: Bench, broken: tuple[str, str], how: str) -> None:
    call = bench.sent(event())
    headers = dict(call.headers)
    sign, key = broken
    if how == "no base64":
        headers[sign] = "some random text"
    elif how == "no path":
        headers[key] = "@evil.example/k.pem"
    elif how == "wrong":
        headers[sign] = base64.b64encode(b"x" * 256).decode()
    else:
        headers[key] = headers[KEY_2 if key == KEY_1 else KEY_1]
    assert bench.taken(replace(call, headers=headers))


@pytest.mark.parametrize("name", [SIGN_1, SIGN_2, KEY_1, KEY_2])
def test_without_one_of_the_four_headers_nothing_is_taken(bench: Bench, name: str) -> None:
    call = bench.sent(event())
    assert bench.taken(call)
    for headers in ({**call.headers, name: ""}, {one: it for one, it in call.headers.items() if one != name}):
        with pytest.raises(Unverified):
            bench.taken(replace(call, headers=headers))


def test_with_both_pairs_wrong_nothing_is_taken(bench: Bench) -> None:
    call = bench.sent(event())
    headers = {**call.headers, SIGN_1: call.headers[SIGN_2], SIGN_2: call.headers[SIGN_1]}
    with pytest.raises(Unverified):
        bench.taken(replace(call, headers=headers))


def test_a_changed_byte_of_the_body_is_noticed(bench: Bench) -> None:
    call = bench.sent(event())
    with pytest.raises(Unverified):
        bench.taken(replace(call, body=call.body.replace(b"completed", b"completeD")))
    with pytest.raises(Unverified):
        bench.taken(replace(call, body=call.body + b"\n"))


def test_keys_change_one_after_the_other_and_no_event_is_lost(bench: Bench) -> None:
    assert bench.taken(bench.sent(event()))
    for which in (0, 1, 0, 1):
        bench.vendor.keys.rotate(which)
        assert bench.taken(bench.sent(event()))
    bench.vendor.keys.rotate(0)
    bench.vendor.keys.rotate(1)
    assert bench.taken(bench.sent(event()))


@pytest.mark.parametrize(
    "forged",
    [
        "@evil.example/prod/keys/pub-key-11111111.pem",
        ".evil.example/prod/keys/pub-key-11111111.pem",
        ":443@evil.example/prod/keys/pub-key-11111111.pem",
        "\\@evil.example/prod/keys/pub-key-11111111.pem",
        "//evil.example/prod/keys/pub-key-11111111.pem",
        "https://evil.example/prod/keys/pub-key-11111111.pem",
        "/prod/keys/../../evil/pub-key-11111111.pem",
        "/prod/keys/pub-key-11111111.pem?x=@evil.example",
        "/prod/keys/pub-key-11111111.pem#@evil.example",
        "/prod/keys%2fpub-key-11111111.pem",
        "/prod/keys/pub-key-%2e%2e%2f1111.pem",
        "/prod/keys/pub-key-11111111.pem\n",
        "/prod/keys/pub-key-１１１１１１１１.pem",
        "/prod/keys/pub-key-11111111\u2024pem",
        "/prod/keys/pub-key-1111.pem",
        "/prod/keys/pub-key-" + "1" * 65 + ".pem",
        "/prod/keys/pub-key-.pem",
        "/stage/keys/pub-key-11111111.pem",
        "/PROD/KEYS/PUB-KEY-11111111.PEM",
        " /prod/keys/pub-key-11111111.pem",
        "",
    ],
)
def test_a_key_path_that_leads_elsewhere_is_never_followed(bench: Bench, forged: str) -> None:
    call = signed_by(9, body_of(event()), forged)
    with pytest.raises(Unverified):
        bench.taken(call)
    assert bench.sandbox.journal.entries() == []


def test_a_strangers_key_at_a_path_like_adobes_proves_nothing(bench: Bench) -> None:
    with pytest.raises(Unverified):
        bench.taken(signed_by(9, body_of(event()), path()))


@pytest.mark.parametrize("bits", [1024, 1536])
def test_a_short_key_proves_nothing_although_adobe_serves_it(bench: Bench, bits: int) -> None:
    at = path()
    bench.vendor.keys.served[at] = pem(private_key(9, bits))
    with pytest.raises(Unverified):
        bench.taken(signed_by(9, body_of(event()), at, bits))
    assert asked(bench) == [at]


def test_a_key_of_another_kind_proves_nothing(bench: Bench) -> None:
    at, body, key = path(), body_of(event()), Ed25519PrivateKey.generate()
    bench.vendor.keys.served[at] = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signature = base64.b64encode(key.sign(body)).decode()
    with pytest.raises(Unverified):
        bench.taken(posted(body, {SIGN_1: signature, KEY_1: at, SIGN_2: signature, KEY_2: at}))


def test_a_signature_over_sha_1_proves_nothing(bench: Bench) -> None:
    (at, key), body = bench.vendor.keys.pairs[0], body_of(event())
    signature = base64.b64encode(key.sign(body, PKCS1v15(), SHA1())).decode()
    with pytest.raises(Unverified):
        bench.taken(posted(body, {SIGN_1: signature, KEY_1: at, SIGN_2: signature, KEY_2: at}))


def test_a_file_larger_than_any_key_proves_nothing(bench: Bench) -> None:
    at = path()
    bench.vendor.keys.served[at] = pem(private_key(9)) + b"#" * 9_000
    with pytest.raises(Unverified):
        bench.taken(signed_by(9, body_of(event()), at))


@pytest.mark.parametrize("fault", ["503", "drop", "html"])
def test_while_the_keys_cannot_be_had_adobe_is_asked_to_send_again(bench: Bench, fault: str) -> None:
    bench.sandbox.faults.add(fault, on="GET static.adobeioevents.com", times=None)
    with pytest.raises(Unavailable):
        bench.taken(bench.sent(event()))
    bench.sandbox.faults.clear()
    # What was asked for a moment ago is not asked for at once again; another process has not asked yet.
    with pytest.raises(Unavailable):
        bench.taken(bench.sent(event()))
    again = Bench(bench.sandbox, bench.vendor, bench.reopened())
    assert again.taken(again.sent(event()))


def test_a_redirect_in_place_of_a_key_is_not_followed(bench: Bench) -> None:
    to = f"{bench.sandbox.url}/static.adobeioevents.com{bench.vendor.keys.pairs[1][0]}"
    answered: list[str] = []

    def answer(call: Call) -> Answer:
        answered.append(call.path)
        return Answer(302, headers={"Location": to})

    bench.vendor.keys.answer = answer
    with pytest.raises(Unavailable):
        bench.taken(bench.sent(event()))
    assert answered == [at for at, _ in bench.vendor.keys.pairs]


def test_with_a_key_at_hand_the_key_host_is_not_needed_for_a_day_and_then_asked_again(bench: Bench) -> None:
    clock = Clock()
    adobe_keys.use(bench.opened, Keys(adobe_keys.keys_of(bench.opened)._fetch, clock=clock))
    assert bench.taken(bench.sent(event()))
    bench.vendor.keys.down = True
    clock.now = DAY - 1
    assert bench.taken(bench.sent(event()))
    clock.now = DAY + 1
    with pytest.raises(Unavailable):
        bench.taken(bench.sent(event()))
    bench.vendor.keys.down = False
    clock.now += adobe_keys.PAUSE + 1
    assert bench.taken(bench.sent(event()))


def test_strangers_cannot_make_the_hub_call_out_at_will(bench: Bench) -> None:
    clock = Clock()
    adobe_keys.use(bench.opened, Keys(adobe_keys.keys_of(bench.opened)._fetch, clock=clock))
    assert bench.taken(bench.sent(event()))
    before, refused = len(asked(bench)), 0
    for _ in range(100):
        try:
            bench.taken(signed_by(9, body_of(event()), path()))
        except (Unverified, Unavailable):
            refused += 1
    assert refused == 100
    assert len(asked(bench)) - before <= adobe_keys.UNKNOWN
    # Adobe's own events go on, also after the day their key is kept for, while strangers keep at it.
    clock.now = DAY + 1
    for _ in range(20):
        with pytest.raises((Unverified, Unavailable)):
            bench.taken(signed_by(9, body_of(event()), path()))
    assert bench.taken(bench.sent(event()))


def test_a_path_without_a_key_is_remembered(bench: Bench) -> None:
    at = path()
    for _ in range(5):
        with pytest.raises(Unverified):
            bench.taken(signed_by(9, body_of(event()), at))
    assert asked(bench) == [at]


def test_a_body_for_somebody_else_makes_the_hub_ask_for_no_key(bench: Bench) -> None:
    body = body_of(event(recipientclientid="another", recipient_client_id="another"))
    for call in (signed_by(9, body, path()), signed_by(9, b"{", path()), bench.sent(body)):
        with pytest.raises(Unverified):
            bench.taken(call)
    assert asked(bench) == []


def test_many_first_deliveries_at_once_ask_for_the_key_once(bench: Bench) -> None:
    calls = [bench.sent(event(eventid=f"e-{n}")) for n in range(16)]
    found: list[Any] = []
    threads = [threading.Thread(target=lambda call=call: found.extend(bench.taken(call))) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 16
    assert len(asked(bench)) == 1
