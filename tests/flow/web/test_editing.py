"""People put their own words into a draft on its page or over the API, field by field, and nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from hub.domain import Role, Run, RunState
from hub.store import events, teams
from hub.testing import FakeModel
from tests.flow.path.review_desk import LONG, TEXT
from tests.flow.web.desk_pages import first_link, hash_on, waiting
from tests.flow.web.site import Site, open_site
from tests.hubs import TEAM, TEMPLATE, Clock, answer, inputs


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    with open_site(tmp_path, model=FakeModel(answer(LONG)), clock=clock) as site:
        yield site


def held(site: Site, text: str = "A cheap lantern. Write to ops@example.net.") -> Run:
    site.hub.parts.model = FakeModel(answer(text))
    run = site.run("held", inputs=inputs(TEXT))
    assert run.state is RunState.HELD, run.problem
    return run


def box(page: str, name: str) -> str:
    found = re.search(rf'<textarea[^>]* name="{re.escape(name)}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found, page
    return unescape(found[1])


def test_a_held_draft_is_edited_on_its_page_and_goes_on(site: Site) -> None:
    run, mara = held(site), site.browser("mara")
    at = f"/runs/{run.id}/edit"
    assert at in mara.get(f"/runs/{run.id}").text
    page = mara.get(at).text
    assert "ops@example.net" in box(page, "1.text") and "nobody gave it" in page
    sent = mara.post(at, {"content_hash": hash_on(page), "1.text": "A lantern\r\nthat lasts."}, at=at)
    assert sent.status_code == 303
    after = mara.get(sent.headers["Location"]).text
    assert "Your words are in and were checked." in after and "that lasts." in after
    done = site.hub.get(run.id)
    assert done.state is RunState.DELIVERED and done.draft is not None
    assert done.draft.variants[0].text == "A lantern\nthat lasts."
    assert "by a person, and checked again" in mara.get(f"/runs/{run.id}/provenance").text
    # It waits for nobody now: the way to the form leads back.
    assert mara.get(at).status_code == 303


def test_words_the_checks_hold_are_kept_and_the_page_says_what_was_found(site: Site) -> None:
    run, mara = held(site), site.browser("mara")
    at = f"/runs/{run.id}/edit"
    form = {"content_hash": hash_on(mara.get(at).text), "1.text": "Write to me@example.org."}
    sent = mara.post(at, form, at=at)
    assert "the checks hold the draft" in mara.get(sent.headers["Location"]).text
    assert "me@example.org" in box(mara.get(at).text, "1.text")


def test_what_was_typed_stays_in_the_form_when_somebody_else_was_faster(site: Site) -> None:
    run, mara, ada = held(site), site.browser("mara"), site.browser("ada")
    at = f"/runs/{run.id}/edit"
    form = {"content_hash": hash_on(mara.get(at).text)}
    ada.post(at, {**form, "1.text": "Write to me@example.org."}, at=at)
    late = mara.post(at, {**form, "1.text": "My own <b>words</b>."}, at=at)
    assert late.status_code == 409
    assert box(late.text, "1.text") == "My own <b>words</b>." and "<b>words" not in late.text
    assert "changed since you looked" in late.text


def test_a_list_has_an_item_on_each_line_and_each_variant_its_own_boxes(site: Site) -> None:
    shelf = site.hub.parts.shelf
    contract = shelf.current(TEMPLATE).contract
    spec = contract.fields["text"]
    two = contract.model_copy(
        update={
            "fields": {"text": spec, "tags": spec.model_copy(update={"type": "array", "maxLength": 30})},
            "min_variants": 2,
            "max_variants": 2,
        }
    )
    shelf.add(shelf.current(TEMPLATE).model_copy(update={"contract": two, "tier": 2, "name": "two", "revision": "two"}))
    variants = [{"text": f"Lantern {word}.", "tags": ["light", "garden"]} for word in ("here", "there")]
    site.hub.parts.model = FakeModel({**answer(), "variants": variants})
    run = site.run("two", template="two", inputs=inputs(TEXT))
    assert run.state is RunState.IN_REVIEW, run.problem
    mara, at = site.browser("mara"), f"/runs/{run.id}/edit"
    page = mara.get(at).text
    assert box(page, "2.tags") == "light\ngarden" and "One on each line." in page
    form = {"content_hash": hash_on(page), "1.text": box(page, "1.text"), "2.tags": "light\r\n\r\n dusk \r\nnight"}
    assert mara.post(at, form, at=at).status_code == 303
    draft = site.hub.get(run.id).draft
    assert draft is not None
    assert draft.variants[0].fields == variants[0] and draft.variants[0].text == run.draft.variants[0].text  # type: ignore[union-attr]
    assert draft.variants[1].fields == {"text": "Lantern there.", "tags": ["light", "dusk", "night"]}


def test_a_reviewer_edits_from_the_desk_and_another_one_approves(site: Site, clock: Clock) -> None:
    run, jon, ada = waiting(site), site.browser("jon"), site.browser("ada")
    desk = first_link(jon.get("/reviews").text)
    at = f"/runs/{run.id}/edit"
    assert at in jon.get(desk).text
    page = jon.get(at).text
    assert "whoever wrote in a draft does not approve it" in page
    jon.post(at, {"content_hash": hash_on(page), "1.text": "A calm lantern."}, at=at)
    assert desk not in jon.get("/reviews").text
    assert jon.get(desk).status_code == 404
    page = ada.get(desk).text
    clock.now += 60
    ada.post(f"{desk}/accept", {"content_hash": hash_on(page)}, at=desk)
    assert site.hub.get(run.id).state is RunState.APPROVED


def test_a_draft_that_is_held_after_an_edit_waits_for_no_reviewer(site: Site) -> None:
    run, jon, ada = waiting(site), site.browser("jon"), site.browser("ada")
    desk = first_link(ada.get("/reviews").text)
    assert ada.get(desk).status_code == 200
    at = f"/runs/{run.id}/edit"
    jon.post(at, {"content_hash": hash_on(jon.get(at).text), "1.text": "Write to me@example.org."}, at=at)
    assert site.hub.get(run.id).state is RunState.HELD
    assert ada.get(desk).status_code == 404 and desk not in ada.get("/reviews").text


def test_a_review_that_may_be_a_test_offers_no_editing_on_its_desk(site: Site) -> None:
    run, ada = waiting(site, tier=3), site.browser("ada")
    desk = first_link(ada.get("/reviews").text)
    assert f"/runs/{run.id}/edit" not in ada.get(desk).text


def test_a_colleague_and_another_team_get_no_form(site: Site) -> None:
    run = waiting(site)
    with site.hub.database.transaction() as tx:
        teams.put_person(tx, "noor@example.com", "Noor", {TEAM: Role.MEMBER}, 0.0)
        site.keys["noor"] = teams.new_key(
            tx, team_id=TEAM, role=Role.MEMBER, email="noor@example.com", name="noor", now=0.0
        )
    noor = site.browser("noor")
    assert noor.get(f"/runs/{run.id}/edit").status_code == 303
    assert f"/runs/{run.id}/edit" not in noor.get(f"/runs/{run.id}").text
    assert site.browser("kim").get(f"/runs/{run.id}/edit").status_code == 404


def test_a_program_edits_with_the_hash_of_what_it_saw(site: Site) -> None:
    run = waiting(site)

    def call(method: str, path: str, body: object = None) -> Any:
        at = f"/api/v1/runs/{run.id}{path}"
        return site.client().open(at, method=method, json=body, headers=site.bearer("mara"))

    seen = call("GET", "").json["draft"]["content_hash"]
    body = {"content_hash": seen, "variants": [{"text": "A calm lantern."}]}
    done = call("POST", "/edit", body)
    assert done.status_code == 200 and done.json["draft"]["variants"][0]["text"] == "A calm lantern."
    again = call("POST", "/edit", body)
    assert again.status_code == 409 and "changed" in again.json["detail"] + again.json["title"]
    wrong = {"content_hash": done.json["draft"]["content_hash"], "variants": [{"nothing": "x"}]}
    refused = call("POST", "/edit", wrong)
    assert refused.status_code == 422 and "no such field" in refused.text


def two_fields(site: Site) -> Run:
    """A run with two fields, that waits for its review."""
    shelf = site.hub.parts.shelf
    contract = shelf.current(TEMPLATE).contract
    two = contract.model_copy(update={"fields": {"text": contract.fields["text"], "line": contract.fields["text"]}})
    shelf.add(shelf.current(TEMPLATE).model_copy(update={"contract": two, "tier": 2, "name": "two", "revision": "two"}))
    fields = {"text": "A lantern.", "line": "Come in."}
    site.hub.parts.model = FakeModel({**answer(), "variants": [fields], "disclosures": ["Paid."]})
    run = site.run("two", template="two", inputs=inputs(TEXT))
    assert run.state is RunState.IN_REVIEW, run.problem
    return run


def sent(page: str, **typed: str) -> dict[str, str]:
    """The form of a page as a browser sends it, with what somebody typed."""
    hidden = dict(re.findall(r'type="hidden" name="(was\.[^"]+|content_hash)" value="([^"]*)"', page))
    boxes = {name: box(page, name) for name in re.findall(r'<textarea[^>]* name="([^"]+)"', page)}
    return {**boxes, **hidden, **typed}


def test_who_saves_after_somebody_else_sees_their_words_and_puts_none_of_them_back(site: Site) -> None:
    run, mara, ada = two_fields(site), site.browser("mara"), site.browser("ada")
    at = f"/runs/{run.id}/edit"
    form = sent(mara.get(at).text, **{"1.text": "My lantern."})
    ada.post(at, sent(ada.get(at).text, **{"1.text": "Her lantern.", "1.line": "Do come in."}), at=at)
    late = mara.post(at, form, at=at)
    assert late.status_code == 409
    assert box(late.text, "1.text") == "My lantern." and '<div class="text">Her lantern.</div>' in late.text
    assert box(late.text, "1.line") == "Do come in." and late.text.count("Somebody else changed this") == 1
    assert mara.post(at, sent(late.text), at=at).status_code == 303
    draft = site.hub.get(run.id).draft
    assert draft is not None
    assert draft.variants[0].fields == {"text": "My lantern.", "line": "Do come in."}
    assert draft.disclosures == ("Paid.",)


def test_a_form_that_is_sent_twice_is_in_once_and_nobody_is_told_otherwise(site: Site) -> None:
    run, mara = two_fields(site), site.browser("mara")
    at = f"/runs/{run.id}/edit"
    form = sent(mara.get(at).text, **{"1.text": "My lantern."})
    for _ in range(2):
        done = mara.post(at, form, at=at)
        assert done.status_code == 303
        assert "Your words are in and were checked." in mara.get(done.headers["Location"]).text
    with site.hub.database.reading() as tx:
        assert [event.kind for event in events.of_run(tx, run.id)].count("draft.edited") == 1


def test_a_secret_in_a_draft_is_shown_to_nobody_while_its_edit_is_checked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "AKIA" + "Q3ZJ7WX2LMNB5KTY"
    shelf = site.hub.parts.shelf
    contract = shelf.current(TEMPLATE).contract
    two = contract.model_copy(update={"fields": {"text": contract.fields["text"], "line": contract.fields["text"]}})
    shelf.add(shelf.current(TEMPLATE).model_copy(update={"contract": two, "name": "two", "revision": "two"}))
    fields = {"text": f"Use {key} here.", "line": "Come in."}
    claim = {"text": f"The key {key} works.", "evidence_id": None}
    site.hub.parts.model = FakeModel({**answer(), "variants": [fields], "disclosures": [key], "claims": [claim]})
    run, mara = site.run("two", template="two", inputs=inputs(TEXT)), site.browser("mara")
    assert run.state is RunState.HELD, run.problem
    at = f"/runs/{run.id}/edit"
    assert box(mara.get(at).text, "1.text") == "Use [removed] here."
    assert key not in mara.get(f"/runs/{run.id}").text
    with monkeypatch.context() as patch:
        # The process dies before the check.
        patch.setattr("hub.pipeline.edit.running.walk", lambda parts, run, **_: run)
        mara.post(at, sent(mara.get(at).text, **{"1.line": "Do come in."}), at=at)
    assert site.hub.get(run.id).state is RunState.ANSWERED
    pages = [mara.get(f"/runs/{run.id}").text, site.client().get(f"/api/v1/runs/{run.id}", headers=site.bearer()).text]
    late = mara.post(at, {"1.line": "Mine."}, at=f"/templates/{TEMPLATE}")
    assert late.status_code == 409 and box(late.text, "1.line") == "Mine."
    assert not any(key in page for page in (*pages, late.text))
    stored = site.hub.get(run.id).draft
    assert stored is not None and stored.variants[0].fields["text"] == fields["text"] and stored.disclosures == (key,)
