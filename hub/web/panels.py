"""Signing panels in: a person lets a panel work in their name, and it gets a token for an hour.

Codes with a challenge (RFC 6749 section 4.1, RFC 7636) for panels that can be redirected to, codes people type
(RFC 8628) for those that cannot.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import ConfigurationError, UnknownName
from hub.sdk import Connection, Connector, Panel, Visit
from hub.store import Tx, connections, passes, teams
from hub.store.passes import Kind, Pass, State

#: Seconds: how long a code may travel, a person may take to type one, and a token works.
CODE, DEVICE, TOKEN = 60.0, 600.0, 3600.0
#: Seconds a device waits between two questions.
INTERVAL = 5
#: Consonants that are not taken for each other, as RFC 8628 section 6.1 advises; eight make 25 thousand million codes.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
PREFIX = "inlay_panel_"
#: What a panel calls, and nothing else, stands below this.
IS_PANEL = re.compile(r"/connect/([^/]+)/([^/]+)/panel/")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


class NotGranted(Exception):
    """A panel asked for a token and gets none; ``code`` is the word of RFC 6749 section 5.2 or RFC 8628 section 3.5."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


@dataclass(frozen=True, slots=True)
class Found:
    """A panel of a connection, and the connector it belongs to."""

    connector: Connector
    connection: Connection
    panel: Panel


