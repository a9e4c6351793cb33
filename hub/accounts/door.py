"""The door: an address, a password and maybe a code become a session, or a pause that grows with every failed try."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from hub.accounts import passwords, record, second_step
from hub.domain import Actor
from hub.errors import RateLimited
from hub.pipeline.parts import Parts
from hub.store import Tx, accounts, failed_tries, sessions, teams
from hub.store.accounts import SIGNED_IN
from hub.store.runs import one_spelling
from hub.vault import Vault

#: Failed tries that cost nothing, the longest pause, and after how long a silence they are forgotten, in seconds.
FREE, LONGEST, FORGOTTEN = 5, 900.0, 86_400.0
_NOBODY = Actor(via="web")


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody whose password is right. With ``asks_code`` they are not in yet."""

    email: str
    asks_code: bool


class Door:
    """Lets people in by password. One per process; what it counts is in the database, where all processes count."""

    def __init__(self, parts: Parts, vault: Vault) -> None:
        self._parts = parts
        self._vault = vault
        self._key = hmac.digest(vault.keys[0], b"inlay failed tries", "sha256")

    def password(self, email: str, password: str) -> Proven | None:
        """Whose they are; None when they are nobody's. An unknown address costs the same work and gets the same answer.

        Raises:
            RateLimited: this address was tried too often; whether anybody has it is not told.
        """
        spelled = (one_spelling(email) or "")[:320].replace("\x00", "")
        self._take(spelled)
        with self._parts.database.reading() as tx:
            known = teams.person_of(tx, spelled)
            account = accounts.get(tx, known[0]) if known else accounts.Account("")
        if not passwords.matches(account.password, password):
            self._failed(known[0] if known else None, "password")
            return None
        with self._parts.database.transaction() as tx:
            failed_tries.clear(tx, self._whose(spelled))
            if account.password and passwords.is_old(account.password):
                accounts.set_password(tx, account.email, passwords.hashed(password), account.password_at or 0.0)
        return Proven(account.email, account.totp is not None)

    def code(self, email: str, code: str) -> str | None:
        """How the second step was passed, "code" or "recovery"; None when it was not.

        Raises:
            RateLimited: codes were tried too often.
        """
        # Counted apart from passwords: a right password must not buy more codes.
        whose = f"code {email}"
        self._take(whose)
        with self._parts.database.transaction() as tx:
            passed = second_step.answered(tx, self._vault, accounts.get(tx, email), code, self._parts.clock())
            if passed is not None:
                failed_tries.clear(tx, self._whose(whose))
        if passed is None:
            self._failed(email, "code")
        return passed

    def _take(self, whose: str) -> None:
        """Count a try before it is made, so that many at once are counted too; a right one clears the count."""
        now, hashed = self._parts.clock(), self._whose(whose)
        with self._parts.database.transaction() as tx:
            until = failed_tries.until(tx, hashed)
            if until <= now:
                tries = failed_tries.count(tx, hashed, now, now - FORGOTTEN)
                # Of the very first tries there was nothing to wait at: one of them may have begun a pause by now.
                until = failed_tries.until(tx, hashed)
                if until <= now and tries >= FREE:
                    failed_tries.pause(tx, hashed, now + min(LONGEST, 2.0 ** (tries - FREE)))
        if until > now:
            raise RateLimited(
                "Too many tries for this address.",
                after=until - now,
                instead=f"Wait {_minutes(until - now)}, or ask an admin for a link.",
            )

    def _failed(self, email: str | None, by: str) -> None:
        if email is not None:
            with self._parts.database.transaction() as tx:
                record.write(self._parts, tx, _NOBODY, "person.sign_in_failed", about=email, by=by)

    def _whose(self, whose: str) -> str:
        return hmac.digest(self._key, whose.encode("utf-8", "surrogatepass"), "sha256").hex()


def enter(parts: Parts, *, email: str | None, key_id: str | None = None, how: str) -> str:
    """A session for somebody who is proven, on record; what is returned is for their browser alone."""
    with parts.database.transaction() as tx:
        return entered(parts, tx, email=email, key_id=key_id, how=how)


def entered(parts: Parts, tx: Tx, *, email: str | None, key_id: str | None = None, how: str) -> str:
    """The same inside a transaction. Call it last."""
    now = parts.clock()
    until = now + parts.settings.session_days * 86_400
    token = sessions.start(tx, email=email, key_id=key_id, how=how, now=now, until=until)
    record.write(parts, tx, Actor(person=email, via="web"), SIGNED_IN, how=how)
    return token


def tidy(parts: Parts) -> None:
    """Forget sessions and failed tries that count no more."""
    now = parts.clock()
    with parts.database.transaction() as tx:
        sessions.expire(tx, now, parts.settings.session_idle_hours * 3600)
        failed_tries.expire(tx, now - FORGOTTEN)


def _minutes(seconds: float) -> str:
    if seconds <= 60:
        return "a minute"
    return f"{round(seconds / 60) + 1} minutes"
