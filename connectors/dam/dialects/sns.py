"""Proves messages of Amazon SNS: the topic is the pinned one, the certificate Amazon's, the signature covers the rest.

Any customer of AWS can have SNS sign what they like, so a good signature alone proves nothing: the topic does.
Sources: the SNS developer guide ("Verifying the signatures of Amazon SNS messages", "Amazon SNS message delivery
retries") and AWS's own validators (sns-message-manager of aws-sdk-java-v2, aws-php-sns-message-validator).
"""

from __future__ import annotations

import base64
import calendar
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from connectors.dam import proof, strict_json
from connectors.dam.client import client_of
from connectors.dam.dialects.sns_certificates import Certificates, certificates_of
from hub.sdk import BadRequest, Connection, Inbound, Json, Unverified, VendorRefused

NOTIFICATION, SUBSCRIBE, UNSUBSCRIBE = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
#: SNS gives a message to an endpoint up within 3600 s, a hard limit; the rest is for clocks.
PAST, FUTURE = 75 * 60.0, 300.0
#: SNS takes messages of 262,144 bytes; in JSON inside JSON a byte of them can become several.
LARGEST = 1_000_000
_ARN = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-[0-9]):[0-9]{12}:[A-Za-z0-9_-]{1,256}", re.ASCII
)
_CERTIFICATE = re.compile(r"https://([a-z0-9.-]{1,100})/SimpleNotificationService-([0-9a-f]{32})\.pem", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9]{32,1024}", re.ASCII)
_LINE = re.compile(r"[^\x00-\x1f\x7f]{0,4096}")
_HASH = {"1": hashes.SHA1, "2": hashes.SHA256}
#: What is signed, in this order (developer guide). A subject that is missing is left out.
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIBE: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIBE: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic by its ARN, and the host of its region, which serves the certificates and takes confirmations."""

    arn: str
    region: str
    domain: str

    @property
    def host(self) -> str:
        return f"sns.{self.region}.{self.domain}"

    @property
    def names(self) -> frozenset[str]:
        """The names a signing certificate of this region may be made out to: SnsHostProvider of aws-sdk-java-v2."""
        gov = {"sns-us-gov-west-1.amazonaws.com"} if self.region.startswith("us-gov-") else set()
        own = {f"sns.{self.domain}", f"sns-{self.region}.{self.domain}", f"sns-signing.{self.region}.{self.domain}"}
        return frozenset({*own, *gov})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message whose form is right. Nothing of it is proven before ``verify``; ``at`` is in Unix seconds."""

    type: str
    id: str
    topic: str
    text: str
    subject: str
    at: float
    token: str
    key: str
    signature: bytes
    hash: str
    signed: bytes


def topic_of(arn: str) -> Topic:
    """
    Raises:
        ValueError: it is not the ARN of a standard topic. (A FIFO topic sends no HTTP.)
    """
    found = _ARN.fullmatch(arn)
    if not found:
        raise ValueError("topic is the ARN of an SNS topic, such as arn:aws:sns:eu-central-1:123456789012:name")
    return Topic(arn, found[2], "amazonaws.com.cn" if found[1] == "aws-cn" else "amazonaws.com")


