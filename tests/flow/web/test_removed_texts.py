"""A run whose texts were removed says so, on its page and to programs, and everything else of it is still there."""

from __future__ import annotations

from typing import Any

from hub.pipeline import act
from hub.pipeline.erase import erase
from hub.pipeline.texts import without_texts
from hub.store import clearing
from hub.store.clearing import Cleared
from tests.flow.web.site import Site, actor
from tests.hubs import TEMPLATE, kinds

AT = 1_790_000_000.0
KEPT = "the retention setting keeps them for 90 days after its end."
SAID = f"The texts of this run were removed on 21 September 2026: {KEPT}"


def cleared(site: Site, keeps: Any, **given: Any) -> str:
    run = site.run(**given)
    with site.hub.database.transaction() as tx:
        cleared = Cleared(at=AT, why="retention", keeps=keeps, days=90)
        assert clearing.clear(tx, run, "all", *without_texts(run, cleared))
    return run.id


def test_the_page_says_when_and_why_and_still_shows_the_steps_and_the_cost(site: Site) -> None:
    run_id = cleared(site, "nothing")
    page = site.browser().get(f"/runs/{run_id}")
    assert page.status_code == 200
    assert "removed on 21 September 2026" in page.text and "for 90 days" in page.text
    assert "Spring sale, from Monday" not in page.text and "I keep it" not in page.text
    assert "Every step, as recorded" in page.text and "Model" in page.text
    again = site.browser().get(f"/templates/{TEMPLATE}?again={run_id}")
    assert again.status_code == 200
    assert site.browser().get("/runs").status_code == 200


def test_while_the_output_is_kept_it_is_shown_and_can_be_accepted(site: Site) -> None:
    run_id = cleared(site, "output")
    page = site.browser().get(f"/runs/{run_id}").text
    assert "The inputs of this run were removed" in page and "Spring sale, from Monday" in page
    sent = site.browser().post(f"/runs/{run_id}/accept", at=f"/runs/{run_id}")
    assert sent.status_code == 303
    assert kinds(site.hub, site.hub.get(run_id))[-1] == "output.accepted"


def test_a_program_sees_what_was_removed_and_the_hash_of_what_was_there(site: Site) -> None:
    before = site.client().get(f"/api/v1/runs/{site.run('whole').id}", headers=site.bearer()).json
    assert before["removed"] is None
    run_id = cleared(site, "nothing")
    told = site.client().get(f"/api/v1/runs/{run_id}", headers=site.bearer()).json
    assert told["removed"] == {"at": AT, "because": "retention", "kept": "nothing", "what": SAID}
    assert told["draft"]["variants"] == [] and told["draft"]["usage"] == before["draft"]["usage"] | {
        "ms": told["draft"]["usage"]["ms"]
    }
    assert told["draft"]["content_hash"] == before["draft"]["content_hash"]
    assert [moment["event"] for moment in told["timeline"]] == [moment["event"] for moment in before["timeline"]]
    for action in ("accept", "undo"):
        refused = site.client().post(f"/api/v1/runs/{run_id}/{action}", json={}, headers=site.bearer())
        assert refused.status_code == 409, refused.text
    said = site.client().post(f"/api/v1/runs/{run_id}/accept", json={}, headers=site.bearer()).json
    assert "retention setting" in said["why"]


def test_an_erased_persons_run_is_shown_to_their_team_and_their_session_is_over(site: Site) -> None:
    browser = site.browser()
    run_id = site.run().id
    erase(site.hub.parts, "mara@example.com")
    assert browser.get(f"/runs/{run_id}").status_code in (302, 303, 401)
    page = site.browser("jon").get(f"/runs/{run_id}")
    assert page.status_code == 200 and "asked by erased person" in page.text
    act.feedback(site.hub.parts, site.hub.get(run_id), actor("jon"), ease=5, useful=None, tag=None)
