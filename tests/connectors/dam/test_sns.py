"""A message of Amazon SNS proves its sender by the pinned topic and Amazon's certificate, and by nothing it names."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from connectors.dam.dialects import sns
from connectors.dam.sandbox_bynder import TOPIC
from connectors.dam.sandbox_sns import SandboxTopic, certificate, private_key
from hub.sdk import Ignored, VendorRefused
from tests.connectors.dam.aem_bench import opened
from tests.connectors.dam.bynder_bench import ASSET, BYNDER, PINNED, Bench, posted, running

STRANGER = "arn:aws:sns:eu-west-1:999999999999:sommerlicht-assets"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_message_of_the_topic_is_taken_and_its_certificate_is_asked_for_once(bench: Bench, version: str) -> None:
    bench.topic.version = version
    for _ in range(3):
        (event,) = bench.taken(posted(bench.topic.sealed(bench.message())))
        assert (event.kind, event.asset, event.settle) == ("asset.ready", ASSET, 5.0)
    assert bench.asked() == [f"{PINNED.host}{bench.topic.path}"]


#: The texts the developer guide has signed, spelled out: a name, its value, each on its line, and nothing else.
DOCUMENTED = {
    "Notification": "Message\n{Message}\nMessageId\n{MessageId}\nSubject\n{Subject}\nTimestamp\n{Timestamp}\n"
    "TopicArn\n{TopicArn}\nType\nNotification\n",
    "without a subject": "Message\n{Message}\nMessageId\n{MessageId}\nTimestamp\n{Timestamp}\n"
    "TopicArn\n{TopicArn}\nType\nNotification\n",
    "SubscriptionConfirmation": "Message\n{Message}\nMessageId\n{MessageId}\nSubscribeURL\n{SubscribeURL}\n"
    "Timestamp\n{Timestamp}\nToken\n{Token}\nTopicArn\n{TopicArn}\nType\nSubscriptionConfirmation\n",
    "UnsubscribeConfirmation": "Message\n{Message}\nMessageId\n{MessageId}\nSubscribeURL\n{SubscribeURL}\n"
    "Timestamp\n{Timestamp}\nToken\n{Token}\nTopicArn\n{TopicArn}\nType\nUnsubscribeConfirmation\n",
}


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("what", DOCUMENTED)
def test_what_counts_as_signed_is_the_text_amazon_documents(bench: Bench, what: str, version: str) -> None:
    said = bench.message(
        Message='{"media_id": "' + ASSET + '", "name": "Zwei\nZeilen, \u00fc \u65e5"}', SignatureVersion=version
    )
    if what == "without a subject":
        del said["Subject"]
    elif what != "Notification":
        asks = {"Type": what, "Token": bench.topic.token, "SubscribeURL": f"https://{PINNED.host}/?Action=x&Token=y"}
        said = {**said, **asks, "Message": "You have chosen.\nTo confirm, visit it."}
    how = hashes.SHA1() if version == "1" else hashes.SHA256()
    signed = bench.topic.key.sign(DOCUMENTED[what].format_map(said).encode(), PKCS1v15(), how)
    call = posted({**said, "Signature": base64.b64encode(signed).decode()})
    BYNDER.prepare(bench.opened, call)
    BYNDER.verify(bench.opened, call, time.time())
    other = hashes.SHA256() if version == "1" else hashes.SHA1()
    signed = bench.topic.key.sign(DOCUMENTED[what].format_map(said).encode(), PKCS1v15(), other)
    assert bench.outcome(posted({**said, "Signature": base64.b64encode(signed).decode()})) == "unverified"


@pytest.mark.parametrize("version", ["", "0", "3", "1 ", "١", "SHA256", None, 1, 2])
def test_a_signature_of_another_version_proves_nothing(bench: Bench, version: Any) -> None:
    said = json.loads(bench.topic.sealed(bench.message()))
    assert bench.outcome(posted({**said, "SignatureVersion": version})) == "unverified"


def test_a_stranger_s_topic_is_refused_although_amazon_signed_it_and_nothing_is_fetched(bench: Bench) -> None:
    call = posted(bench.topic.sealed(bench.message(TopicArn=STRANGER)))
    assert bench.outcome(call) == "unverified"
    assert bench.asked() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"Message": '{"media_id": "0"}'},
        {"Subject": "asset_bank.media.deleted"},
        {"Subject": None},
        {"MessageId": "0b6f4a1e-8f5d-5b7c-9a55-000000000000"},
        {"TopicArn": STRANGER},
    ],
)
def test_a_field_changed_after_the_signature_is_noticed(bench: Bench, changed: dict[str, Any]) -> None:
    said = json.loads(bench.topic.sealed(bench.message()))
    said = {name: value for name, value in {**said, **changed}.items() if value is not None}
    assert bench.outcome(posted(said)) == "unverified"


def test_two_fields_cannot_be_read_as_others_by_moving_a_line_between_them(bench: Bench) -> None:
    said = json.loads(bench.topic.sealed(bench.message()))
    # What is signed has no delimiters but line ends: the same bytes with the subject inside the message.
    moved = {**said, "MessageId": f"{said['MessageId']}\nSubject\n{said['Subject']}"}
    del moved["Subject"]
    assert bench.outcome(posted(moved)) == "unverified"


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com{path}",
        "https://sns.eu-west-1.amazonaws.com.evil.example{path}",
        "https://evil.example{path}",
        "https://sns.eu-west-1.amazonaws.com@evil.example{path}",
        "https://evil.example/sns.eu-west-1.amazonaws.com{path}",
        "https://sns.eu-west-1.amazonaws.com:8443{path}",
        "https://sns.us-east-1.amazonaws.com{path}",
        "https://SNS.eu-west-1.amazonaws.com{path}",
        "https://sns.eu-west-1.amazonaws.com/x/..{path}",
        "https://sns.eu-west-1.amazonaws.com{path}?x=1",
        "https://sns.eu-west-1.amazonaws.com{path}#x",
        "https://sns.eu-west-1.amazonaws.com{path}\n",
        "https://sns.eu-west-1.amazonaws.com\\@evil.example{path}",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-" + "0" * 31 + ".pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-" + "A" * 32 + ".pem",
        "",
        None,
    ],
)
def test_a_certificate_is_fetched_from_the_topic_s_region_alone(bench: Bench, url: str | None) -> None:
    said = bench.message(SigningCertURL=url.format(path=bench.topic.path) if url else url)
    assert bench.outcome(posted(bench.topic.sealed(said))) == "unverified"
    assert bench.asked() == []


def under(bench: Bench, made: bytes, key: Any) -> str:
    """What comes of a message signed by a key whose certificate the region's host serves."""
    path = "/SimpleNotificationService-" + "f" * 32 + ".pem"
    bench.topic.served[path] = made
    said = bench.message(SigningCertURL=f"https://{PINNED.host}{path}")
    return bench.outcome(posted(bench.topic.sealed(said, key)))