def read(body: bytes, topic: Topic) -> Message:
    """The message a body is. Every field has to have the form SNS gives it: the signed text has no delimiters, so that
    one field could otherwise be read as two.

    Raises:
        BadRequest: it is none, or its certificate is not at the host of the topic's region.
    """
    found = strict_json.read(body)
    if not isinstance(found, dict):
        raise strict_json.bad("it is no message of SNS")
    names = _SIGNED.get(_text(found, "Type", _LINE))
    if names is None:
        raise strict_json.bad("it is no type of message SNS sends")
    message = found.get("Message")
    if not isinstance(message, str):
        raise strict_json.bad("it has no Message")
    values = {
        "Message": message,
        "MessageId": _text(found, "MessageId", _ID),
        "Timestamp": _text(found, "Timestamp", _AT),
        "TopicArn": _text(found, "TopicArn", _ARN),
        "Type": _text(found, "Type", _LINE),
    }
    if values["Type"] != NOTIFICATION:
        # The address is signed and has to be there; nobody ever calls it.
        values |= {"SubscribeURL": _text(found, "SubscribeURL", _LINE), "Token": _text(found, "Token", _TOKEN)}
    elif found.get("Subject") is not None:
        values["Subject"] = _text(found, "Subject", _LINE)
    version = _text(found, "SignatureVersion", _LINE)
    if version not in _HASH:
        raise strict_json.bad("its SignatureVersion is none there is")
    return Message(
        type=values["Type"],
        id=values["MessageId"],
        topic=values["TopicArn"],
        text=message,
        subject=values.get("Subject", ""),
        at=_seconds(values["Timestamp"]),
        token=values.get("Token", ""),
        key=_key(_text(found, "SigningCertURL", _LINE), topic),
        signature=_signature(_text(found, "Signature", _LINE)),
        hash=version,
        signed="".join(f"{name}\n{values[name]}\n" for name in names if name in values).encode(),
    )


def prepare(connection: Connection, request: Inbound, topic: Topic) -> None:
    """Fetch the certificate a message names, once, if there can be one. What cannot be read is left to ``verify``.

    Raises:
        Unavailable: the certificate cannot be had now. SNS tries again after a 5xx, and after no 4xx.
    """
    try:
        message = _arrived(request, topic)
    except Unverified:
        return
    # Put together again from its checked parts, so that no parser can read another host into it than this one did.
    url = f"https://{topic.host}/SimpleNotificationService-{message.key}.pem"
    certificates_of(connection).want(message.key, lambda: client_of(connection).raw("GET", url, timeout=3.0))


def verify(connection: Connection, request: Inbound, topic: Topic, now: float) -> Message:
    """The message, proven.

    Raises:
        Unverified: and nothing else, whatever arrives.
    """
    message = _arrived(request, topic)
    proof.fresh(message.at, now, past=PAST, future=FUTURE)
    kept: Certificates = certificates_of(connection)
    key = kept.key(message.key, topic.names | {topic.host}, now)
    try:
        key.verify(message.signature, message.signed, padding.PKCS1v15(), _HASH[message.hash]())
    except InvalidSignature:
        raise proof.unproven("signature") from None
    return message


def confirm(connection: Connection, topic: Topic, token: str) -> None:
    """Confirm the subscription of the pinned topic. The address is made of the topic and the token alone.

    Raises:
        TryLater, NeedsPermission, TargetGone, VendorRefused.
    """
    if not _TOKEN.fullmatch(token):
        raise VendorRefused("The token of the subscription is none.", who="an admin")
    arn = topic.arn.replace(":", "%3A")
    client_of(connection).call(
        "GET", f"https://{topic.host}/?Action=ConfirmSubscription&TopicArn={arn}&Token={token}&Version=2010-03-31"
    )


def _arrived(request: Inbound, topic: Topic) -> Message:
    if request.headers.get("x-amz-sns-rawdelivery", "").strip().lower() not in ("", "false"):
        raise proof.unproven("raw delivery")  # It is not signed.
    if len(request.body) > LARGEST:
        raise proof.unproven("size")
    try:
        message = read(request.body, topic)
    except BadRequest:
        raise proof.unproven("form") from None
    if not proof.one_of(message.topic.encode(), [topic.arn.encode()]):
        raise proof.unproven("topic")
    return message


def _text(found: Mapping[str, object] | Json, name: str, form: re.Pattern[str]) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise strict_json.bad(f"{name} is missing or has another form than SNS gives it")
    return value


def _seconds(text: str) -> float:
    try:
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + int(text[20:23]) / 1000
    except (ValueError, OverflowError):
        raise strict_json.bad("Timestamp is no time") from None


def _key(url: str, topic: Topic) -> str:
    found = _CERTIFICATE.fullmatch(url)
    if not found or found[1] != topic.host:
        raise strict_json.bad("SigningCertURL is no address of a certificate of SNS in the topic's region")
    return found[2]


def _signature(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise strict_json.bad("Signature is no base64") from None
