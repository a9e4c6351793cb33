"""Templates written in the browser: from a fork to what a member uses, and all that must not be possible on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.domain import RunState
from hub.errors import BadRequest
from hub.store import authored, events
from hub.testing import FakeModel
from tests.flow.web.site import Site, open_site
from tests.flow.web.written import FORK, PAGE, fork, in_force, ran_tests, save, step, stored, with_leads
from tests.hubs import TEMPLATE, Clock, answer, inputs


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    with open_site(tmp_path, model=FakeModel(answer()), clock=clock) as opened:
        yield with_leads(opened)


def kinds(site: Site) -> list[str]:
    with site.hub.database.reading() as tx:
        return [event.kind for event, _ in events.walk(tx) if event.kind.startswith("template.")]


def test_a_fork_goes_from_draft_to_what_a_member_uses_and_every_step_is_on_the_ledger(site: Site) -> None:
    lea, leo, mara = (site.browser(who) for who in ("lea", "leo", "mara"))
    assert fork(lea).headers["Location"] == f"{PAGE}/edit"
    in_force(site, lea, leo)
    assert "Fork of the house" in mara.get("/templates").text
    ran = mara.post(PAGE, {"input.text": inputs()["text"]}, at=PAGE)
    run = site.hub.get(ran.headers["Location"].rpartition("/")[2])
    assert run.template == FORK and run.state is RunState.DELIVERED
    assert run.revision == stored(site).production
    assert kinds(site) == [
        f"template.{kind}" for kind in ("forked", "saved", "saved", "tested", "submitted", "published")
    ]
    page = mara.get(PAGE).text
    assert f'href="/templates/{TEMPLATE}"' in page and "Used</dt><dd>1 time" in page
    assert f'href="{PAGE}"' in mara.get(f"/templates/{TEMPLATE}").text


def test_who_wrote_a_text_does_not_publish_it_and_a_member_publishes_nothing(site: Site) -> None:
    lea, mara = site.browser("lea"), site.browser("mara")
    fork(lea)
    ran_tests(site, lea)
    step(site, lea, "submit")
    revision = site.hub.parts.shelf.revision  # the stored text, as the publisher's form names it
    mine = stored(site)
    sha = next(iter(_revisions(site)))
    assert revision(sha).name == FORK
    assert "You are an author" in step(site, lea, "publish", revision=sha)
    assert "A lead of the team or an admin does this." in step(site, mara, "publish", revision=sha)
    assert mine.production is None and stored(site).production is None


def _revisions(site: Site, name: str = FORK) -> list[str]:
    with site.hub.database.reading() as tx:
        return [one.revision for one in authored.revisions_of(tx, name)]


def test_nothing_is_published_whose_tests_did_not_pass_for_exactly_this_text(site: Site) -> None:
    lea, leo = site.browser("lea"), site.browser("leo")
    fork(lea)
    step(site, lea, "submit")
    assert "have not passed" in step(site, leo, "publish", revision=_revisions(site)[0])
    step(site, lea, "withdraw")
    ran_tests(site, lea)
    save(site, lea, stored(site).source.replace("user:", "user:\nMind the reader.\n"))
    step(site, lea, "submit")
    assert "have not passed" in step(site, leo, "publish", revision=_revisions(site)[0])
    assert stored(site).production is None


def test_a_failing_case_says_why_and_keeps_the_text_from_being_published(site: Site) -> None:
    lea, leo = site.browser("lea"), site.browser("leo")
    fork(lea)
    tests = "tests:\n  - description: says hello\n    vars: {text: Hi}\n    assert: [{type: contains, value: Hello}]\n"
    save(site, lea, stored(site).source, tests=tests)
    page = ran_tests(site, lea)
    assert "did not pass" in page and "does not hold for" in page
    step(site, lea, "submit")
    assert "have not passed" in step(site, leo, "publish", revision=_revisions(site)[0])


def test_what_the_simulator_answers_does_not_count_once_a_model_is_configured(tmp_path: Path, clock: Clock) -> None:
    from hub.offline import Simulator

    with open_site(tmp_path, model=Simulator(), clock=clock) as opened:
        site = with_leads(opened)
        lea, leo = site.browser("lea"), site.browser("leo")
        fork(lea)
        assert "Simulated</span>" in ran_tests(site, lea)
        step(site, lea, "submit")
        site.hub.parts.model = FakeModel(answer())
        assert "do not count" in leo.get(PAGE).text
        assert "have not passed" in step(site, leo, "publish", revision=_revisions(site)[0])
        site.hub.parts.model = Simulator()
        assert "Published." in step(site, leo, "publish", revision=_revisions(site)[0])


def test_a_broken_text_is_kept_as_a_draft_names_its_line_and_is_not_sent_for_review(site: Site) -> None:
    lea = site.browser("lea")
    fork(lea)
    broken = stored(site).source.replace("metadata:", "metadata:\n  strange: 1", 1)
    assert save(site, lea, broken).status_code == 303
    page = lea.get(f"{PAGE}/edit").text
    line = broken.split("\n").index("  strange: 1") + 1
    assert f'data-line="{line}"' in page and "strange" in page
    assert "is not taken" in step(site, lea, "submit")
    assert stored(site).state == "draft" and "strange: 1" in stored(site).source
    assert "cannot be read yet" in lea.get("/templates").text


def test_the_second_of_two_editors_is_told_and_loses_nothing(site: Site) -> None:
    lea, leo = site.browser("lea"), site.browser("leo")
    fork(lea)
    version, source = stored(site).version, stored(site).source
    assert save(site, lea, source + "\nLea was here.\n", version=version).status_code == 303
    late = save(site, leo, source + "\nLeo was here.\n", version=version)
    assert late.status_code == 409
    assert "Somebody else changed" in late.text and "Leo was here." in late.text and "<del>Lea</del>" in late.text
    assert "Lea was here." in stored(site).source


def test_the_preview_shows_the_messages_and_stores_nothing(site: Site) -> None:
    lea = site.browser("lea")
    fork(lea)
    before = stored(site)
    changed = before.source.replace("user:", "user:\nSay it as a sailor would.\n")
    form = {"version": before.version, "source": changed, "tests": before.tests}
    page = lea.post(f"{PAGE}/preview", form, at=f"{PAGE}/edit").text
    assert page.count("Say it as a sailor would.") == 2 and "These rules stand above everything" in page
    assert stored(site) == before


def test_a_draft_is_seen_by_its_team_and_admins_and_what_is_published_by_whom_it_is_opened_to(site: Site) -> None:
    lea, leo, kim, ada = (site.browser(who) for who in ("lea", "leo", "kim", "ada"))
    fork(lea)
    for path in (PAGE, f"{PAGE}/edit", f"{PAGE}/changes?old=a&new=b", f"{PAGE}/upstream", f"{PAGE}/tests"):
        assert kim.get(path).status_code == 404, path
    assert ada.get(PAGE).status_code == 200
    for path in ("edit", "preview", "tests", "step/submit", "proposals/x/take"):
        assert kim.post(f"{PAGE}/{path}", {"version": 1}, at="/templates/new").status_code == 404, path
    in_force(site, lea, leo)
    assert kim.get(PAGE).status_code == 404 and FORK not in kim.get("/templates").text
    step(site, leo, "open", teams="crm")
    page = kim.get(PAGE).text
    assert "Where it stands" not in page and "Fork of the house" in page
    assert kim.get(f"{PAGE}/edit").status_code == 404
    listed = site.client().get("/api/v1/templates", headers=site.bearer("kim")).json["templates"]
    assert next(one for one in listed if one["name"] == FORK)["lifecycle"] == "published"


def test_the_label_moves_back_to_an_earlier_revision_at_once(site: Site) -> None:
    lea, leo = site.browser("lea"), site.browser("leo")
    fork(lea)
    in_force(site, lea, leo, "The first")
    first = stored(site).production
    in_force(site, lea, leo, "The second")
    assert site.hub.parts.shelf.current(FORK).title == "The second"
    assert "is in force again" in step(site, lea, "roll-back", revision=first)
    assert site.hub.parts.shelf.current(FORK).title == "The first"
    never = next(one for one in _revisions(site) if one not in (first, stored(site).production))
    step(site, lea, "roll-back", revision="0" * 64)
    assert stored(site).production == first and never


def test_a_deprecated_template_names_its_successor_and_refuses_runs_from_its_day(site: Site, clock: Clock) -> None:
    lea, leo, mara = (site.browser(who) for who in ("lea", "leo", "mara"))
    fork(lea)
    in_force(site, lea, leo)
    day = "2026-10-01"
    step(site, leo, "deprecate", successor=TEMPLATE, ends_on=day)
    page = mara.get(PAGE).text
    assert "Rewrite in brand voice</a> instead" in page and day in page
    assert site.run("before", template=FORK).state is RunState.DELIVERED
    clock.now += 30 * 86_400
    with pytest.raises(BadRequest, match="retired") as refused:
        site.run("after", template=FORK)
    assert TEMPLATE in refused.value.instead


def test_two_revisions_are_compared_word_by_word(site: Site) -> None:
    lea, leo = site.browser("lea"), site.browser("leo")
    fork(lea)
    in_force(site, lea, leo, "The first")
    save(site, lea, stored(site).source.replace("The first", "The <b>second</b>"))
    new, old = _revisions(site)[:2]
    page = lea.get(f"{PAGE}/changes?old={old}&new={new}").text
    assert "<del>first</del>" in page and "&lt;" in page and "<b>second" not in page


def test_a_fork_s_text_is_proposed_to_the_team_it_came_from_which_takes_it_as_its_draft(site: Site) -> None:
    lea, leo, kim = (site.browser(who) for who in ("lea", "leo", "kim"))
    fork(lea)
    in_force(site, lea, leo)
    step(site, leo, "open", everybody="yes")
    assert fork(kim, "crm-voice", FORK).status_code == 303
    one = stored(site, "crm-voice")
    text = one.source.replace("Fork of the house", "Better for all")
    form = {"version": one.version, "source": text, "tests": one.tests}
    kim.post("/templates/crm-voice/edit", form, at="/templates/crm-voice/edit")
    assert "Better" in kim.get("/templates/crm-voice/upstream").text
    at = "/templates/crm-voice"
    kim.post(f"{at}/step/propose", {"version": stored(site, "crm-voice").version, "said": "Try this."}, at=at)
    page = leo.get(PAGE).text
    assert "Try this." in page
    there = re.search(rf'action="({PAGE}/proposals/[0-9a-f]+/take)"', page)
    assert there is not None
    assert kim.post(there.group(1), at=at).status_code in (303, 404)
    assert "Better for all" not in stored(site).source
    assert "<ins>" in leo.get(there.group(1).removesuffix("/take")).text
    leo.post(there.group(1), at=PAGE)
    mine = stored(site)
    assert "Better for all" in mine.source and f"name: {FORK}" in mine.source and mine.authors == ["kim@example.com"]


def test_a_fork_of_a_file_s_template_gives_a_patch_for_whoever_keeps_the_file(site: Site) -> None:
    lea = site.browser("lea")
    fork(lea)
    save(site, lea, stored(site).source.replace("user:", "user:\nMind the reader.\n"))
    patch = lea.get(f"{PAGE}/upstream.diff")
    assert "+Mind the reader." in patch.text and f"a/{TEMPLATE}.prompty" in patch.text
    assert f"name: {FORK}" not in patch.text
    assert "comes from a file" in step(site, lea, "propose")


def test_a_name_that_is_taken_or_none_starts_nothing(site: Site) -> None:
    lea = site.browser("lea")
    for name in (TEMPLATE, "No Name", "", "new\n"):
        assert fork(lea, name).status_code == 303
    assert site.browser("lea").post("/templates/new", {"name": "../x"}, at="/templates/new").status_code == 422
    with site.hub.database.reading() as tx:
        assert authored.every(tx) == []


def test_the_gallery_finds_by_words_by_place_and_by_state(site: Site) -> None:
    lea = site.browser("lea")
    fork(lea)
    assert FORK in lea.get("/templates?stage=draft").text
    assert "/templates/campaign-email" in lea.get("/templates?in=salesforce").text
    assert "/templates/claims-check" not in lea.get("/templates?in=salesforce").text
    found = lea.get("/templates?q=short+version").text
    assert "/templates/shorten-or-repurpose" in found and "/templates/claims-check" not in found
    assert "Nothing fits." in lea.get("/templates?q=zebra").text


def test_another_process_serves_what_was_published_within_a_second(site: Site, tmp_path: Path) -> None:
    from hub.pipeline.shelf import KEPT, Shelf

    now = [0.0]
    other = Shelf(site.hub.database, {}, tick=lambda: now[0])
    assert other.every() == []
    lea, leo = site.browser("lea"), site.browser("leo")
    fork(lea)
    in_force(site, lea, leo)
    now[0] += KEPT
    assert [one.name for one in other.every()] == [FORK]


def test_the_steps_of_a_template_work_on_both_databases(tmp_path: Path, clock: Clock, database_url: str) -> None:
    with open_site(tmp_path, model=FakeModel(answer()), clock=clock, database_url=database_url) as opened:
        site = with_leads(opened)
        lea, leo = site.browser("lea"), site.browser("leo")
        fork(lea)
        in_force(site, lea, leo)
        in_force(site, lea, leo, "Again")
        step(site, leo, "deprecate", ends_on="2027-01-01")
        step(site, leo, "restore")
        step(site, leo, "open", everybody="yes")
        fork(lea, "second", FORK)
        at = "/templates/second"
        one = stored(site, "second")
        lea.post(f"{at}/step/propose", {"version": one.version, "said": "Hm"}, at=at)
        assert "Hm" in leo.get(PAGE).text and "second" in leo.get("/templates?q=second").text


def test_a_trial_says_so_on_its_page_and_in_the_list(site: Site) -> None:
    lea = site.browser("lea")
    fork(lea)
    tried = lea.post(PAGE, {"input.text": inputs()["text"]}, at=PAGE)
    assert "This is a trial" in lea.get(tried.headers["Location"]).text
    assert "· trial" in lea.get("/runs").text
    used = lea.post(f"/templates/{TEMPLATE}", {"input.text": inputs()["text"]}, at=f"/templates/{TEMPLATE}")
    assert "This is a trial" not in lea.get(used.headers["Location"]).text
