"""Passwords: hashed by argon2, compared at the same cost whether there is one or not, and long enough to matter."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from hub.errors import InvalidInputs

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200
#: Passwords hashed at once: each takes 19 MiB while it lasts.
_AT_ONCE = threading.BoundedSemaphore(4)


def check_new(password: str, again: str, *, about: tuple[str, ...] = ()) -> None:
    """Whether it may become somebody's password. ``about`` are words of theirs that anybody could guess.

    Raises:
        InvalidInputs: it is too short, too plain, or not the same twice; it is never quoted.
    """
    wrong: dict[str, str] = {}
    known = [word.lower() for word in about if len(word) > 3]
    if len(password) < SHORTEST:
        wrong["password"] = (
            f"Use {SHORTEST} characters or more. Four words that do not belong together are easy to keep."
        )
    elif len(password) > LONGEST:
        wrong["password"] = f"Use {LONGEST} characters or fewer."
    elif len(set(password.lower())) < 5 or any(word in password.lower() for word in known):
        wrong["password"] = "This is easy to guess. Leave out your name and address, and do not repeat one character."
    if password != again:
        wrong["again"] = "The two are not the same."
    if wrong:
        raise InvalidInputs("This password cannot be set.", fields=wrong, instead="Choose another one.")


def hashed(password: str) -> str:
    """What is stored of it."""
    with _AT_ONCE:
        return _hasher().hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password. Where none is stored, the same work is done and the answer is no."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _AT_ONCE:
        try:
            same = _hasher().verify(stored or _nobody(), password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return same and stored is not None


def is_old(stored: str) -> bool:
    """Whether it was hashed at another cost than is usual now."""
    return _hasher().check_needs_rehash(stored)


@cache
def _hasher() -> PasswordHasher:
    # Loaded when somebody first signs in. The cost is what OWASP names for argon2id: 19 MiB, two passes, one lane.
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobody() -> str:
    return _hasher().hash("the password of nobody")
