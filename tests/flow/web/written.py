"""Templates written in the browser, as the tests of them do it: forked, saved, taken through their steps."""

from __future__ import annotations

import html
import re
from typing import Any

from hub.domain import Role
from hub.pipeline import run as running
from hub.store import authored, teams
from tests.flow.web.site import Browser, Site
from tests.hubs import TEAM, TEMPLATE

FORK = "our-voice"
PAGE = f"/templates/{FORK}"
#: Tests that the fake model's answer passes.
TESTS = """\
tests:
  - description: short and true
    vars: {text: "Our spring sale starts on Monday and everybody is welcome."}
    providerOutput: {variants: [{text: "Spring sale, from Monday. Come in."}]}
    assert: [{type: contains, value: Monday}]
  - description: says when
    vars: {text: "Our spring sale starts on Monday and everybody is welcome."}
    assert: [{type: contains, value: Monday}]
"""


def with_leads(site: Site) -> Site:
    """Lea and Leo lead the brand team."""
    with site.hub.database.transaction() as tx:
        for who in ("lea", "leo"):
            email = f"{who}@example.com"
            teams.put_person(tx, email, who.capitalize(), {TEAM: Role.LEAD}, 0.0)
            site.keys[who] = teams.new_key(tx, team_id=TEAM, role=Role.LEAD, email=email, name=who, now=0.0)
    return site


def value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"{name} is not on the page:\n{page}"
    return found.group(1)


def stored(site: Site, name: str = FORK) -> authored.Authored:
    with site.hub.database.reading() as tx:
        found = authored.get(tx, name)
    assert found is not None
    return found


def fork(who: Browser, name: str = FORK, parent: str = TEMPLATE) -> Any:
    """A fork, with tests that the fake model passes."""
    made = who.post("/templates/new", {"parent": parent, "name": name}, at=f"/templates/{parent}")
    edit = f"/templates/{name}/edit"
    if made.headers["Location"] == edit and parent == TEMPLATE:
        page = who.get(edit).text
        source = html.unescape(page.partition('name="source"')[2].partition(">")[2].partition("</textarea>")[0])
        assert who.post(edit, {"version": value(page, "version"), "source": source, "tests": TESTS}, at=edit)
    return made


def save(site: Site, who: Browser, source: str, *, version: int | None = None, tests: str | None = None) -> Any:
    one = stored(site)
    form = {"version": one.version if version is None else version, "source": source}
    return who.post(f"{PAGE}/edit", {**form, "tests": one.tests if tests is None else tests}, at=f"{PAGE}/edit")


def step(site: Site, who: Browser, name: str, **form: Any) -> str:
    """Do a step; the page that follows."""
    done = who.post(f"{PAGE}/step/{name}", {"version": stored(site).version, **form}, at=PAGE)
    assert done.status_code == 303
    return who.get(PAGE).text


def ran_tests(site: Site, who: Browser) -> str:
    """Run the tests, and walk what they ask the model; the page then."""
    assert who.post(f"{PAGE}/tests", at=PAGE).status_code == 303
    for run_id in dict.fromkeys(re.findall(r'href="/runs/([0-9a-f]+)"', who.get(PAGE).text)):
        running.advance(site.hub.parts, run_id)
    return who.get(PAGE).text


def in_force(site: Site, lea: Browser, leo: Browser, change: str = "Fork of the house") -> None:
    source = re.sub(r"displayName:.*", f"displayName: {change}", stored(site).source)
    assert save(site, lea, source).status_code == 303
    assert "Passed" in ran_tests(site, lea)
    assert "Sent for review" in step(site, lea, "submit")
    page = leo.get(PAGE).text
    assert "Published." in step(site, leo, "publish", revision=value(page, "revision"))
