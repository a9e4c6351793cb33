"""A made-up vendor's tool around a hub: calls the hub's pages in somebody's name, at a time that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.domain import Run
from hub.pipeline.run import advance
from hub.store import connections
from tests.flow.web.diary import WORD, Diary, Plugin
from tests.flow.web.site import Site, open_site
from tests.hubs import TEAM, TEMPLATE, inputs


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Vendor:
    """The vendor's tool: calls the hub's pages in somebody's name."""

    site: Site
    diary: Diary
    clock: Clock

    def call(self, path: str, body: Any = None, *, who: str = "mara@example.com", **headers: str) -> Any:
        sent = {"X-Proof": WORD, "X-Person": who, **{f"X-{name}": value for name, value in headers.items()}}
        client = self.site.client()
        where = f"/connect/diary/mine/{path}"
        return client.get(where, headers=sent) if body is None else client.post(where, json=body, headers=sent)

    def start(self, key: str = "click", **given: Any) -> dict[str, Any]:
        headers = {"token": given.pop("token")} if "token" in given else {}
        who = given.pop("who", "mara@example.com")
        body = {"key": key, "template": TEMPLATE, "inputs": inputs(), "surface": "google_docs", **given}
        answer = self.call("runs", body, who=who, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json

    def work(self, run: str) -> Run:
        """The run once a worker has done all that can be done now."""
        self.clock.now += 1
        while advance(self.site.hub.parts, run):
            pass
        return self.site.hub.get(run)


@contextmanager
def a_vendor(home: Path, **given: Any) -> Iterator[Vendor]:
    plugin, clock = Plugin(), Clock()
    with open_site(home, plugins=(("diary", plugin),), clock=clock, **given) as site:
        row = site.hub.parts.connections.sealed("mine", "diary", {}, sandbox=True, now=clock())
        with site.hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, "mine", TEAM, {})
        yield Vendor(site, plugin.diary, clock)