def test_a_certificate_counts_while_it_is_valid_and_made_out_to_sns(bench: Bench) -> None:
    key, now = private_key(5), time.time()
    assert under(bench, certificate(key, now), key) == "taken"
    bench.opened = opened(bench.sandbox)
    assert under(bench, certificate(key, now, name="sns.eu-west-1.amazonaws.com"), key) == "taken"
    for made in (
        certificate(key, now, days=(-30, -1)),
        certificate(key, now, days=(1, 30)),
        certificate(key, now, name="evil.example"),
        certificate(key, now, name="sns.amazonaws.com.evil.example"),
        certificate(private_key(6), now),
        certificate(private_key(7, 1024), now),
        b"-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n",
        b"<html>",
        b"",
    ):
        bench.opened = opened(bench.sandbox)
        assert under(bench, made, key) == "unverified"
    bench.opened = opened(bench.sandbox)
    short = private_key(7, 1024)
    assert under(bench, certificate(short, now), short) == "unverified"


def test_amazon_may_change_its_certificate_and_no_message_is_lost(bench: Bench) -> None:
    before = posted(bench.topic.sealed(bench.message()))
    bench.topic.rotate()
    after = posted(bench.topic.sealed(bench.message()))
    assert [bench.outcome(call) for call in (before, after, before)] == ["taken"] * 3


@pytest.mark.parametrize("fault", ["503", "drop"])
def test_while_the_certificate_cannot_be_had_sns_is_asked_to_send_again(bench: Bench, fault: str) -> None:
    bench.sandbox.faults.add(fault, on=f"GET {PINNED.host}", times=None)
    call = posted(bench.topic.sealed(bench.message()))
    assert bench.outcome(call) == "later"
    bench.sandbox.faults.clear()
    assert bench.outcome(call) == "taken"


