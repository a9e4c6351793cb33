"""Evidence and lapses over the API and on the run's page: who sees what, and who may deal with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from hub.domain import Run
from hub.pipeline import lapses
from hub.pipeline.register import Register
from hub.store import evidence
from hub.store.evidence import Evidence
from hub.testing import FakeModel
from tests.flow.web.site import OTHER, Site
from tests.hubs import TEAM, answer, kinds

LASTS = Evidence(id="ev-014", claim="The lantern lasts 9 hours <b>now</b>.", owner="Lab", source="Test 4")
TEXT = {"text": "Our lantern lasts the whole evening."}


def keep(site: Site, *entries: Evidence) -> None:
    with site.hub.database.transaction() as tx:
        evidence.put(tx, entries, site.hub.parts.clock())
    site.hub.parts.register = Register(site.hub.database)


@pytest.fixture
def site(open_at: Callable[..., object]) -> Iterator[Site]:
    cited = {
        **answer("The lantern lasts 9 hours."),
        "claims": [{"text": "The lantern lasts 9 hours.", "evidence_id": "ev-014"}],
    }
    with open_at(model=FakeModel(cited)) as opened:  # type: ignore[attr-defined]
        keep(opened, LASTS)
        yield opened


def lapsed(site: Site) -> Run:
    made = site.run(inputs=TEXT)
    assert made.state == "delivered", made.problem
    keep(site, replace(LASTS, withdrawn=True))
    assert lapses.look(site.hub.parts) == 1
    return made


def test_a_team_sees_its_own_evidence_and_the_organisations_and_no_other(site: Site) -> None:
    keep(site, replace(LASTS, id="ev-crm", team=OTHER), replace(LASTS, id="ev-brand", team=TEAM))
    seen = {
        who: [one["id"] for one in site.client().get("/api/v1/evidence", headers=site.bearer(who)).json["evidence"]]
        for who in ("mara", "kim", "ada")
    }
    assert seen == {
        "mara": ["ev-014", "ev-brand"],
        "kim": ["ev-014", "ev-crm"],
        "ada": ["ev-014", "ev-brand", "ev-crm"],
    }
    assert site.client().get("/api/v1/evidence").status_code == 401
    assert site.client().get("/api/v1/evidence?after=%00", headers=site.bearer()).status_code == 400


def test_a_long_register_comes_page_by_page(site: Site) -> None:
    keep(site, *(replace(LASTS, id=f"ev-{n:04}") for n in range(450)))
    ids: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = site.client().get("/api/v1/evidence", query_string=after, headers=site.bearer()).json
        ids += [one["id"] for one in page["evidence"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(ids) == len(set(ids)) == 451


def test_what_lapsed_is_listed_for_its_team_and_dealt_with_by_its_reviewer(site: Site) -> None:
    made = lapsed(site)
    there = site.client().get("/api/v1/evidence/lapsed", headers=site.bearer()).json["lapsed"]
    assert [(one["run"], one["evidence_id"], one["why"]) for one in there] == [(made.id, "ev-014", "withdrawn")]
    assert site.client().get("/api/v1/evidence/lapsed", headers=site.bearer("kim")).json == {"lapsed": []}
    path = f"/api/v1/runs/{made.id}/evidence/ev-014/dealt-with"
    said = {who: site.client().post(path, headers=site.bearer(who)).status_code for who in ("mara", "machine", "kim")}
    assert said == {"mara": 403, "machine": 403, "kim": 404}
    done = site.client().post(path, headers=site.bearer("jon"))
    assert done.status_code == 200 and done.json["lapsed"] == []
    assert site.client().post(path, headers=site.bearer("jon")).status_code == 409
    assert kinds(site.hub, made)[-1] == "evidence.dealt_with"


def test_the_runs_page_says_which_claim_since_when_and_what_to_do(site: Site) -> None:
    made = lapsed(site)
    shown = site.browser("mara").get(f"/runs/{made.id}").text
    assert "ev-014 was withdrawn, and this text relies on it." in shown
    assert "&lt;b&gt;now&lt;/b&gt;" in shown and "<b>now</b>" not in shown
    assert "It was dealt with" not in shown, "the author is not asked"
    browser = site.browser("jon")
    at = f"/runs/{made.id}"
    assert "It was dealt with" in browser.get(at).text
    assert browser.post(f"{at}/dealt-with", {"evidence": "ev-014"}, at=at).status_code == 303
    assert "was withdrawn, and this text" not in browser.get(at).text
    assert lapses.of_run(site.hub.parts, made) == []


def test_a_run_is_given_with_what_lapsed(site: Site) -> None:
    made = lapsed(site)
    shown = site.client().get(f"/api/v1/runs/{made.id}", headers=site.bearer()).json["lapsed"]
    assert shown[0]["evidence_id"] == "ev-014" and shown[0]["instead"]
