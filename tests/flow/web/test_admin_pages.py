"""The admin's pages do what they say, on record, and let nobody do more than they may."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from hub.accounts import links, roles
from hub.accounts.first import id_of as id_of_team
from hub.domain import Actor, Role
from hub.store import accounts, budgets, check_ups, events, teams
from hub.store import links as stored_links
from hub.store.budgets import Scope
from hub.web.auth import Identity
from hub.web.pages.admin.people import everybody
from hub.web.settings_view import without_passwords
from tests.flow.web.site import OTHER, Site
from tests.hubs import TEAM, Clock

ADA = Actor(person="ada@example.com", role=Role.ADMIN, via="web")
_SECRET = re.compile(r"<textarea[^>]*readonly[^>]*>([^<]+)</textarea>")
PAGES = ("", "/people", "/teams", f"/teams/{TEAM}", "/keys", "/budgets", "/ledger", "/retention", "/settings")


def id_of(site: Site, email: str) -> str:
    admin = Identity("ada@example.com", "Ada", {TEAM: Role.ADMIN}, "web")
    return next(one.id for one in everybody(site.hub, admin) if one.email == email)


def kinds(site: Site) -> list[str]:
    with site.hub.database.reading() as tx:
        return [one.kind for one in events.newest(tx, limit=20)]


def roles_of(site: Site, email: str) -> dict[str, Role]:
    with site.hub.database.reading() as tx:
        found = teams.person_of(tx, email)
    return dict(found[2]) if found else {}


def invited(site: Site, who: str, **form: str) -> Any:
    given = {"name": "Nora Berg", "email": "nora@example.com", "team": TEAM, "role": "member", **form}
    return site.browser(who).post("/admin/people", given, at="/admin/people")


def lead(site: Site) -> str:
    """Lea leads the test team; the name of her key."""
    with site.hub.database.transaction() as tx:
        teams.put_person(tx, "lea@example.com", "Lea", {TEAM: Role.LEAD}, 0.0)
        site.keys["lea"] = teams.new_key(tx, team_id=TEAM, role=Role.LEAD, email="lea@example.com", name="lea", now=0.0)
    return "lea"


@pytest.mark.parametrize("who", ["mara", "jon"])
def test_members_and_reviewers_see_none_of_the_pages(site: Site, who: str) -> None:
    browser = site.browser(who)
    assert [browser.get(f"/admin{page}").status_code for page in PAGES] == [403] * len(PAGES)


def test_a_lead_sees_people_and_budgets_of_their_own_team_alone(site: Site) -> None:
    browser = site.browser(lead(site))
    seen = {page for page in PAGES if browser.get(f"/admin{page}").status_code == 200}
    assert seen == {"/people", "/budgets"}
    page = browser.get("/admin/people").text
    assert "mara@example.com" in page and "kim@example.com" not in page
    assert browser.get(f"/admin/people/{id_of(site, 'kim@example.com')}").status_code == 404


def test_an_invitation_is_shown_once_and_is_on_record(site: Site) -> None:
    browser = site.browser("ada")
    form = {"name": "Nora Berg", "email": "nora@example.com", "team": OTHER, "role": "lead"}
    answer = browser.post("/admin/people", form, at="/admin/people")
    assert answer.status_code == 303
    shown = browser.get("/admin/once").text
    secret = _SECRET.search(shown)
    assert secret and links.look(site.hub.parts, secret[1].strip().rpartition("/")[2]).email == "nora@example.com"
    assert "/sign-in/link/" not in browser.get("/admin/once").text
    assert roles_of(site, "nora@example.com") == {OTHER: Role.LEAD}
    assert kinds(site)[:2] == ["person.invited", "person.roles_changed"]


def test_what_is_missing_in_an_invitation_is_marked_and_kept(site: Site) -> None:
    answer = invited(site, "ada", email="nobody", name="Nora <b>")
    assert answer.status_code == 422
    assert "Write the person&#39;s e-mail address." in answer.text and "Nora &lt;b&gt;" in answer.text


@pytest.mark.parametrize("form", [{"team": OTHER}, {"role": "lead"}, {"role": "admin"}])
def test_a_lead_lets_nobody_into_another_team_nor_above_a_reviewer(site: Site, form: dict[str, str]) -> None:
    assert invited(site, lead(site), **form).status_code == 303
    assert roles_of(site, "nora@example.com") == {}


def test_a_lead_gets_no_link_of_somebody_who_may_do_more_elsewhere(site: Site) -> None:
    roles.set_roles(site.hub.parts, "nora@example.com", "Nora", {OTHER: Role.ADMIN}, ADA)
    answer = invited(site, lead(site))
    assert answer.headers["Location"].endswith("/admin/people")
    assert roles_of(site, "nora@example.com") == {TEAM: Role.MEMBER, OTHER: Role.ADMIN}
    browser = site.browser("lea")
    page = f"/admin/people/{id_of(site, 'nora@example.com')}"
    assert browser.post(f"{page}/link", at="/admin/people").headers["Location"].endswith(page)
    with site.hub.database.reading() as tx:
        assert stored_links.waiting(tx, site.hub.parts.clock()) == {}


def test_a_link_that_is_out_ends_when_its_person_is_given_more(site: Site) -> None:
    invited(site, lead(site))
    roles.set_roles(site.hub.parts, "nora@example.com", "Nora Berg", {TEAM: Role.ADMIN}, ADA)
    with site.hub.database.reading() as tx:
        assert stored_links.waiting(tx, site.hub.parts.clock()) == {}


def test_a_lead_cannot_reset_a_password(site: Site) -> None:
    with site.hub.database.transaction() as tx:
        accounts.set_password(tx, "mara@example.com", "hash", 0.0)
    browser = site.browser(lead(site))
    browser.post(f"/admin/people/{id_of(site, 'mara@example.com')}/link", at="/admin/people")
    assert "Ask an admin" in browser.get("/admin/people").text


def test_roles_change_at_once_and_the_only_admin_stays(site: Site) -> None:
    browser = site.browser("ada")
    page = f"/admin/people/{id_of(site, 'mara@example.com')}"
    browser.post(f"{page}/roles", {f"role-{TEAM}": "reviewer"}, at=page)
    assert roles_of(site, "mara@example.com") == {TEAM: Role.REVIEWER}
    assert kinds(site)[0] == "person.roles_changed"
    own = f"/admin/people/{id_of(site, 'ada@example.com')}"
    browser.post(f"{own}/roles", {f"role-{TEAM}": "member"}, at=own)
    assert roles_of(site, "ada@example.com") == {TEAM: Role.ADMIN}
    assert "only admin" in browser.get(own).text


def test_erasing_shows_first_what_goes_and_wants_the_address_typed(site: Site) -> None:
    site.run()
    browser = site.browser("ada")
    page = f"/admin/people/{id_of(site, 'mara@example.com')}/erase"
    assert "Runs that named them" in browser.get(page).text
    browser.post(page, {"confirm": "mara"}, at=page)
    assert roles_of(site, "mara@example.com")
    browser.post(page, {"confirm": "Mara@example.com"}, at=page)
    assert not roles_of(site, "mara@example.com")
    with site.hub.database.reading() as tx:
        erased = events.newest(tx, kind="person.erased", limit=1)[0]
        assert erased.actor == site.hub.parts.ledger.pseudonym(tx, "ada@example.com", "web")


def test_a_team_is_made_renamed_and_given_rules(site: Site) -> None:
    browser = site.browser("ada")
    browser.post("/admin/teams", {"title": "Social & PR"}, at="/admin/teams")
    page = "/admin/teams/social-pr"
    browser.post(f"{page}/title", {"title": "Social"}, at=page)
    rules = {"zone": "Europe/Berlin", "first": "8", "last": "16", "peer_hours": "2", "specialist_hours": "8"}
    rules |= {"sample_hours": "40", "specialists": "jon@example.com"}
    browser.post(f"{page}/review", rules, at=page)
    with site.hub.database.reading() as tx:
        team = teams.get(tx, "social-pr")
    assert team is not None and team.title == "Social" and team.review is not None
    assert team.review["day"] == [8, 16] and team.review["specialists"] == ["jon@example.com"]
    assert team.review["samples"] is False
    assert kinds(site)[:3] == ["team.changed", "team.changed", "team.created"]
    wrong = browser.post(f"{page}/review", {**rules, "zone": "Mars", "first": "20"}, at=page)
    assert wrong.status_code == 422 and "time zone" in wrong.text and "Europe/Berlin" in wrong.text
    typed = {"first": "early", "peer_hours": "500", "sample_hours": "", "specialists": "jon@example.com jon"}
    wrong = browser.post(f"{page}/review", {**rules, **typed}, at=page)
    told = re.findall(r'class="fault"[^>]*>([^<]+)<', wrong.text)
    assert told == ["Write a whole number.", "Write 400 or less.", "Write a number.", "Write an e-mail address."]


@pytest.mark.parametrize(
    ("title", "made"),
    [("Überall & Söhne", "uberall-sohne"), ("Straße 5", "strasse-5"), ("7 Seas", "seas"), ("日本", "")],
)
def test_the_id_of_a_team_is_its_title_without_what_an_id_may_not_hold(title: str, made: str) -> None:
    assert id_of_team(title) == made


def test_a_key_is_shown_once_works_and_stops(site: Site) -> None:
    browser = site.browser("ada")
    browser.post("/admin/keys", {"name": "nightly", "team": TEAM, "role": "member"}, at="/admin/keys")
    secret = _SECRET.search(browser.get("/admin/once").text)
    assert secret
    site.keys["nightly"] = secret[1].strip()
    call = {"headers": site.bearer("nightly")}
    assert site.client().get("/api/v1/runs", **call).status_code == 200
    assert secret[1] not in browser.get("/admin/keys").text
    with site.hub.database.reading() as tx:
        key = next(one.id for one in teams.made_keys(tx) if one.name == "nightly")
    browser.post(f"/admin/keys/{key}/revoke", at="/admin/keys")
    assert site.client().get("/api/v1/runs", **call).status_code == 401
    assert kinds(site)[:2] == ["key.revoked", "key.made"]


def test_a_key_tells_when_it_was_last_used_to_the_hour(open_at: Any) -> None:
    clock = Clock()
    with open_at(clock=clock) as site:
        ada = site.browser("ada")

        def used() -> dict[str, float | None]:
            with site.hub.database.reading() as tx:
                return {one.name: one.used_at for one in teams.made_keys(tx)}

        assert "not yet" in ada.get("/admin/keys").text
        assert used() == {"mara": None, "jon": None, "kim": None, "machine": None, "ada": clock.now}
        begun = clock.now
        for later, noted in ((0.0, begun), (3599.0, begun), (3601.0, begun + 3601.0)):
            clock.now = begun + later
            assert site.client().get("/api/v1/runs", headers=site.bearer("machine")).status_code == 200
            assert used()["machine"] == noted
        assert site.client().get("/api/v1/runs", headers={"Authorization": "Bearer inlay_none"}).status_code == 401


def test_a_key_never_does_more_than_its_person(site: Site) -> None:
    browser = site.browser("ada")
    form = {"name": "x", "team": TEAM, "role": "admin", "email": "mara@example.com"}
    browser.post("/admin/keys", form, at="/admin/keys")
    assert "cannot do more than they may" in browser.get("/admin/keys").text


def test_budgets_are_set_by_an_admin_and_raised_by_who_may(site: Site) -> None:
    browser = site.browser("ada")
    for of, amount in (("team:", "100"), ("person:*", "5"), ("person:mara@example.com", "10")):
        browser.post("/admin/budgets", {"team": TEAM, "of": of, "amount": amount}, at="/admin/budgets")
    hers = site.browser(lead(site))
    more = {"team": TEAM, "amount": "20", "reason": "A launch."}
    hers.post("/admin/budgets/raise", {**more, "of": "person:mara@example.com"}, at="/admin/budgets")
    hers.post("/admin/budgets/raise", {**more, "of": "team:", "amount": "200"}, at="/admin/budgets")
    assert "not yours to raise" in hers.get("/admin/budgets").text
    assert hers.post("/admin/budgets", {"team": TEAM, "amount": "500"}, at="/admin/budgets").status_code == 403
    month = site.hub.parts.today().isoformat()[:7]
    with site.hub.database.reading() as tx:
        mara, team = (
            budgets.standing(tx, TEAM, month, scope) for scope in (Scope("person", "mara@example.com"), Scope("team"))
        )
    assert mara is not None and mara.limit_micros == 20_000_000
    assert team is not None and team.limit_micros == 100_000_000
    page = browser.get("/admin/budgets").text
    assert "A launch." in page and "per cent used" in page
    assert {"budget.set", "budget.raised"} <= set(kinds(site))


def finished(site: Site, kind: str) -> dict[str, Any]:
    """What a check-up found, once it is over."""
    found, patience = None, threading.Event()
    for _ in range(3000):
        with site.hub.database.reading() as tx:
            found = check_ups.get(tx, kind)
        if found is not None and found.found is not None:
            break
        patience.wait(0.01)
    assert found is not None and found.found is not None
    return dict(found.found)


def test_an_amount_that_can_be_read_two_ways_sets_nothing_and_what_is_set_is_said(site: Site) -> None:
    ada = site.browser("ada")
    form = {"team": TEAM, "of": "team", "amount": "1.250"}
    told = ada.get(ada.post("/admin/budgets", form, at="/admin/budgets").headers["Location"]).text
    assert "can be read in two ways" in told and "$1.25" not in told
    told = ada.get(
        ada.post("/admin/budgets", {**form, "amount": "1,250"}, at="/admin/budgets").headers["Location"]
    ).text
    assert "The budget is $1,250.00 a month" in told


def test_a_key_that_is_for_nothing_is_not_made(site: Site) -> None:
    ada = site.browser("ada")
    answer = ada.post("/admin/keys", {"name": " ", "team": TEAM, "role": "admin"}, at="/admin/keys")
    assert "Say what the key is for" in ada.get(answer.headers["Location"]).text
    with site.hub.database.reading() as tx:
        assert len(teams.made_keys(tx)) == len(site.keys)


def test_the_ledger_is_verified_beside_and_what_came_of_it_stays(site: Site) -> None:
    site.run()
    browser = site.browser("ada")
    browser.post("/admin/ledger/verify", at="/admin/ledger")
    found = finished(site, "ledger")
    assert found["broken"] is None and found["rows"] > 3
    assert "rows hold" in browser.get("/admin/ledger").text


def test_events_are_found_by_kind_run_and_day_page_by_page(site: Site) -> None:
    run = site.run()
    browser = site.browser("ada")
    assert "<code>model.answered</code>" in browser.get("/admin/ledger?kind=model.answered").text
    assert "input.checked" in browser.get(f"/admin/ledger?run={run.id}").text
    assert "Nothing of this kind" in browser.get("/admin/ledger?day=2001-01-01").text
    today = site.hub.parts.today().isoformat()
    assert "input.checked" in browser.get(f"/admin/ledger?day={today}").text
    assert "This is no day" in browser.get("/admin/ledger?day=monday").text
    for _ in range(60):
        roles.set_roles(site.hub.parts, "mara@example.com", "Mara", {TEAM: Role.LEAD}, ADA)
        roles.set_roles(site.hub.parts, "mara@example.com", "Mara", {TEAM: Role.MEMBER}, ADA)
    older = re.search(r'href="([^"]*before=\d+)"', browser.get("/admin/ledger?kind=person.roles_changed").text)
    assert older and "person.roles_changed" in browser.get(older[1].replace("&amp;", "&")).text


def test_the_ledger_downloads_whole_and_that_goes_on_record(site: Site) -> None:
    site.run()
    browser = site.browser("ada")
    answer = browser.post("/admin/ledger/export", at="/admin/ledger")
    lines = answer.text.splitlines()
    assert '"ledger.exported"' in lines[-1] and "attachment" in answer.headers["Content-Disposition"]
    with site.hub.database.reading() as tx:
        assert len(lines) == events.length(tx)


def test_settings_show_their_origin_and_no_secret(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INLAY_HOME", str(site.hub.settings.home))
    page = site.browser("ada").get("/admin/settings").text
    row = re.search(r"INLAY_SECRET_KEY</code>.*?</tr>", page, re.DOTALL)
    assert row and "<code>set</code>" in row[0]
    assert "a-key-for-tests-only" not in page
    home = re.search(r"INLAY_HOME</code>.*?</tr>", page, re.DOTALL)
    assert home and "environment" in home[0]


def test_addresses_in_settings_lose_their_passwords() -> None:
    assert without_passwords("postgresql://ada:pa@db/inlay?password=x") == "postgresql://…@db/inlay?…"
    assert without_passwords("{'base_url': 'https://u:p@h/v1', 'model': 'm'}").count("u:p") == 0


def test_the_front_page_names_what_the_doctor_finds(site: Site) -> None:
    browser = site.browser("ada")
    invited(site, "ada", team=OTHER)
    page = browser.get("/admin").text
    assert "Nora Berg" in page and "were not tried yet" in page
    browser.post("/admin/check", at="/admin")
    assert any(one["id"] == "broker" for one in finished(site, "doctor")["probes"])
    assert "were last tried" in browser.get("/admin").text


def test_people_are_found_by_name_without_their_name_in_an_address(site: Site) -> None:
    answer = site.browser("ada").post("/admin/people/search", {"wanted": "MARA"}, at="/admin/people")
    assert "mara@example.com" in answer.text and "kim@example.com" not in answer.text