class Panels:
    """The sign-in of one hub's panels."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def of(self, connector: str, connection: str) -> list[Found]:
        """The panels of a connection; none when there is no such connection of that connector."""
        try:
            # PostgreSQL takes no text with a NUL, not even to say that it does not know it.
            owner, opened = self._hub.parts.connections.get(connection.replace("\x00", "\ufffd"))
        except (UnknownName, ConfigurationError):
            return []
        return [Found(owner, opened, one) for one in owner.panels(opened)] if owner.name == connector else []

    def find(self, connector: str, connection: str, panel: str) -> Found | None:
        return next((one for one in self.of(connector, connection) if one.panel.id == panel), None)

    def teams_of(self, connection: str, person: str) -> list[str]:
        """The titles of the person's teams that use this connection: without one there is nothing to let a panel do."""
        with self._hub.database.reading() as tx:
            known = teams.person_of(tx, person)
            on = [team for team in connections.teams_of(tx, connection) if known and team in known[2]]
            return [found.title for found in (teams.get(tx, one) for one in on) if found]

    def roles_of(self, person: str) -> Mapping[str, Role]:
        """All a person may do: what a panel does in their name."""
        with self._hub.database.reading() as tx:
            known = teams.person_of(tx, person)
        return known[2] if known else {}

    def allow(self, found: Found, person: str, *, redirect: str, challenge: str) -> str:
        """A code for this person, to be had once, at this address, by whoever knows what the challenge was made of."""
        code = secrets.token_urlsafe(32)
        name, panel = found.connection.name, found.panel.id
        one = Pass(kind=Kind.CODE, connection=name, panel=panel, expires_at=self._until(CODE), person=person)
        self._keep(code, replace(one, redirect=redirect, challenge=challenge))
        return code

    def redeem(self, found: Found, code: str, *, redirect: str, verifier: str) -> str:
        """A token for a code. Whatever is wrong, the code is used up; one that is used twice takes its token with it.

        Raises:
            NotGranted.
        """
        now, token = self._hub.parts.clock(), None
        with self._hub.database.transaction() as tx:
            # Looked up beyond its time, to know one that comes again.
            known = passes.get(tx, Kind.CODE, code, now - TOKEN)
            if known is not None and not passes.use(tx, Kind.CODE, code, State.OPEN):
                passes.revoke_given_for(tx, code)
            elif known is not None and known.expires_at > now and _matches(known, found, redirect, verifier):
                token = self._token(tx, found, known.person, code)
        if token is None:
            raise NotGranted("invalid_grant", "The code is unknown, too old, used, or not this panel's.")
        return token

    def begin(self, found: Found) -> tuple[str, str]:
        """A device's code, and the one it shows to its person."""
        code = secrets.token_urlsafe(32)
        shown = "".join(secrets.choice(LETTERS) for _ in range(8))
        name, panel = found.connection.name, found.panel.id
        one = Pass(kind=Kind.DEVICE, connection=name, panel=panel, expires_at=self._until(DEVICE), user_code=shown)
        self._keep(code, one)
        return code, f"{shown[:4]}-{shown[4:]}"

    def waiting(self, user_code: str) -> Found | None:
        """The panel that shows this code, however the person spelled it."""
        with self._hub.database.reading() as tx:
            known = passes.of_user_code(tx, plain(user_code), self._hub.parts.clock())
        if known is None:
            return None
        try:
            owner, _ = self._hub.parts.connections.get(known.connection)
        except (UnknownName, ConfigurationError):
            return None
        return self.find(owner.name, known.connection, known.panel)

    def answer(self, user_code: str, person: str, *, allowed: bool) -> bool:
        """What the person said to a waiting device; False when it waits no more."""
        state = State.ALLOWED if allowed else State.REFUSED
        with self._hub.database.transaction() as tx:
            return passes.answer(tx, plain(user_code), state, person, self._hub.parts.clock())

    def poll(self, found: Found, code: str) -> str:
        """A token, once its person has let the device in.

        Raises:
            NotGranted: not yet, not at all, or asked too soon.
        """
        now = self._hub.parts.clock()
        with self._hub.database.transaction() as tx:
            known = passes.get(tx, Kind.DEVICE, code, now)
            if known is None or not _belongs(known, found) or known.state is State.USED:
                raise NotGranted("expired_token", "The code is unknown, used or too old. Begin again.")
            passes.polled(tx, code, now)
            if known.state is State.ALLOWED and passes.use(tx, Kind.DEVICE, code, State.ALLOWED):
                return self._token(tx, found, known.person, code)
        if known.state is State.REFUSED:
            raise NotGranted("access_denied", "The person refused.")
        # A clock's last second is no hurry.
        if known.state is State.OPEN and known.polled_at is not None and now - known.polled_at < INTERVAL - 1:
            raise NotGranted("slow_down", "Ask less often.")
        raise NotGranted("authorization_pending", "The person has not answered yet.")

    def visit(self, connection: str, token: str) -> Visit | None:
        """Whom a token of this connection stands for."""
        with self._hub.database.reading() as tx:
            known = passes.get(tx, Kind.TOKEN, token, self._hub.parts.clock())
        return Visit(person=known.person) if known and known.person and known.connection == connection else None

    def leave(self, token: str) -> bool:
        """Forget a token; False when there is none such."""
        with self._hub.database.transaction() as tx:
            return passes.revoke(tx, token)

    def _token(self, tx: Tx, found: Found, person: str | None, code: str) -> str:
        token = PREFIX + secrets.token_urlsafe(32)
        now, name = self._hub.parts.clock(), found.connection.name
        one = Pass(kind=Kind.TOKEN, connection=name, panel=found.panel.id, expires_at=now + TOKEN, person=person)
        passes.put(tx, token, replace(one, origin=passes.digest(code)))
        return token

    def _keep(self, secret: str, one: Pass) -> None:
        with self._hub.database.transaction() as tx:
            # A used code is remembered as long as its token works, to know it when it comes again.
            passes.expire(tx, self._hub.parts.clock() - TOKEN)
            passes.put(tx, secret, one)

    def _until(self, seconds: float) -> float:
        return self._hub.parts.clock() + seconds


def challenge_of(verifier: str) -> str:
    """The challenge S256 makes of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def is_challenge(text: str) -> bool:
    """Whether it can be one of S256's."""
    return _CHALLENGE.fullmatch(text) is not None


def plain(user_code: str) -> str:
    """A code as it was made, however a person spelled it."""
    return "".join(letter for letter in user_code.upper()[:40] if letter in LETTERS)


def _belongs(known: Pass, found: Found) -> bool:
    return known.connection == found.connection.name and known.panel == found.panel.id


def _matches(known: Pass, found: Found, redirect: str, verifier: str) -> bool:
    same = hmac.compare_digest((known.redirect or "").encode(), redirect.encode("utf-8", "surrogatepass"))
    proven = _VERIFIER.fullmatch(verifier) and hmac.compare_digest(challenge_of(verifier), known.challenge or "")
    return _belongs(known, found) and same and bool(proven)
