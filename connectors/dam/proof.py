"""What every proof of a sender rests on: headers that are there once, plain digits, comparing in constant time."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable

from hub.sdk import Inbound, Unverified

#: ``\\d`` and ``int`` take digits of every script, spaces and underscores. A zero in front would be a second way to
#: write the same time.
_DIGITS = re.compile(r"0|[1-9][0-9]{0,12}", re.ASCII)


def header(request: Inbound, name: str, longest: int = 4096) -> str:
    """A header of printable ASCII.

    Raises:
        Unverified: it is missing, empty, too long, or holds what no signature holds.
    """
    value = request.headers.get(name, "")
    if not value or len(value) > longest or not value.isascii() or not value.isprintable():
        raise unproven("header")
    return value


def stamp(text: str) -> int:
    """A timestamp as whole Unix seconds or milliseconds, of plain digits.

    Raises:
        Unverified: it is anything else.
    """
    if not _DIGITS.fullmatch(text):
        raise unproven("time")
    return int(text)


def fresh(signed_at: float, now: float, *, past: float, future: float = 300.0) -> None:
    """
    Raises:
        Unverified: it was signed too long ago, or will only be signed.
    """
    if not now - past <= signed_at <= now + future:
        raise unproven("time")


def one_of(given: bytes, accepted: Iterable[bytes]) -> bool:
    """Whether it is one of these. All are compared, whatever the first says, so that the time tells nothing."""
    matches = [hmac.compare_digest(given, one) for one in accepted]
    return any(matches)


def unproven(why: str) -> Unverified:
    """The error for a request that proves nothing. ``why`` is a word for the log and never quotes what was sent."""
    return Unverified("The request does not prove who sent it.", why=why)
