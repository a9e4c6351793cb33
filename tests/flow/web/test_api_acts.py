"""What a caller does to a run over the API, and what a run shows: reviews, cancelling, secrets, problems."""

from __future__ import annotations

from typing import Any

import pytest

from hub.domain import RunState
from hub.errors import VendorRefused
from hub.pipeline.review import content_hash
from hub.testing import FakeModel
from tests.flow.web.site import Site
from tests.hubs import ENVELOPE, TEMPLATE, answer, inputs

EMAIL = {
    "variants": [
        {
            "headline": "Your spring tyres, ready by Friday",
            "subjects": ["Spring tyres by Friday", "You save on each tyre", "Winter is over"],
            "preheader": "Book a slot this week and drive off on fresh rubber for the season.",
            "body": "Hello,\n\nthe sun is back. See you at the desk.\n\n{{unsubscribe_link}}\n{{company_address}}",
            "call_to_action": "Book my slot",
        }
    ],
    **ENVELOPE,
}
ASKED = {"template": "campaign-email", "inputs": {"offer": "Tyres by Friday", "segment": "drivers", "goal": "book"}}
SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"


@pytest.fixture
def in_review(open_at: Any) -> Any:
    """A site, and the id of a run that waits for its review."""
    with open_at(model=FakeModel(EMAIL)) as site:
        run = site.start(ASKED, Prefer="wait=20").json
        assert run["state"] == "in_review" and run["reviewed"] is False
        yield site, run


def act(site: Site, run_id: str, action: str, who: str, **body: Any) -> Any:
    return site.client().post(f"/api/v1/runs/{run_id}/{action}", json=body, headers=site.bearer(who))


def test_a_reviewer_accepts_the_draft_they_saw(in_review: Any) -> None:
    site, run = in_review
    stale = act(site, run["id"], "accept", "jon", content_hash="0" * 64)
    assert stale.status_code == 409
    accepted = site.approve(run["id"])
    assert accepted.status_code == 200 and accepted.json["reviewed"] is True
    assert accepted.json["state"] == "approved"


def test_a_reviewer_s_no_ends_the_run_with_its_reason(in_review: Any) -> None:
    site, run = in_review
    rejected = act(site, run["id"], "reject", "jon", reason="The date is wrong.")
    assert rejected.json["state"] == "refused" and rejected.json["reviewed"] is False
    assert rejected.json["problem"]["why"] == "The date is wrong."


def test_the_author_and_a_member_review_nothing(in_review: Any) -> None:
    site, run = in_review
    refused = act(site, run["id"], "accept", "mara")
    assert refused.status_code == 403 and refused.json["code"] == "not-allowed"
    assert site.hub.get(run["id"]).state is RunState.IN_REVIEW


def test_a_run_is_cancelled_once(site: Site) -> None:
    run = site.start().json
    assert act(site, run["id"], "cancel", "mara").json["state"] == "cancelled"
    assert act(site, run["id"], "cancel", "mara").status_code == 409


def test_an_act_takes_no_body_or_an_empty_one_and_nothing_unknown(site: Site) -> None:
    run = site.start().json
    assert act(site, run["id"], "cancel", "mara", force=True).status_code == 422
    bare = site.client().post(f"/api/v1/runs/{run['id']}/cancel", headers=site.bearer())
    assert bare.status_code == 200


def test_feedback_is_kept_and_held_to_its_scale(site: Site) -> None:
    run = site.start(Prefer="wait=20").json
    said = act(site, run["id"], "feedback", "mara", ease=5, useful=4, tag="slow")
    assert said.status_code == 200
    assert said.json["timeline"][-1]["event"] == "feedback.given"
    assert act(site, run["id"], "feedback", "mara", ease=6).status_code == 422
    assert act(site, run["id"], "feedback", "mara", tag="boring").status_code == 400
    assert act(site, run["id"], "feedback", "mara").status_code == 400


def test_a_failed_run_goes_on_when_somebody_says_so(open_at: Any) -> None:
    with open_at(model=FakeModel(VendorRefused("The key is refused."), answer())) as site:
        run = site.start(Prefer="wait=20").json
        assert run["state"] == "failed"
        assert run["problem"]["what"] == "The key is refused." and run["problem"]["who"] == "an admin"
        assert act(site, run["id"], "resume", "mara").json["state"] == "queued"
        site.hub.start(workers=1)
        from tests.hubs import wait_for

        assert wait_for(site.hub, run["id"]).state is RunState.DELIVERED


def test_a_secret_in_the_inputs_is_refused_and_shown_nowhere(site: Site) -> None:
    answered = site.start({"template": TEMPLATE, "inputs": inputs(f"Use {SECRET} for it.")}, Prefer="wait=20")
    assert answered.json["state"] == "refused"
    (found,) = [found for found in answered.json["findings"] if found["rule"].startswith("secrets.")]
    assert found["why"] and found["instead"] and found["where"] == "text" and found["span"]
    assert SECRET not in answered.text
    assert SECRET not in site.browser().get(f"/runs/{answered.json['id']}").text


def test_a_secret_in_a_draft_is_held_and_shown_nowhere(open_at: Any) -> None:
    with open_at(model=FakeModel(answer(f"Spring sale. The key is {SECRET} today."))) as site:
        asked = inputs("The spring sale starts. Write to mia.berg@gmail.com for a very long talk about it.")
        answered = site.start({"template": TEMPLATE, "inputs": asked}, Prefer="wait=20")
        assert answered.json["state"] == "held"
        assert "[removed]" in answered.json["draft"]["variants"][0]["text"]
        assert SECRET not in answered.text
        page = site.browser().get(f"/runs/{answered.json['id']}").text
        assert "[removed]" in page and SECRET not in page
        run = site.hub.get(answered.json["id"])
        assert run.draft is not None
        assert answered.json["draft"]["content_hash"] == content_hash(run.draft)


def test_an_unpriced_answer_says_so(open_at: Any) -> None:
    with open_at(model=FakeModel(answer(), price_in=None, price_out=None)) as site:
        usage = site.start(Prefer="wait=20").json["draft"]["usage"]
        assert usage["cost"] == "unpriced" and usage["cost_usd"] is None
