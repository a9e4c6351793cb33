"""The keys of the sandbox's Adobe: two RSA pairs at addresses like Adobe's, either of which may be changed any time."""

from __future__ import annotations

import base64
import uuid
from functools import cache

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.dam.sandbox_vendor import Answer, Call


@cache
def private_key(number: int, bits: int = 2048) -> RSAPrivateKey:
    """A key of this process's own, made when it is first asked for: making one takes longer than a test should."""
    return generate_private_key(65537, bits)


def pem(key: RSAPrivateKey) -> bytes:
    """The public half as Adobe serves it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def path() -> str:
    return f"/prod/keys/pub-key-{uuid.uuid4()}.pem"


class SigningKeys:
    """``served`` is what the key host has, by path; ``down`` lets it fail."""

    def __init__(self) -> None:
        self._next = 2
        self.pairs: list[tuple[str, RSAPrivateKey]] = [(path(), private_key(0)), (path(), private_key(1))]
        self.served: dict[str, bytes] = {at: pem(key) for at, key in self.pairs}
        self.down = False
        #: The paths that were asked for, in order.
        self.asked: list[str] = []

    def rotate(self, which: int = 0) -> None:
        """Another key for one of the pairs. The old one is gone from the host."""
        old, _ = self.pairs[which]
        key, at = private_key(self._next), path()
        self._next += 1
        self.pairs[which] = (at, key)
        self.served[at] = pem(key)
        del self.served[old]

    def headers(self, body: bytes) -> dict[str, str]:
        """Both pairs of signature and key path for a body."""
        made: dict[str, str] = {}
        for number, (at, key) in enumerate(self.pairs, 1):
            signature = key.sign(body, PKCS1v15(), SHA256())
            made[f"x-adobe-digital-signature-{number}"] = base64.b64encode(signature).decode()
            made[f"x-adobe-public-key{number}-path"] = at
        return made

    def answer(self, call: Call) -> Answer:
        if call.method == "GET":
            self.asked.append(call.path)
        if self.down:
            return Answer(502, b"<h1>502 Bad Gateway</h1>", {"Content-Type": "text/html"})
        found = self.served.get(call.path)
        if call.method != "GET" or found is None:
            return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>", {"Content-Type": "application/xml"})
        return Answer(200, found, {"Content-Type": "binary/octet-stream"})
