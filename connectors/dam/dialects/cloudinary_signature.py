"""Proves that a notification comes from Cloudinary: a digest of the raw body, a timestamp and a secret both sides know.

Stricter than the vendor's SDK, which takes any future time, ``" 123"`` for 123, and a body whose last digits moved into
the timestamp (``utils.verify_notification_signature`` of cloudinary 1.46).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.dam import proof
from hub.sdk import Inbound

#: Seconds, as the SDK has it (``valid_for``). The last attempt, some 18 minutes after the first, is signed anew.
PAST = 7200.0
#: Cloudinary signs with either, as the account has it; the length of the digest tells which.
_DIGESTS = {40: hashlib.sha1, 64: hashlib.sha256}
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}", re.ASCII)


def verify(request: Inbound, secrets: Sequence[str], now: float) -> None:
    """
    Raises:
        Unverified: missing, repeated or odd headers, another digest, too old, or not signed yet.
    """
    signature, at = proof.header(request, "x-cld-signature", 64), proof.header(request, "x-cld-timestamp", 13)
    proof.fresh(proof.stamp(at), now, past=PAST)
    _prove(request.body, at, signature, secrets)


def payload(message: Mapping[str, Any], secrets: Sequence[str]) -> bytes:
    """The body of a message taken from a poll channel: the bytes that were signed, never ``payload`` beside them.

    How long it waited there does not matter: it was fetched over TLS from Cloudinary itself, and what was acknowledged
    does not come back.

    Raises:
        Unverified: it is not signed with one of the secrets.
    """
    body, at, signature = (message.get(name) for name in ("signed_payload", "timestamp", "signature"))
    if not (isinstance(body, str) and isinstance(at, str) and isinstance(signature, str)):
        raise proof.unproven("message")
    if not _BASE64URL.fullmatch(body):
        raise proof.unproven("message")
    try:
        raw = base64.urlsafe_b64decode(body.rstrip("=") + "=" * (-len(body.rstrip("=")) % 4))
    except (binascii.Error, ValueError):
        raise proof.unproven("message") from None
    proof.stamp(at)
    _prove(raw, at, signature, secrets)
    return raw


def _prove(body: bytes, at: str, signature: str, secrets: Sequence[str]) -> None:
    # Nothing stands between body and time in what is signed. A body that ends with its brace cannot have lost digits
    # to the time, and the time, all digits, cannot have taken the brace.
    if not (body.startswith(b"{") and body.endswith(b"}")):
        raise proof.unproven("body")
    digest = _DIGESTS.get(len(signature))
    if digest is None or not _HEX.fullmatch(signature):
        raise proof.unproven("signature")
    expected = [digest(body + at.encode() + secret.encode()).hexdigest().encode() for secret in secrets if secret]
    if not proof.one_of(signature.encode(), expected):
        raise proof.unproven("signature")
