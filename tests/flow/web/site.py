"""A hub with two teams, their people and keys, and the web application in front of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache

from hub.bootstrap import Hub
from hub.domain import Actor, Role, Run
from hub.pipeline import reviewers
from hub.store import teams
from hub.store.tables import look_opened
from hub.web import create_app
from tests.hubs import TEAM, TEMPLATE, a_hub, inputs, request

OTHER = "crm"
#: (who, team, role): each gets a key of the same name.
PEOPLE = (
    ("mara", TEAM, Role.MEMBER),
    ("jon", TEAM, Role.REVIEWER),
    ("ada", TEAM, Role.ADMIN),
    ("kim", OTHER, Role.LEAD),
)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_NONCE = re.compile(r'name="nonce" value="([^"]+)"')


class _Compiled(BytecodeCache):
    """Pages as the first application of this process compiled them: each test has one of its own, of the same pages."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


@dataclass(slots=True)
class Site:
    """The hub, its application, and a key for everybody."""

    hub: Hub
    app: APIFlask
    keys: dict[str, str]

    def bearer(self, who: str = "mara", **more: str) -> dict[str, str]:
        """The headers a program of this person sends; underscores become hyphens."""
        return {"Authorization": f"Bearer {self.keys[who]}", **{k.replace("_", "-"): v for k, v in more.items()}}

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def start(self, body: Any = None, who: str = "mara", **headers: str) -> Any:
        """POST /runs; without a body, one that works."""
        body = {"template": TEMPLATE, "inputs": inputs()} if body is None else body
        return self.client().post("/api/v1/runs", json=body, headers=self.bearer(who, **headers))

    def approve(self, run: str, who: str = "jon") -> Any:
        """Open a draft that waits for its review, read it for an hour, and approve what is there."""
        client, key = self.client(), self.bearer(who)
        seen = client.get(f"/api/v1/runs/{run}", headers=key).json["draft"]["content_hash"]
        has_read(self.hub, run)
        return client.post(f"/api/v1/runs/{run}/accept", json={"content_hash": seen}, headers=key)

    def run(self, key: str = "one", **given: Any) -> Run:
        """A run that was walked as far as it goes."""
        return self.hub.run(request(key, **given))

    def browser(self, who: str | None = "mara") -> Browser:
        """A signed-in browser, or with None one that is not."""
        browser = Browser(self.client())
        if who is not None:
            answer = browser.post("/sign-in", {"key": self.keys[who]}, at="/sign-in")
            assert answer.status_code == 303, answer.text
        return browser


def has_read(hub: Hub, run: str) -> None:
    """Whoever opened the draft of this run opened it an hour before they did."""
    with hub.database.transaction() as tx:
        before = sa.update(look_opened).where(look_opened.c.look == reviewers.look_id(run))
        tx.execute(before.values(at=look_opened.c.at - 3600))


@dataclass(slots=True)
class Browser:
    """A client that keeps its cookies, asks for pages, and sends forms with their token."""

    client: FlaskClient

    def get(self, path: str) -> Any:
        return self.client.get(path, headers={"Accept": "text/html"})

    def post(self, path: str, form: dict[str, Any] | None = None, *, at: str) -> Any:
        """Send a form as it stands on the page ``at``."""
        page = self.get(at).text
        token = _TOKEN.search(page)
        assert token, f"{at} holds no form:\n{page}"
        hidden = {"csrf_token": token.group(1)}
        if nonce := _NONCE.search(page):
            hidden["nonce"] = nonce.group(1)
        return self.client.post(path, data={**hidden, **(form or {})}, headers={"Accept": "text/html"})


def actor(who: str) -> Actor:
    """One of the people as the pipeline knows them."""
    role = next(role for name, _, role in PEOPLE if name == who)
    return Actor(person=f"{who}@example.com", role=role, via="test")


@contextmanager
def open_site(home: Path, **given: Any) -> Iterator[Site]:
    """A site in this folder; ``given`` goes to ``a_hub``."""
    with a_hub(home, **given) as hub:
        keys = {}
        with hub.database.transaction() as tx:
            teams.put(tx, OTHER, "CRM team", {}, 0.0)
            for who, team, role in PEOPLE:
                email = f"{who}@example.com"
                teams.put_person(tx, email, who.capitalize(), {team: role}, 0.0)
                keys[who] = teams.new_key(tx, team_id=team, role=role, email=email, name=who, now=0.0)
            keys["machine"] = teams.new_key(tx, team_id=TEAM, role=Role.MEMBER, email=None, name="machine", now=0.0)
        app = create_app(hub)
        app.jinja_env.bytecode_cache = _COMPILED
        yield Site(hub, app, keys)
