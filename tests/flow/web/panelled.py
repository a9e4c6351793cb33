"""A made-up vendor's program with two panels beside a hub: one that is redirected to, one whose person types a code."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Blueprint, jsonify

from hub.sdk import Connection, Connector, Desk, Panel, hookimpl
from hub.store import connections
from tests.flow.web.diary import Diary
from tests.flow.web.site import OTHER, Browser, Site, open_site
from tests.flow.web.vendor import Clock
from tests.hubs import TEAM

REDIRECT = "https://editor.example.com/static/oauth-redirect.html"
ORIGIN = "https://w123.addons.example.com"
STRANGE = "https://w124.addons.example.com"
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0"
HERE = "/connect/diary/mine"


class Panelled(Diary):
    """A diary whose panels the hub signs in."""

    def panels(self, connection: Connection) -> Sequence[Panel]:
        web = Panel(id="web", title="Diary Online", redirects=(REDIRECT,), origins=(ORIGIN,))
        return (web, Panel(id="desktop", title="Diary Desktop"))

    def blueprint(self, desk: Desk) -> Blueprint:
        page = super().blueprint(desk)

        @page.get("/panel/me")
        def panel_me(connection: str) -> Any:
            visitor = desk.visitor()
            return jsonify(person=visitor.person, team=visitor.team)

        return page


class Plugin:
    @hookimpl
    def register_connectors(self, register: Callable[[Connector], None]) -> None:
        register(Panelled())


@dataclass(slots=True)
class Program:
    """What runs in the vendor's program: it holds no secret, and calls the hub as a panel does."""

    site: Site
    clock: Clock

    def authorize(self, **changed: str | None) -> str:
        """The address a sign-in is begun at."""
        asked = {
            "response_type": "code",
            "client_id": "web",
            "redirect_uri": REDIRECT,
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
            "state": "s1",
            **changed,
        }
        return f"{HERE}/authorize?{urlencode({name: value for name, value in asked.items() if value is not None})}"

    def allow(self, browser: Browser, where: str = "", answer: str = "allow") -> dict[str, str]:
        """The person's answer on the hub's page; what the redirect tells the panel."""
        where = where or self.authorize()
        said = browser.post(where, {"answer": answer}, at=where)
        assert said.status_code == 303, said.text
        there = urlsplit(said.location)
        assert f"{there.scheme}://{there.netloc}{there.path}" == REDIRECT
        return {name: values[0] for name, values in parse_qs(there.query).items()}

    def token(self, at: str = HERE, **form: str) -> Any:
        return self.site.client().post(f"{at}/panel/token", data=form)

    def redeem(self, code: str, at: str = HERE, **changed: str) -> Any:
        form = {"client_id": "web", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER, **changed}
        return self.token(at, grant_type="authorization_code", **form)

    def signed_in(self, who: str = "mara") -> str:
        """A token in this person's name."""
        return self.redeem(self.allow(self.site.browser(who))["code"]).json["access_token"]

    def me(self, token: str, at: str = HERE, **headers: str) -> Any:
        return self.site.client().get(f"{at}/panel/me", headers={"Authorization": f"Bearer {token}", **headers})

    def begin(self) -> Any:
        return self.site.client().post(f"{HERE}/panel/device", data={"client_id": "desktop"})

    def poll(self, code: str) -> Any:
        grant = "urn:ietf:params:oauth:grant-type:device_code"
        return self.token(grant_type=grant, client_id="desktop", device_code=code)

    def type_code(self, browser: Browser, code: str, answer: str = "allow") -> Any:
        return browser.post("/panel", {"code": code, "answer": answer}, at=f"/panel?code={code}")


@contextmanager
def a_program(home: Path, **given: Any) -> Iterator[Program]:
    clock = Clock()
    with open_site(home, plugins=(("diary", Plugin()),), clock=clock, **given) as site:
        for name, team in (("mine", TEAM), ("other", TEAM), ("theirs", OTHER)):
            row = site.hub.parts.connections.sealed(name, "diary", {}, sandbox=True, now=clock())
            with site.hub.database.transaction() as tx:
                connections.put(tx, row)
                connections.enable(tx, name, team, {})
        yield Program(site, clock)


def challenge(verifier: str = VERIFIER) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def csrf(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found.group(1)
