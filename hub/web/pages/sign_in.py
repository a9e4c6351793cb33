"""Signing in and out: by a password, by an API key made for a person, or in the demo by picking who to be."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from hub.accounts import door
from hub.accounts.door import Door
from hub.bootstrap import Hub
from hub.errors import NotAllowed, RateLimited
from hub.store import teams
from hub.web import auth, headers
from hub.web.auth import demo_here, demo_people, public

#: Failed tries one address of the network has, by key or by password, and tries by link or in the demo.
TRIES, PER_SECONDS = 10, 60
#: Seconds between a right password and its code.
_CODE = 300.0
_WRONG = "This address and this password do not belong together."
_WRONG_KEY = "This is no key of a person that is in use. Ask an admin for yours."
_WRONG_CODE = "This code does not count. Type the newest one of your app, or a recovery code you have not used."
_TOO_LONG = "That took too long. Sign in once more."


class Tries:
    """Counts the tries of each address or person in a moving window, in this process's memory."""

    def __init__(self, tries: int = TRIES) -> None:
        self._tries = tries

    @cached_property
    def _counted(self) -> tuple[Any, Any]:
        # Made when the first person signs in: loading it would slow down every start.
        from limits import RateLimitItemPerSecond
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(MemoryStorage()), RateLimitItemPerSecond(self._tries, PER_SECONDS)

    def take(self, whose: str) -> None:
        """
        Raises:
            RateLimited: they have none left.
        """
        limiter, rate = self._counted
        if not limiter.hit(rate, "sign-in", whose):
            raise _too_many()

    def check(self, whose: str) -> None:
        """The same without taking one: who gets in on Monday morning does not count against the whole office.

        Raises:
            RateLimited: they have none left.
        """
        limiter, rate = self._counted
        if not limiter.test(rate, "sign-in", whose):
            raise _too_many()


def blueprint(hub: Hub, tries: Tries) -> Blueprint:
    page = Blueprint("sign_in", __name__)
    here = Door(hub.parts, hub.vault)

    @page.get("/sign-in")
    @public
    def show() -> str:
        return _form(hub)

    @page.post("/sign-in")
    @public
    def enter() -> Response | tuple[str, int]:
        place = request.remote_addr or ""
        tries.check(place)
        if provider_alone(hub):
            raise through_provider(hub)
        if "key" in request.form:
            return _by_key(hub, tries)
        email, password = request.form.get("email", ""), request.form.get("password", "")
        try:
            proven = here.password(email, password)
        except RateLimited as paused:
            return _form(hub, wrong=f"{paused.what} {paused.instead}", email=email), 429
        if proven is None:
            tries.take(place)
            return _form(hub, wrong=_WRONG, email=email), 401
        if not proven.asks_code:
            return welcome(door.enter(hub.parts, email=proven.email, how="password"))
        there = wanted()
        session.clear()
        session["second"] = {"email": proven.email, "until": hub.parts.clock() + _CODE}
        return redirect(url_for("sign_in.second", next=there), 303)

    @page.get("/sign-in/code")
    @public
    def second() -> str | Response:
        return _code_form() if _halfway(hub) else redirect(url_for("sign_in.show"), 303)

    @page.post("/sign-in/code")
    @public
    def enter_code() -> Response | tuple[str, int]:
        if provider_alone(hub):
            raise through_provider(hub)
        email = _halfway(hub)
        if email is None:
            return _form(hub, wrong=_TOO_LONG), 401
        try:
            passed = here.code(email, request.form.get("code", ""))
        except RateLimited as paused:
            return _code_form(f"{paused.what} {paused.instead}"), 429
        if passed is None:
            return _code_form(_WRONG_CODE), 401
        how = "password and code" if passed == "code" else "password and recovery code"
        return welcome(door.enter(hub.parts, email=email, how=how))

    @page.post("/sign-in/demo")
    @public
    def enter_demo() -> Response:
        tries.take(request.remote_addr or "")
        person = request.form.get("person", "")
        if not demo_here(hub) or person not in demo_people(hub):
            raise NotAllowed("The demo's sign-in is not open here.", instead="Sign in with your key.")
        return welcome(door.enter(hub.parts, email=person, how=auth.DEMO))

    @page.post("/sign-out")
    def leave() -> Response:
        auth.sign_out(hub)
        return redirect(url_for("sign_in.show"), 303)

    return page


def welcome(token: str, there: str | None = None) -> Response:
    """Sign this browser in and lead it on: to ``there``, or to the page it came for."""
    to = wanted() if there is None else there
    auth.sign_in(token)
    return redirect(to, 303)


def wanted() -> str:
    """Where to go afterwards: a page of this hub and nothing else."""
    asked = request.values.get("next", "/")
    if not is_inside(asked):
        return "/"
    if headers.IS_AUTHORIZE.fullmatch(urlsplit(asked).path):
        headers.opened_from_elsewhere()
    return asked


def is_inside(address: str) -> bool:
    """Whether it is an address of this hub, whatever a browser makes of it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return inside and address.isprintable() and "\\" not in address


def provider_alone(hub: Hub) -> bool:
    """Whether people come in through the provider and no other way."""
    return bool(hub.settings.oidc_issuer) and hub.settings.oidc_only


def through_provider(hub: Hub) -> NotAllowed:
    """What somebody is told who comes another way."""
    name = hub.settings.oidc_name
    return NotAllowed(f"People sign in with {name} here.", instead=f"Open the sign-in page and continue with {name}.")


def _by_key(hub: Hub, tries: Tries) -> Response | tuple[str, int]:
    with hub.database.reading() as tx:
        caller = teams.caller(tx, request.form["key"].strip())
    if caller is None or caller.email is None:
        tries.take(request.remote_addr or "")
        return _form(hub, wrong_key=_WRONG_KEY), 401
    auth.note_use(hub, caller)
    return welcome(door.enter(hub.parts, email=caller.email, key_id=caller.key_id, how="key"))


def _halfway(hub: Hub) -> str | None:
    """Whose password was right a moment ago in this browser."""
    half = session.get("second")
    if not isinstance(half, dict) or half.get("until", 0) <= hub.parts.clock():
        return None
    return half["email"]


def _too_many() -> RateLimited:
    return RateLimited("Too many tries to sign in from here.", after=PER_SECONDS, instead="Wait a minute.")


def _code_form(wrong: str = "") -> str:
    return render_template("sign_in_code.html", wrong=wrong, there=wanted())


def _form(hub: Hub, wrong: str = "", wrong_key: str = "", email: str = "") -> str:
    provider = hub.settings.oidc_name if hub.settings.oidc_issuer else ""
    return render_template(
        "sign_in.html",
        people=demo_people(hub) if demo_here(hub) else {},
        provider=provider,
        alone=provider_alone(hub),
        wrong=wrong,
        wrong_key=wrong_key,
        email=email[:320],
        there=wanted(),
    )
