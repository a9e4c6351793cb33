"""How soon pages are there when many runs are stored, of several teams and in every state a run may rest in."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from hub.bench import material
from hub.bench.report import Figure, median
from hub.bootstrap import Hub
from hub.domain import Role, Run, RunState
from hub.store import runs, teams
from hub.web import create_app

#: Milliseconds a page may take with 100,000 stored runs.
BAR = 100.0
BATCH = 1000
DAYS = 90 * 86_400.0
TEAMS = 6
#: Of a thousand runs so many rest in these states; the others are delivered.
_RARE = {RunState.HELD: 12, RunState.REFUSED: 8, RunState.FAILED: 3, RunState.CANCELLED: 5, RunState.ORPHANED: 1}
_PAGES = {
    "home": "/",
    "runs": "/runs",
    "runs, one state": "/runs?state=held",
    "runs, rare state and template": f"/runs?state=orphaned&template={material.TEMPLATE}",
    "runs, nothing like this": "/runs?template=no-such-template&surface=web",
    "runs, mine in two days": "/runs?mine=1&since=2026-01-02&until=2026-01-03",
    "runs, far back": "/runs?before={middle}",
    "one run": "/runs/{middle}",
    "reviews": "/reviews",
    "templates": "/templates",
    "a template": f"/templates/{material.TEMPLATE}",
    "policy": "/policy",
    "policy of a team": f"/policy/teams/{material.TEAM}",
    "a pack": "/policy/packs/claims-us",
}


def measure(hub: Hub, sizes: tuple[int, ...], *, each: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """The 50th and 95th percentile of each page, for an admin, at each number of stored runs."""
    sample = hub.run(next(material.requests("pages")))
    client = _signed_in(hub)
    middle, have = sample.id, 0
    for size in sizes:
        say(f"storing {size:,} runs of {TEAMS} teams")
        middle = _fill(hub, sample, have, size) or middle
        have = size
        for name, path in _PAGES.items():
            taken = []
            for number in range(each + 2):
                started = time.perf_counter()
                answer = client.get(path.format(middle=middle), headers={"Accept": "text/html"})
                spent = (time.perf_counter() - started) * 1000
                assert answer.status_code == 200, f"{path}: {answer.status}"
                # The first ones fill caches.
                if number >= 2:
                    taken.append(spent)
            group = f"pages with {size:,} runs"
            bar = BAR if size <= 100_000 else None
            yield Figure(group=group, name=f"{name}, p50", value=median(taken), unit="ms", bar=bar)
            yield Figure(group=group, name=f"{name}, p95", value=sorted(taken)[int(len(taken) * 0.95)], unit="ms")


def _fill(hub: Hub, sample: Run, have: int, size: int) -> str | None:
    """Copies of a finished run over the days before it, of every team and state; the id of one from the middle."""
    others = [material.TEAM, *(f"bench-{number}" for number in range(2, TEAMS + 1))]
    with hub.database.transaction() as tx:
        for name in others[1:]:
            teams.put(tx, name, name, {}, sample.created_at)
    states = [state for state, many in _RARE.items() for _ in range(many)]
    changes = {name: getattr(sample, name) for name in ("work", "input_verdicts", "output_verdicts", "draft")}
    middle = None
    for start in range(have, size, BATCH):
        with hub.database.transaction() as tx:
            for number in range(start, min(start + BATCH, size)):
                fresh, place = secrets.token_hex(10), number * 7919 % 1000
                asked = {"key": f"page-{fresh}", "surface": ("api", "web")[number % 2]}
                copy = dataclasses.replace(
                    sample,
                    id=fresh,
                    team=others[number % TEAMS],
                    state=states[place] if place < len(states) else RunState.DELIVERED,
                    created_at=sample.created_at - DAYS * ((number * 7919 % size) / size),
                    request=dataclasses.replace(sample.request, **asked),
                    token="copy",
                )
                runs.create(tx, copy, fingerprint=fresh)
                runs.save(tx, fresh, "copy", {**changes, "token": None})
                middle = fresh if number == size // 2 else middle
    return middle


def _signed_in(hub: Hub) -> Any:
    """A browser of an admin of the bench's team."""
    with hub.database.transaction() as tx:
        teams.put_person(tx, "page@example.com", "Page", {material.TEAM: Role.ADMIN}, 0.0)
        key = teams.new_key(tx, team_id=material.TEAM, role=Role.ADMIN, email="page@example.com", name="pages", now=0.0)
    client = create_app(hub).test_client()
    token = client.get("/sign-in").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    client.post("/sign-in", data={"csrf_token": token, "key": key})
    return client
