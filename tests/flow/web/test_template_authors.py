"""Who wrote a text does not publish it, whichever way it came to where it is published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.domain import Role
from hub.pipeline import erase
from hub.store import teams
from hub.testing import FakeModel
from tests.flow.web.site import OTHER, Site, open_site
from tests.flow.web.written import FORK, PAGE, fork, in_force, ran_tests, save, step, stored, value, with_leads
from tests.hubs import TEAM, answer


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path, model=FakeModel(answer())) as opened:
        yield with_leads(opened)


def test_a_fork_of_a_draft_is_not_published_by_who_wrote_the_draft(site: Site) -> None:
    lea, leo, mara = (site.browser(who) for who in ("lea", "leo", "mara"))
    fork(lea, "first-words")
    assert fork(mara, FORK, "first-words").status_code == 303
    ran_tests(site, mara)
    step(site, mara, "submit")
    sha = value(leo.get(PAGE).text, "revision")
    assert "You are an author" in step(site, lea, "publish", revision=sha)
    assert "Published." in step(site, leo, "publish", revision=sha)
    # What was in force was looked at: who forks that begins anew.
    assert fork(mara, "third-words", FORK).status_code == 303
    assert stored(site, "third-words").authors == ["mara@example.com"]


def test_a_text_that_was_left_aside_stays_of_who_wrote_it_first(site: Site) -> None:
    lea, leo, mara = (site.browser(who) for who in ("lea", "leo", "mara"))
    fork(lea)
    aside = stored(site).source.replace("user:", "user:\nWritten by Lea.\n")
    save(site, lea, aside)
    in_force(site, lea, leo)
    save(site, mara, aside)
    ran_tests(site, mara)
    step(site, mara, "submit")
    sha = value(leo.get(PAGE).text, "revision")
    assert "You are an author" in step(site, lea, "publish", revision=sha)
    assert "Published." in step(site, leo, "publish", revision=sha)


def test_who_wrote_at_a_fork_does_not_publish_its_text_where_a_colleague_proposed_it(site: Site) -> None:
    with site.hub.database.transaction() as tx:
        teams.put_person(tx, "lea@example.com", "Lea", {TEAM: Role.LEAD, OTHER: Role.MEMBER}, 0.0)
        key = teams.new_key(tx, team_id=OTHER, role=Role.MEMBER, email="lea@example.com", name="lea", now=0.0)
        site.keys["lea of crm"] = key
    lea, there, leo, kim = (site.browser(who) for who in ("lea", "lea of crm", "leo", "kim"))
    fork(lea)
    in_force(site, lea, leo)
    step(site, leo, "open", everybody="yes")
    assert fork(kim, "crm-voice", FORK).status_code == 303
    at, one = "/templates/crm-voice", stored(site, "crm-voice")
    text = one.source.replace("Fork of the house", "As Lea wrote it")
    there.post(f"{at}/edit", {"version": one.version, "source": text, "tests": one.tests}, at=f"{at}/edit")
    kim.post(f"{at}/step/propose", {"version": stored(site, "crm-voice").version, "said": "Ours."}, at=at)
    take = re.search(rf'action="({PAGE}/proposals/[0-9a-f]+/take)"', lea.get(PAGE).text)
    assert take is not None
    lea.post(take.group(1), at=PAGE)
    assert "As Lea wrote it" in stored(site).source
    ran_tests(site, lea)
    step(site, lea, "submit")
    sha = value(leo.get(PAGE).text, "revision")
    assert "You are an author" in step(site, lea, "publish", revision=sha)
    assert "Published." in step(site, leo, "publish", revision=sha)


def test_an_erased_author_who_comes_back_does_not_publish_what_they_wrote(site: Site) -> None:
    lea, leo, mara = (site.browser(who) for who in ("lea", "leo", "mara"))
    fork(lea)
    ran_tests(site, mara)
    step(site, mara, "submit")
    sha = value(leo.get(PAGE).text, "revision")
    erase.erase(site.hub.parts, "lea@example.com")
    with site.hub.database.transaction() as tx:
        now = site.hub.parts.clock()
        teams.put_person(tx, "lea@example.com", "Lea", {TEAM: Role.LEAD}, now)
        site.keys["lea"] = teams.new_key(tx, team_id=TEAM, role=Role.LEAD, email="lea@example.com", name="lea", now=now)
    assert "was here when it was written" in step(site, site.browser("lea"), "publish", revision=sha)
    assert "Published." in step(site, leo, "publish", revision=sha)
