"""The reviewer's desk in the browser and over the API: the queue, one draft beside its source, the decision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.google_docs.sandbox import Sandbox
from hub.domain import Role, Run, RunState
from hub.pipeline import run as running
from hub.pipeline import second_look
from hub.pipeline.reviewers import look_id
from hub.store import evidence, reviews, teams
from hub.store.evidence import Evidence
from hub.templates.rendering import EVIDENCE
from hub.testing import FakeModel
from hub.web import look_view
from tests.flow.path.review_desk import LONG, TEXT
from tests.flow.web.desk_pages import first_link, hash_on, waiting
from tests.flow.web.site import Site, open_site
from tests.hubs import TEAM, Clock, answer, at_end_of, connect, kinds

REGISTERED = {EVIDENCE: "ev-1: " + "It lasts 9 hours. " * 40, "text": "Our lantern lasts 9 hours."}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    with open_site(tmp_path, model=FakeModel(answer(LONG)), clock=clock) as site:
        yield site


def test_a_reviewer_opens_the_queue_reads_a_draft_beside_its_source_and_approves_it(site: Site, clock: Clock) -> None:
    run = waiting(site)
    jon = site.browser("jon")
    desk = first_link(jon.get("/reviews").text)
    page = jon.get(desk).text
    assert "everybody is welcome" in page and "<ins>" in page and "<del>" in page and "1 of 1" in page
    quick = jon.post(f"{desk}/accept", {"content_hash": hash_on(page)}, at=desk)
    assert "too quick" in jon.get(quick.headers["Location"]).text
    clock.now += 60
    done = jon.post(f"{desk}/accept", {"content_hash": hash_on(page)}, at=desk)
    assert done.headers["Location"] == "/reviews"
    assert "Approved" in jon.get("/reviews").text
    assert site.hub.get(run.id).state is RunState.APPROVED


def test_home_says_what_waits_to_those_who_may_decide_on_it_and_to_nobody_else(site: Site) -> None:
    waiting(site)
    assert "1 draft waits for your review" in site.browser("jon").get("/").text
    assert "for your review" not in site.browser("mara").get("/").text


def test_a_reviewer_reads_what_the_register_says_of_each_claim_and_the_source_is_no_register(tmp_path: Path) -> None:
    claims = [{"text": "It lasts 9 hours.", "evidence_id": "ev-1"}, {"text": "It is new.", "evidence_id": None}]
    with open_site(tmp_path, model=FakeModel({**answer(LONG), "claims": claims})) as site:
        kept = {"claim": "It lasts 9 hours.", "owner": "Product test", "source": "https://tests.example.com/4"}
        long = Evidence(id="ev-1", **kept, expires_on="2999-01-01", disclaimer="everybody")
        with site.hub.database.transaction() as tx:
            evidence.put(tx, [long], site.hub.parts.clock())
        run = waiting(site, tier=3)
        jon = site.browser("jon")
        page = jon.get(first_link(jon.get("/reviews").text)).text
        assert 'href="https://tests.example.com/4"' in page and "in force until 2999-01-01" in page
        assert "No evidence named." in page
        assert list(look_view.sources(replace(run, work=replace(run.work, values=REGISTERED)))) == ["text", EVIDENCE]


def test_a_rejection_says_why_and_the_asker_has_it_written_anew_with_one_click(site: Site) -> None:
    run = waiting(site)
    jon, mara = site.browser("jon"), site.browser("mara")
    desk = first_link(jon.get("/reviews").text)
    silent = jon.post(f"{desk}/reject", {"reason": " "}, at=desk)
    assert "says why" in jon.get(silent.headers["Location"]).text
    jon.post(f"{desk}/reject", {"reason": "Too loud for us."}, at=desk)
    page = mara.get(f"/runs/{run.id}").text
    assert "Rejected</span>" in page and "Not reviewed</span>" not in page
    assert "Too loud for us." in page and f"/runs/{run.id}/redraft" in page
    new = mara.post(f"/runs/{run.id}/redraft", at=f"/runs/{run.id}")
    assert new.status_code == 303 and new.headers["Location"] != f"/runs/{run.id}"
    again = mara.get(new.headers["Location"]).text
    assert "written with what the reviewer said" in again and f'href="/runs/{run.id}"' in again


SAYS = "A reviewer rejected the draft. Write it again with what the reviewer said"


def rejected(site: Site, key: str = "one", **given: Any) -> Run:
    run = waiting(site, key, **given)
    jon = site.browser("jon")
    desk = first_link(jon.get("/reviews").text)
    jon.post(f"{desk}/reject", {"reason": "Too loud for us."}, at=desk)
    return run


def on_home(site: Site, who: str = "mara") -> list[str]:
    """The rejected runs that Home says wait for this person."""
    return re.findall(r'<li><a href="/runs/([^"]+)">[^<]+</a>: ' + SAYS, site.browser(who).get("/").text)


def test_a_rejected_draft_waits_for_whoever_asked_until_it_is_written_again(site: Site) -> None:
    first, second = rejected(site), rejected(site, "two")
    assert set(on_home(site)) == {first.id, second.id}
    assert on_home(site, "jon") == on_home(site, "ada") == []
    site.browser().post(f"/runs/{first.id}/redraft", at=f"/runs/{first.id}")
    assert on_home(site) == [second.id]


def test_a_rejected_draft_that_was_left_at_that_or_taken_back_waits_for_nobody(site: Site, docs: Sandbox) -> None:
    left, mara, ada = rejected(site), site.browser(), site.browser("ada")
    page = f"/runs/{left.id}"
    assert f"{page}/seen-to" not in ada.get(page).text
    ada.post(f"{page}/seen-to", at=page)
    assert on_home(site) == [left.id]
    for _ in range(2):
        mara.post(f"{page}/seen-to", at=page)
    assert on_home(site) == [] and kinds(site.hub, left).count("rejection.seen_to") == 1
    assert f"{page}/seen-to" not in mara.get(page).text and f"{page}/redraft" in mara.get(page).text

    connect(site.hub, docs.url)
    written = rejected(site, "two", target=at_end_of("demo-launch-brief"))
    assert on_home(site) == [written.id]
    mara.post(f"/runs/{written.id}/undo", at=f"/runs/{written.id}")
    assert on_home(site) == []


def test_a_person_sees_neither_their_own_drafts_in_the_queue_nor_those_of_other_teams(site: Site) -> None:
    waiting(site)
    desk = first_link(site.browser("jon").get("/reviews").text)
    for who in ("mara", "kim"):
        page = site.browser(who).get("/reviews").text
        assert "/reviews/" not in page.replace("/reviews/start", "")
        assert site.browser(who).get(desk).status_code == 404
        answered = site.client().get("/api/v1" + desk, headers=site.bearer(who))
        assert answered.status_code == 404
        said = {"content_hash": "0" * 64}
        refused = site.client().post(f"/api/v1{desk}/accept", json=said, headers=site.bearer(who))
        assert refused.status_code == (403 if who == "mara" else 404)


def test_a_link_preview_approves_nothing(site: Site) -> None:
    run = waiting(site)
    jon = site.browser("jon")
    desk = first_link(jon.get("/reviews").text)
    for path in (f"{desk}/accept", f"/runs/{run.id}/accept", f"/api/v1{desk}/accept", f"/api/v1/runs/{run.id}/accept"):
        for client in (jon.client, site.client()):
            assert client.get(path, headers=site.bearer("jon")).status_code in (303, 401, 404, 405)
    assert jon.client.post(f"{desk}/accept", data={}).status_code == 400
    assert site.hub.get(run.id).state is RunState.IN_REVIEW


def test_the_api_shows_what_waits_and_takes_an_approval_bound_to_the_text(site: Site, clock: Clock) -> None:
    run = waiting(site)
    client, key = site.client(), site.bearer("jon")
    queue = client.get("/api/v1/reviews", headers=key).json
    (one,) = queue["reviews"]
    assert (one["kind"], one["tier"], one["late"]) == ("review", 2, False)
    seen = client.get(f"/api/v1/reviews/{one['id']}", headers=key).json
    assert seen["sources"]["text"] == TEXT
    path = f"/api/v1/reviews/{one['id']}"
    assert client.post(f"{path}/accept", json={}, headers=key).status_code == 422
    assert client.post(f"{path}/reject", json={"reason": ""}, headers=key).status_code == 422
    assert client.post(f"{path}/accept", json={"content_hash": "0" * 64}, headers=key).status_code == 409
    clock.now += 60
    said = {"content_hash": seen["draft"]["content_hash"]}
    done = client.post(f"{path}/accept", json=said, headers=key)
    assert done.status_code == 200 and done.json["says"].startswith("Approved")
    assert client.post(f"{path}/accept", json=said, headers=key).status_code == 409
    assert site.hub.get(run.id).state is RunState.APPROVED
    assert client.get("/api/v1/reviews", headers=site.bearer("mara")).json == {"reviews": [], "others": 0}


def test_who_decides_after_another_did_is_not_told_that_it_counted(site: Site, clock: Clock) -> None:
    run = waiting(site)
    client = site.client()
    (one,) = client.get("/api/v1/reviews", headers=site.bearer("ada")).json["reviews"]
    path = f"/api/v1/reviews/{one['id']}"
    seen = client.get(path, headers=site.bearer("ada")).json["draft"]["content_hash"]
    client.get(path, headers=site.bearer("jon"))
    clock.now += 60
    assert client.post(f"{path}/accept", json={"content_hash": seen}, headers=site.bearer("jon")).status_code == 200
    running.advance(site.hub.parts, run.id)
    assert site.hub.get(run.id).state is RunState.DELIVERED
    before = kinds(site.hub, run)
    for who in ("ada", "mara"):
        late = client.post(f"{path}/reject", json={"reason": "Too loud."}, headers=site.bearer(who))
        again = client.post(f"{path}/accept", json={"content_hash": seen}, headers=site.bearer(who))
        assert (late.status_code, again.status_code) == (409, 409)
    assert kinds(site.hub, run) == before


def test_a_reason_no_database_takes_is_cleaned_and_decides(tmp_path: Path, clock: Clock, database_url: str) -> None:
    with open_site(tmp_path, model=FakeModel(answer(LONG)), clock=clock, database_url=database_url) as site:
        runs = [waiting(site, key) for key in ("one", "two")]
        jon = site.browser("jon")
        desk = f"/reviews/{look_id(runs[0].id)}"
        assert jon.post(f"{desk}/reject", {"reason": "Too\x00 loud."}, at=desk).status_code == 303
        page = f"/runs/{runs[1].id}"
        assert jon.post(f"{page}/reject", {"reason": "Too\x00 loud."}, at=page).status_code == 303
        reviewed = [site.hub.get(run.id).review for run in runs]
        assert [one and one.reason for one in reviewed] == ["Too loud."] * 2


def test_a_planted_error_looks_like_any_review_until_it_is_decided(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_look, "SEEDED", 1.0)
    sale = {"id": "sale", "terms": ["sale"], "severity": "warn", "why": "Legal looks at it.", "instead": "Say which."}
    with site.hub.database.transaction() as tx:
        teams.put(tx, TEAM, "Brand team", {"checks": [{"name": "copy_rules", "rules": {"rules": [sale]}}]}, 0.0)
        teams.put_person(tx, "lea@example.com", "Lea", {TEAM: Role.LEAD}, 0.0)
        site.keys["lea"] = teams.new_key(tx, team_id=TEAM, role=Role.LEAD, email="lea@example.com", name="lea", now=0.0)
    first = waiting(site, "one", tier=3)
    site.client().get(f"/api/v1/runs/{first.id}", headers=site.bearer("jon"))
    clock.now += 100
    assert site.approve(first.id).status_code == 200
    running.advance(site.hub.parts, first.id)
    second_look.pick(site.hub.parts)
    waiting(site, "two", tier=3)
    assert second_look.pick(site.hub.parts) == 1
    lea = site.client()
    queue = lea.get("/api/v1/reviews", headers=site.bearer("lea")).json["reviews"]
    assert [one["kind"] for one in queue] == ["review", "review"]
    with site.hub.database.reading() as tx:
        (planted,) = [one.look for one in reviews.waiting(tx, teams=None) if one.look.kind == "seeded"]
    seen = lea.get(f"/api/v1/reviews/{planted.id}", headers=site.bearer("lea")).json
    assert set(seen) == set(lea.get(f"/api/v1/reviews/{queue[0]['id']}", headers=site.bearer("lea")).json)
    assert first.id not in str(seen)
    pages = [site.browser("lea").get(f"/reviews/{one['id']}").text for one in queue]
    assert all("Legal looks at it." in page for page in pages)
    path = f"/api/v1/reviews/{planted.id}/reject"
    told = lea.post(path, json={"reason": "The figure is wrong."}, headers=site.bearer("lea")).json["says"]
    assert "This was a test" in told and "You caught it" in told


def test_a_lead_sees_how_reviews_go_and_who_is_missing(site: Site) -> None:
    with site.hub.database.transaction() as tx:
        teams.put_person(tx, "lea@example.com", "Lea", {TEAM: Role.LEAD}, 0.0)
    page = site.browser("kim").get("/reviews").text
    assert "How reviews go" in page and '<th scope="row">CRM team</th>' in page and ">Brand team</th>" not in page
    assert "How reviews go" not in site.browser("jon").get("/reviews").text
    assert ">Brand team</th>" in site.browser("ada").get("/reviews").text


@pytest.mark.parametrize("path", ["/reviews/none", "/reviews/%00", "/api/v1/reviews/none", "/api/v1/reviews/%00"])
def test_an_unknown_review_is_told_as_one_that_does_not_wait(site: Site, path: str) -> None:
    assert site.browser("jon").client.get(path, headers=site.bearer("jon")).status_code == 404


def test_a_held_draft_whose_findings_have_a_fix_is_put_right_on_its_page(tmp_path: Path) -> None:
    rule = {"id": "calm", "terms": ["calm"], "fix": "quiet", "why": "Our word.", "instead": "Write quiet."}
    policy = {"checks": [{"name": "copy_rules", "rules": {"rules": [rule]}}]}
    with open_site(tmp_path, model=FakeModel(answer("A calm sale, from Monday."))) as site:
        with site.hub.database.transaction() as tx:
            teams.put(tx, TEAM, "Brand team", policy, 0.0)
        run = site.run()
        assert run.state is RunState.HELD, run.problem
        mara, kim = site.browser("mara"), site.browser("kim")
        assert kim.client.post(f"/api/v1/runs/{run.id}/mend", headers=site.bearer("kim")).status_code == 404
        page = mara.get(f"/runs/{run.id}").text
        assert "Apply the fix and check again" in page
        done = mara.post(f"/runs/{run.id}/mend", at=f"/runs/{run.id}")
        assert "Put right, and checked again." in mara.get(done.headers["Location"]).text
        mended = site.hub.get(run.id)
        assert mended.state is RunState.DELIVERED and mended.draft is not None
        assert mended.draft.variants[0].text == "A quiet sale, from Monday."
        again = site.client().post(f"/api/v1/runs/{run.id}/mend", headers=site.bearer("mara"))
        assert again.status_code == 409
