"""Who is asking, and the guard in front of every route: what is not marked ``public`` needs a key or a session."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import structlog
from flask import Flask, g, request, session

from hub.bootstrap import Hub
from hub.domain import Actor, Role, Run
from hub.errors import NotAllowed, Unverified
from hub.store import sessions, teams
from hub.store.sessions import Session
from hub.store.teams import Caller
from hub.web.errors import SignInFirst

log = structlog.get_logger("inlay.web")
View = TypeVar("View", bound=Callable[..., Any])
API = "api"
#: Where a browser's cookie holds the token of its session, and how the demo lets people in.
SIGNED_IN, DEMO = "token", "demo"
#: Where the application keeps the desks of the connectors' own pages, by the name of their blueprint.
DESKS = "inlay.desks"
#: A request that carries one of these came through a proxy, from who knows where.
_PROXIED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking: a key's holder, or a signed-in person. ``roles`` maps each of their teams to their role there."""

    person: str | None
    name: str
    roles: Mapping[str, Role]
    via: str
    key: str | None = None
    session: Session | None = None

    @property
    def team(self) -> str:
        """The team they work for when they name none: the first."""
        return next(iter(self.roles))

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles.values()

    @property
    def reach(self) -> list[str] | None:
        """The teams whose runs they see; None means all."""
        return None if self.is_admin else list(self.roles)

    def reaches(self, team: str) -> bool:
        return self.is_admin or team in self.roles

    def leads(self, team: str) -> bool:
        return self.is_admin or self.roles.get(team) is Role.LEAD

    def actor(self, run: Run | None = None, team: str | None = None) -> Actor:
        """They as an actor on a run or for a team, with the role they have there."""
        where = run.team if run is not None else team or self.team
        role = Role.ADMIN if self.is_admin else self.roles[where]
        return Actor(person=self.person, role=role, via=self.via)


def public(view: View) -> View:
    """Mark a view that needs nobody signed in."""
    view.inlay_public = True  # type: ignore[attr-defined]
    return view


def is_public(view: Any) -> bool:
    return getattr(view, "inlay_public", False)


def whoever() -> Identity:
    """Who is asking, as the guard found them."""
    return g.identity


def install(app: Flask, hub: Hub) -> None:
    """Put the guard in front of every route of this app."""

    @app.before_request
    def guard() -> None:
        endpoint = request.endpoint
        # An address that leads nowhere is told so by the routing itself: it holds nothing to guard.
        if endpoint is None or is_public(app.view_functions[endpoint]):
            return
        desk = app.extensions.get(DESKS, {}).get(request.blueprint)
        if desk is not None:
            # A page inside a vendor's tool: its connector says who is there, by what the vendor signed.
            return desk.admit()
        g.identity = by_bearer(hub) if request.blueprint == API else by_session(hub)


def by_bearer(hub: Hub) -> Identity:
    """The holder of the API key in the Authorization header.

    Raises:
        Unverified: there is none, or it is no key in use.
    """
    token, found = bearer(), None
    if token:
        with hub.database.reading() as tx:
            found = teams.caller(tx, token)
    if found is not None:
        note_use(hub, found)
    if found is None:
        raise Unverified(
            "The request carries no API key that is in use.",
            instead="Send 'Authorization: Bearer' and a key of your team. An admin makes one.",
            who="the asker",
        )
    return of_caller(found, "api")


def note_use(hub: Hub, caller: Caller) -> None:
    """Keep when the caller's key was last used."""
    now = hub.parts.clock()
    if caller.used_at is not None and now - caller.used_at < teams.USED_EVERY:
        return
    try:
        with hub.database.transaction() as tx:
            teams.note_use(tx, caller.key_id, now)
    except Exception as error:
        # What was asked for does not fail for a note of it.
        log.warning("the use of a key is not noted", key=caller.key_id, error=type(error).__name__)


def bearer() -> str:
    """The bearer token of this request, or an empty text."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def by_session(hub: Hub) -> Identity:
    """The signed-in person, looked up anew, so that an ended session, a revoked key or another role counts at once.

    Raises:
        SignInFirst: nobody is signed in.
    """
    token = session.get(SIGNED_IN)
    identity = _of_session(hub, token) if isinstance(token, str) else None
    if identity is None:
        # Nothing else: a sign-in that is under way in another tab goes on.
        session.pop(SIGNED_IN, None)
        raise SignInFirst("Nobody is signed in.", instead="Sign in first.", who="the asker")
    return identity


def _of_session(hub: Hub, token: str) -> Identity | None:
    now, idle = hub.parts.clock(), hub.settings.session_idle_hours * 3600
    with hub.database.reading() as tx:
        found = sessions.get(tx, token, now, idle)
        if found is None or (found.how == DEMO and not demo_here(hub)):
            return None
        if found.key_id is not None:
            caller = teams.caller_by_id(tx, found.key_id)
            identity = None if caller is None else of_caller(caller, "web")
        else:
            person = teams.person_of(tx, found.email or "")
            identity = None if person is None else Identity(*person, "web")
    if identity is not None and now - found.seen_at > sessions.NOTED:
        with hub.database.transaction() as tx:
            sessions.seen(tx, found.id, now)
    return None if identity is None else replace(identity, session=found)


def sign_in(token: str) -> None:
    """Make this browser's session the one of this token: whatever the old one held is gone."""
    session.clear()
    session[SIGNED_IN] = token
    session.permanent = True


def sign_out(hub: Hub) -> None:
    """End this browser's session, on the server too."""
    token = session.get(SIGNED_IN)
    if isinstance(token, str):
        with hub.database.transaction() as tx:
            sessions.end(tx, token)
    session.clear()


def of_caller(found: Caller, via: str) -> Identity:
    return Identity(found.email, found.name, {found.team: found.role}, via, found.key_id)


def demo_people(hub: Hub) -> dict[str, Identity]:
    """Everybody the demo lets in without a key, by e-mail address."""
    with hub.database.reading() as tx:
        rows = teams.people(tx)
    found: dict[str, Identity] = {}
    for email, name, team, role in rows:
        roles = dict(found[email].roles) if email in found else {}
        found[email] = Identity(email, name, {**roles, team: role}, "web")
    return found


def demo_here(hub: Hub) -> bool:
    """Whether this request may use the demo's sign-in: demo mode, from this machine, to this machine."""
    return hub.settings.demo and is_loopback(hub.settings.host) and from_this_machine()


def from_this_machine() -> bool:
    """Whether the request was made on this machine and for it: by no proxy, and by no name that could be anybody's."""
    forwarded = any(name in request.headers for name in _PROXIED)
    host = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdigit() else request.host
    return not forwarded and is_loopback(request.remote_addr or "") and is_loopback(host)


def is_loopback(host: str) -> bool:
    """Whether this is a name or an address of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def need_admin(identity: Identity) -> None:
    """
    Raises:
        NotAllowed: they are no admin.
    """
    if not identity.is_admin:
        raise NotAllowed("This is for admins.", instead="Ask an admin.")


def signing_keys(hub: Hub) -> tuple[bytes, list[bytes]]:
    """What sessions are signed with, and the older keys that still verify them."""
    first, *older = [hmac.digest(key, b"inlay web session", "sha256") for key in hub.vault.keys]
    return first, older
