"""The list of runs: filters that an address carries, pages both ways, and a place that leads to its run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.domain import Run, RunState
from hub.store import connections, searches, teams
from hub.store.connections import Workflow
from hub.store.searches import Wanted
from hub.testing import FakeModel
from tests.flow.web.site import OTHER, Browser, Site, actor, open_site
from tests.hubs import TEAM, TEMPLATE, Clock, a_hub, answer

DAY = 86_400.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    with open_site(tmp_path, clock=clock, model=FakeModel(answer("Clinically proven."), answer())) as made:
        yield made


def shown(browser: Browser, address: str) -> list[str]:
    page = browser.get(address)
    assert page.status_code == 200, page.text
    return re.findall(r'class="line" href="/runs/([^"]+)"', page.text)


def flow(site: Site, name: str) -> dict[str, Any]:
    """What asks for a workflow of the team, which is declared first."""
    with site.hub.database.transaction() as tx:
        connections.put_workflow(tx, Workflow(TEAM, name, TEMPLATE, (), None))
    return {"workflow": name, "template": None}


def made(site: Site, clock: Clock) -> dict[str, Run]:
    found = {}
    for key, given in {
        "held": {},
        "jon": {"actor": actor("jon")},
        "flow": flow(site, "weekly"),
        "crm": {"team": OTHER, "actor": actor("kim")},
        "docs": {"surface": "google_docs"},
        "other": {"template": "shorten-or-repurpose", "inputs": {"text": "One. Two."}},
    }.items():
        found[key] = site.run(key, **given)
        clock.now += DAY
    return found


def test_each_filter_finds_what_it_says_and_they_go_together(site: Site, clock: Clock) -> None:
    runs = made(site, clock)
    names = {run.id: key for key, run in runs.items()}
    mara, ada = site.browser(), site.browser("ada")

    def found(address: str, who: Browser = mara) -> list[str]:
        return [names[id] for id in shown(who, address)]

    assert runs["held"].state is RunState.HELD
    assert found("/runs") == ["other", "docs", "flow", "jon", "held"]
    assert found("/runs", ada) == ["other", "docs", "crm", "flow", "jon", "held"]
    assert found("/runs?state=held") == ["other", "held"]
    assert found("/runs?state=held", ada) == ["other", "held"]
    assert found(f"/runs?team={OTHER}", ada) == ["crm"]
    assert found("/runs?template=shorten-or-repurpose") == ["other"]
    assert found("/runs?workflow=weekly") == ["flow"]
    assert found("/runs?surface=google_docs") == ["docs"]
    assert found("/runs?mine=1") == ["other", "docs", "flow", "held"]
    assert found("/runs?mine=1&state=held&surface=api") == ["other", "held"]
    assert found("/runs?mine=1&state=held&surface=google_docs") == []
    day = "2026-09-2"
    assert found(f"/runs?since={day}2&until={day}3") == ["flow", "jon"]


def test_a_filter_that_is_on_is_a_chip_that_takes_it_off(site: Site, clock: Clock) -> None:
    made(site, clock)
    page = site.browser().get("/runs?state=held&mine=1").text
    assert 'href="/runs?mine=1">Held for a person' in page
    assert 'href="/runs?state=held">asked by you' in page
    empty = site.browser().get("/runs?state=orphaned").text
    assert "No run is like this" in empty


@pytest.mark.parametrize(
    "address", ["state=nonsense", f"team={OTHER}", "since=tomorrow", "since=2026-02-02&until=2026-01-01", "surface=%00"]
)
def test_a_filter_there_is_none_of_is_refused_in_words(site: Site, address: str) -> None:
    assert site.browser().get(f"/runs?{address}").status_code == 400


def test_pages_go_both_ways_and_keep_the_filters(site: Site, clock: Clock) -> None:
    # The first is held; many are made in one moment.
    ids = [site.run(f"r{n}").id for n in range(65)][1:]
    mara = site.browser()
    pages, address = [], "/runs?mine=1&state=delivered"
    while True:
        pages.append(shown(mara, address))
        older = re.search(r'href="([^"]+)" rel="next"', mara.get(address).text)
        if not older:
            break
        address = older.group(1).replace("&amp;", "&")
        assert "mine=1" in address and "state=delivered" in address
    assert sorted(id for page in pages for id in page) == sorted(ids)
    assert [len(page) for page in pages] == [30, 30, 4]
    back = [pages[-1]]
    while newer := re.search(r'href="([^"]+)" rel="prev"', mara.get(address).text):
        address = newer.group(1).replace("&amp;", "&")
        back.append(shown(mara, address))
    assert back[::-1] == pages


def test_a_run_s_id_leads_to_it_and_another_team_s_nowhere(site: Site, clock: Clock) -> None:
    runs = made(site, clock)
    mara = site.browser()
    assert mara.get(f"/runs?q={runs['docs'].id}").headers["Location"] == f"/runs/{runs['docs'].id}"
    address = f"http://127.0.0.1:8000/runs/{runs['docs'].id}"
    assert mara.get(f"/runs?q={address}").headers["Location"] == f"/runs/{runs['docs'].id}"
    for other in (runs["crm"].id, "nothing-there", "https://docs.example.com/d/none"):
        assert "Nothing of your teams is known there" in mara.get(f"/runs?q={other}").text


def test_a_run_of_a_workflow_has_the_title_of_its_template_everywhere(site: Site) -> None:
    site.run("first")
    run = site.run("second", **flow(site, "weekly-mail"))
    mara = site.browser()
    for page in ("/", "/runs", f"/runs/{run.id}", f"/runs/{run.id}/provenance"):
        text = mara.get(page).text
        assert "Rewrite in brand voice" in text and not re.search(
            r"<(h1|title|span class=.title.)>[^<]*weekly-mail", text
        )


SEARCHES = (
    (Wanted(), "ix_run_created"),
    (Wanted(teams=[TEAM]), ""),
    (Wanted(teams=[TEAM], states=("held",)), "ix_run_resting"),
    (Wanted(states=("failed",), template="a", surface="dam"), "ix_run_resting"),
    (Wanted(teams=[TEAM], template="a"), "ix_run_team_template_created"),
    (Wanted(teams=[TEAM], template="a", surface="dam"), "ix_run_team_template_created"),
    (Wanted(teams=[TEAM], workflow="a"), "ix_run_team_workflow_created"),
    (Wanted(teams=[TEAM], surface="dam"), "ix_run_team_surface_created"),
    (Wanted(teams=[TEAM], asker="mara@example.com", template="a"), "ix_run_asker_created"),
    (Wanted(teams=[TEAM, OTHER], since=1.0, until=2.0), ""),
)


def test_every_search_walks_an_index_on_both_databases(tmp_path: Path, database_url: str) -> None:
    with a_hub(tmp_path, database_url=database_url) as hub, hub.database.transaction() as tx:
        teams.put(tx, OTHER, "CRM team", {}, 0.0)
        postgres = tx.dialect.name == "postgresql"
        if postgres:
            # A table this small is scanned, unless that is made dear.
            for dear in ("seqscan", "bitmapscan"):
                tx.execute(sa.text(f"SET LOCAL enable_{dear} = off"))
        for wanted, index in SEARCHES:
            for statement in searches.statements(tx, wanted, limit=30, before=(5.0, "a")):
                asked = statement.compile(tx.engine, compile_kwargs={"literal_binds": True})
                explain = f"EXPLAIN {'' if postgres else 'QUERY PLAN'} {asked}".replace(":", r"\:")
                plan = "\n".join(str(row) for row in tx.execute(sa.text(explain)))
                assert "Seq Scan" not in plan and not re.search(r"SCAN run(?! USING INDEX)", plan), (wanted, plan)
                assert index in plan, (wanted, plan)
