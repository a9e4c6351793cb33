"""Signing in and out: by an API key made for a person, or in the demo by picking who to be."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.errors import NotAllowed, RateLimited
from hub.store import teams
from hub.web import headers
from hub.web.auth import demo_here, demo_people, public

#: Tries one address has, by key or in the demo.
TRIES, PER_SECONDS = 10, 60


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
            raise RateLimited("Too many tries to sign in from here.", after=PER_SECONDS, instead="Wait a minute.")


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("sign_in", __name__)

    tries = Tries()

    @page.get("/sign-in")
    @public
    def show() -> str:
        return _form(hub)

    @page.post("/sign-in")
    @public
    def enter() -> Response | tuple[str, int]:
        tries.take(request.remote_addr or "")
        with hub.database.reading() as tx:
            caller = teams.caller(tx, request.form.get("key", "").strip())
        if caller is None or caller.email is None:
            return _form(hub, wrong="This is no key of a person that is in use. Ask an admin for yours."), 401
        return _welcome("key", caller.key_id)

    @page.post("/sign-in/demo")
    @public
    def enter_demo() -> Response:
        tries.take(request.remote_addr or "")
        person = request.form.get("person", "")
        if not demo_here(hub) or person not in demo_people(hub):
            raise NotAllowed("The demo's sign-in is not open here.", instead="Sign in with your key.")
        return _welcome("person", person)

    @page.post("/sign-out")
    def leave() -> Response:
        session.clear()
        return redirect(url_for("sign_in.show"), 303)

    return page


def _form(hub: Hub, wrong: str = "") -> str:
    people = demo_people(hub) if demo_here(hub) else {}
    return render_template("sign_in.html", people=people, wrong=wrong, there=_there())


def _welcome(name: str, value: str) -> Response:
    """A new session: whatever the old one held is gone."""
    session.clear()
    session[name] = value
    session.permanent = True
    return redirect(_there(), 303)


def _there() -> str:
    """Where to go afterwards: a page of this hub and nothing else."""
    wanted = request.values.get("next", "/")
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    if headers.IS_AUTHORIZE.fullmatch(parts.path):
        headers.opened_from_elsewhere()
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return wanted if inside and wanted.isprintable() and "\\" not in wanted else "/"