def test_strangers_cannot_make_the_hub_ask_for_certificates_at_will(bench: Bench) -> None:
    for number in range(100):
        path = f"/SimpleNotificationService-{number:032x}.pem"
        said = bench.message(SigningCertURL=f"https://{PINNED.host}{path}")
        assert bench.outcome(posted(bench.topic.sealed(said))) in ("unverified", "later")
    assert len(bench.asked()) == 20


def test_a_message_counts_for_the_time_sns_tries_and_not_longer(bench: Bench) -> None:
    call = posted(bench.topic.sealed(bench.message()))
    now = time.time()
    assert bench.outcome(call, now + 3600) == "taken", "the last attempt SNS makes"
    assert bench.outcome(call, now + 75 * 60 + 5) == "unverified"
    assert bench.outcome(call, now - 400) == "unverified", "from the future"


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-20T09:15:42Z",
        "2026-11-20 09:15:42.117Z",
        "٢٠٢٦-11-20T09:15:42.117Z",
        "2026-11-20T09:15:42.117+00:00",
        "2026-13-20T09:15:42.117Z",
        "1795000000",
        "",
        None,
        1795000000,
    ],
)
def test_a_time_in_another_form_is_no_time(bench: Bench, at: Any) -> None:
    said = bench.message(Timestamp=at)
    sealed = bench.topic.sealed({**said, "Timestamp": str(at)} if at is not None else {**said, "Timestamp": ""})
    assert bench.outcome(posted(sealed)) == "unverified"


def test_what_is_not_signed_is_refused_whatever_its_headers_say(bench: Bench) -> None:
    good = bench.topic.sealed(bench.message())
    assert bench.outcome(posted(good, x_amz_sns_rawdelivery="true")) == "unverified"
    assert bench.outcome(posted(b'{"media_id": "x"}', x_amz_sns_topic_arn=TOPIC)) == "unverified"
    assert bench.outcome(posted(b'{"Type": "Notification"}')) == "unverified"
    assert bench.outcome(posted(good[:-1] + b', "Type": "Notification"}')) == "unverified", "a repeated key"
    assert bench.outcome(posted(bench.message())) == "unverified"


def test_a_confirmation_goes_to_the_topic_s_region_and_never_to_the_address_in_the_message(bench: Bench) -> None:
    said = {**bench.message(), "Type": "SubscriptionConfirmation", "Token": bench.topic.token}
    said["SubscribeURL"] = "https://evil.example/?Action=ConfirmSubscription&TopicArn=x"
    del said["Subject"]
    (event,) = bench.taken(posted(bench.topic.sealed(said)))
    assert event.kind == "confirm"
    BYNDER.confirm(bench.opened, event)
    assert bench.topic.confirmed
    (query,) = bench.topic.confirmations
    assert "evil" not in query
    assert not [one for one in bench.asked() if "evil" in one]


def test_a_subscription_is_confirmed_only_when_an_admin_said_so(bench: Bench) -> None:
    bench.opened = opened(bench.sandbox, confirm_subscription=False)
    (found,) = bench.taken(posted(bench.topic.confirmation()))
    assert isinstance(found, Ignored)
    assert not bench.topic.confirmed


@pytest.mark.parametrize("token", ["x&Action=DeleteTopic", "a" * 31, "a" * 2000, "ä" * 40, ""])
def test_a_token_that_could_say_more_than_itself_is_refused(bench: Bench, token: str) -> None:
    with pytest.raises(VendorRefused):
        sns.confirm(bench.opened, PINNED, token)
    assert bench.asked() == []


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "arn:aws:sns:eu-west-1:123456789012",
        "arn:aws:sqs:eu-west-1:123456789012:name",
        "arn:aws:sns:evil.example/:123456789012:name",
        "arn:aws:sns:eu-west-1:123456789012:name.fifo",
        "arn:aws:sns:eu-west-1:١٢٣٤٥٦٧٨٩٠١٢:name",
        TOPIC + "\n",
    ],
)
def test_only_the_arn_of_a_standard_topic_can_be_pinned(arn: str) -> None:
    with pytest.raises(ValueError, match="ARN"):
        sns.topic_of(arn)


def test_a_topic_in_china_is_asked_there() -> None:
    assert sns.topic_of("arn:aws-cn:sns:cn-north-1:123456789012:name").host == "sns.cn-north-1.amazonaws.com.cn"
    assert SandboxTopic(TOPIC, time.time).host == PINNED.host
