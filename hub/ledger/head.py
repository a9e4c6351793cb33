"""A head: how long the chain was at a moment and the hash it ended with, signed. A copy kept elsewhere shows later what
was cut off or written anew, and whoever has the public key can tell a true head from another."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from hub.errors import BadRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """``time`` is UTC, ``hub`` the address the hub went by, ``key`` the fingerprint of the key that signed it.

    A head noted as NUMBER:HASH has no more than these two.
    """

    number: int
    hash: str
    time: str = ""
    hub: str = ""
    key: str = ""
    signature: str = ""

    @property
    def named(self) -> str:
        return f"the head of {self.time}" if self.time else f"the head {self.number}:{self.hash[:8]}…"

    def covered(self) -> bytes:
        """What the signature is over."""
        return b"inlay ledger head 1\n" + to_json([self.number, self.hash, self.time, self.hub, self.key])

    def line(self) -> str:
        """The head as a line of JSON."""
        return to_json(asdict(self)).decode()


class Seal:
    """Signs heads with Ed25519 under a key made of the newest of the hub's secrets, and checks them under all.

    Args:
        secrets: the hub's secrets, newest first.
    """

    def __init__(self, secrets: Iterable[bytes]) -> None:
        seeds = [hmac.digest(secret, b"inlay ledger head", "sha256") for secret in secrets]
        self._signing = Ed25519PrivateKey.from_private_bytes(seeds[0])
        public = [Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw() for seed in seeds]
        #: Fingerprint to public key, in hex, newest first.
        self.public: dict[str, str] = {fingerprint(key): key.hex() for key in public}

    def sign(self, number: int, last: str, *, at: float, hub: str) -> Head:
        time = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        head = Head(number=number, hash=last, time=time, hub=hub, key=next(iter(self.public)))
        return replace(head, signature=self._signing.sign(head.covered()).hex())


def fingerprint(public: bytes) -> str:
    """Which key it is, in sixteen characters."""
    return hashlib.sha256(public).hexdigest()[:16]


def keys_of(texts: Iterable[str]) -> dict[str, str]:
    """Public keys as `inlay ledger key` prints them, by fingerprint.

    Raises:
        BadRequest: one of them is no such key.
    """
    found = {}
    for text in texts:
        try:
            raw = bytes.fromhex(text.strip())
            Ed25519PublicKey.from_public_bytes(raw)
        except ValueError:
            raise BadRequest(
                "This is no public key of a ledger.", instead="Give the 64 characters `inlay ledger key` printed."
            ) from None
        found[fingerprint(raw)] = raw.hex()
    return found


def wrong(head: Head, public: Mapping[str, str]) -> str:
    """Why a head does not count, empty when its signature is right.

    Args:
        public: fingerprint to public key.
    """
    if head.key not in public:
        return f"it is signed with the key {head.key or '?'}, which is not among the keys you trust"
    try:
        signature = bytes.fromhex(head.signature)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public[head.key])).verify(signature, head.covered())
    except (ValueError, InvalidSignature):
        return "its signature is not right: it was changed, or never was a head of this hub"
    return ""


def read(path: Path, public: Mapping[str, str]) -> list[Head]:
    """The heads of a file, or of all .jsonl files of a folder, each with a right signature.

    Raises:
        BadRequest: a line is no head, or its signature is wrong; the line is named.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    heads = [head for file in files for head in _read(file, public)]
    if not heads:
        raise BadRequest(f"There is no head in {path}.", instead="Name a file, or a folder, that heads were kept in.")
    return heads


def parse(text: str, public: Mapping[str, str]) -> Head:
    """A head as NUMBER:HASH, which is taken at its word, or as a line of JSON with a right signature.

    Raises:
        BadRequest: it is neither.
    """
    number, _, last = text.strip().partition(":")
    if number.isdigit() and last:
        return Head(number=int(number), hash=last)
    return _head(text, "This", public)


def _read(file: Path, public: Mapping[str, str]) -> Iterator[Head]:
    for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), start=1):
        if not line.strip():
            continue
        yield _head(line, f"Line {number} of {file.name}", public)


def _head(line: str, where: str, public: Mapping[str, str]) -> Head:
    try:
        head = _HEAD.validate_json(line)
    except ValidationError:
        how = "A head is written NUMBER:HASH, or as the line `inlay ledger head` printed."
        raise BadRequest(f"{where} is no head of a ledger.", instead=how) from None
    if why := wrong(head, public):
        raise BadRequest(f"{where} does not count: {why}.", instead="Take another copy of it, or name its key.")
    return head


_HEAD = TypeAdapter(Head)
