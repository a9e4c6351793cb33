"""Amazon SNS inside the sandbox: one topic, its signing certificate, and the confirmation of a subscription.

Sources: the SNS developer guide ("HTTP/HTTPS notification JSON format", "Verifying the signatures of Amazon SNS
messages", "Amazon SNS message delivery retries").
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from connectors.dam.sandbox_vendor import Answer, Call, Outgoing

#: What is signed of a message, in this order; a subject that is missing is left out.
NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_XML = {"Content-Type": "text/xml"}


@cache
def private_key(number: int, bits: int = 2048) -> RSAPrivateKey:
    """A key of this process's own, made when it is first asked for: making one takes longer than a test should."""
    return generate_private_key(65537, bits)


def certificate(
    key: RSAPrivateKey, at: float, *, name: str = "sns.amazonaws.com", days: tuple[float, float] = (-30, 335)
) -> bytes:
    """A certificate as PEM, made out to a host name, valid from and until so many days from ``at`` (Unix seconds)."""
    now = datetime.fromtimestamp(at, UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


class SandboxTopic:
    """A topic with one subscriber, the hub. What is published before the subscription is confirmed reaches nobody.

    Attributes:
        version: the version of its signatures, ``1`` (SHA-1, what a topic has unless it is told otherwise) or ``2``.
        served: the certificates its region's host has, by path.
    """

    def __init__(self, arn: str, clock: Callable[[], float]) -> None:
        self.arn, self.clock = arn, clock
        self.host = f"sns.{arn.split(':')[3]}.amazonaws.com"
        self.version = "1"
        self.confirmed = False
        self.token = secrets.token_hex(64)
        self.served: dict[str, bytes] = {}
        #: The queries of the confirmations that came, in order.
        self.confirmations: list[str] = []
        self._number = -1
        self.rotate()

    def rotate(self) -> None:
        """Another key and certificate from now on; the old certificate stays where it is."""
        self._number += 1
        self.key = private_key(self._number)
        self.path = f"/SimpleNotificationService-{secrets.token_hex(16)}.pem"
        self.served[self.path] = certificate(self.key, self.clock())

    def notification(self, subject: str, message: str) -> bytes:
        """A message of the topic, as it goes to a subscriber."""
        said = {"Type": "Notification", "Subject": subject, "Message": message, **self._common()}
        leave = f"https://{self.host}/?Action=Unsubscribe&SubscriptionArn={self.arn}:{uuid.UUID(int=7)}"
        return self.sealed(said | {"UnsubscribeURL": leave})

    def confirmation(self) -> bytes:
        """What SNS sends to a new subscriber before anything else."""
        asks = f"https://{self.host}/?Action=ConfirmSubscription&TopicArn={self.arn}&Token={self.token}"
        message = f"You have chosen to subscribe to the topic {self.arn}.\nTo confirm, visit the SubscribeURL."
        said = {"Type": "SubscriptionConfirmation", "Token": self.token, "SubscribeURL": asks, "Message": message}
        return self.sealed(said | self._common())

    def sealed(self, said: Mapping[str, str], key: RSAPrivateKey | None = None) -> bytes:
        """The body of a message with its signature: under the topic's key, or another."""
        names = NOTIFICATION if said["Type"] == "Notification" else CONFIRMATION
        signed = "".join(f"{name}\n{said[name]}\n" for name in names if name in said)
        how = hashes.SHA1() if said["SignatureVersion"] == "1" else hashes.SHA256()
        made = (key or self.key).sign(signed.encode(), PKCS1v15(), how)
        return json.dumps({**said, "Signature": base64.b64encode(made).decode()}, indent=2).encode()

    def outgoing(self, body: bytes) -> Outgoing:
        """The request of one attempt. The body is the same each time."""
        said = json.loads(body)
        headers = {
            "x-amz-sns-message-type": said["Type"],
            "x-amz-sns-message-id": said["MessageId"],
            "x-amz-sns-topic-arn": said["TopicArn"],
            "Content-Type": "text/plain; charset=UTF-8",
            "User-Agent": "Amazon Simple Notification Service Agent",
        }
        return Outgoing(body=body, headers=headers, event=said.get("Subject") or said["Type"])

    def answer(self, call: Call) -> Answer:
        """What the region's host answers: certificates, and confirmations."""
        if call.method == "GET" and call.path in self.served:
            return Answer(200, self.served[call.path], {"Content-Type": "application/x-pem-file"})
        query = parse_qs(call.query)
        if call.method != "GET" or call.path != "/" or query.get("Action") != ["ConfirmSubscription"]:
            return Answer(404, b"<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>", _XML)
        self.confirmations.append(call.query)
        if query.get("TopicArn") != [self.arn] or query.get("Token") != [self.token]:
            return Answer(400, b"<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>", _XML)
        self.confirmed = True
        said = f"<ConfirmSubscriptionResponse><SubscriptionArn>{self.arn}:{uuid.UUID(int=7)}</SubscriptionArn>"
        return Answer(200, f"{said}</ConfirmSubscriptionResponse>".encode(), _XML)

    def _common(self) -> dict[str, str]:
        at = datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
        return {
            "MessageId": str(uuid.uuid4()),
            "TopicArn": self.arn,
            "Timestamp": at,
            "SignatureVersion": self.version,
            "SigningCertURL": f"https://{self.host}{self.path}",
        }
