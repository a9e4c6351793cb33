"""Signing in by password: the same answer for everybody, a pause that grows, sessions that end when they should."""

from __future__ import annotations

import pytest

from hub.accounts import links, passwords, roles
from hub.accounts.door import Door, tidy
from hub.domain import Actor, Role
from hub.errors import RateLimited
from hub.store import accounts, sessions, teams
from tests.flow.accounts.people import ADA, PASSWORD, is_in, joined, pseudonym, sign_in, told
from tests.flow.web.site import Site
from tests.hubs import TEAM, Clock


def test_a_password_signs_in_with_every_role_of_the_person(site: Site) -> None:
    joined(site)
    roles.set_roles(site.hub.parts, "mara@example.com", "Mara", {TEAM: Role.LEAD, "crm": Role.MEMBER}, ADA)
    browser = site.browser(None)
    answer = sign_in(browser, " MARA@Example.com ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    page = browser.get("/account").text
    assert "Lead" in page and "CRM team" in page and "this browser" in page


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(site: Site) -> None:
    joined(site)
    answers = []
    for email in ("mara@example.com", "nobody@example.com", "jon@example.com"):
        answer = sign_in(site.browser(None), email, "not the password")
        answers.append((answer.status_code, answer.text.replace(email, "").split("csrf_token")[0]))
        assert "do not belong together" in answer.text
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 401


def test_a_password_is_compared_for_an_unknown_address_too(site: Site) -> None:
    stored = passwords.hashed(PASSWORD)
    assert stored.startswith("$argon2id$") and PASSWORD not in stored
    assert passwords.matches(stored, PASSWORD) and not passwords.matches(stored, PASSWORD + "!")
    assert not passwords.matches(None, "the password of nobody")


@pytest.mark.parametrize("email", ["mara@example.com", "nobody@example.com"])
def test_each_failed_try_lengthens_the_pause_whoever_has_the_address(site: Site, clock: Clock, email: str) -> None:
    joined(site)
    pauses = []
    door = Door(site.hub.parts, site.hub.vault)
    for _ in range(18):
        try:
            assert door.password(email, "wrong") is None
        except RateLimited as paused:
            pauses.append(paused.after)
            clock.now += paused.after or 0
            assert door.password(email, "wrong") is None
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert max(filter(None, pauses)) == 900.0


def test_a_right_password_waits_too_and_then_clears_the_count(site: Site, clock: Clock) -> None:
    joined(site)
    for _ in range(5):
        assert sign_in(site.browser(None), password="wrong").status_code == 401
    paused = sign_in(site.browser(None))
    assert paused.status_code == 429 and "Too many tries for this address" in paused.text
    clock.now += 61
    assert sign_in(site.browser(None)).status_code == 303
    assert sign_in(site.browser(None), password="wrong").status_code == 401


def test_one_place_has_ten_tries_a_minute_whatever_it_tries(site: Site) -> None:
    browser = site.browser(None)
    answers = [sign_in(browser, f"p{number}@example.com", "x").status_code for number in range(11)]
    assert answers == [401] * 10 + [429]


def test_an_ended_session_is_ended_whatever_the_browser_still_holds(site: Site) -> None:
    browser = joined(site)
    kept = browser.client.get_cookie("inlay")
    assert kept is not None and is_in(browser)
    browser.post("/sign-out", at="/account")
    browser.client.set_cookie("inlay", kept.value)
    assert not is_in(browser)


def test_a_session_ends_unused_after_hours_and_in_any_case_after_days(site: Site, clock: Clock) -> None:
    browser = joined(site)
    clock.now += 11 * 3600
    assert is_in(browser)
    clock.now += 11 * 3600
    assert is_in(browser), "what was used is not unused"
    clock.now += 13 * 3600
    assert not is_in(browser)
    sign_in(browser)
    for _ in range(16):
        clock.now += 11 * 3600
        if not is_in(browser):
            break
    else:
        pytest.fail("it never ended")
    tidy(site.hub.parts)
    with site.hub.database.reading() as tx:
        assert sessions.of_person(tx, "mara@example.com", clock.now, 1e9) == []


def test_signing_out_everywhere_ends_every_browser(site: Site) -> None:
    one, other = joined(site), site.browser(None)
    sign_in(other)
    assert other.post("/account/sign-out-everywhere", at="/account").status_code == 303
    assert not is_in(one) and not is_in(other)
    assert told(site.hub, "person.signed_out_everywhere") == [(pseudonym(site.hub, "mara"), {"sessions": 2})]


def test_another_password_ends_the_other_sessions_and_the_old_password(site: Site) -> None:
    one, other = joined(site), site.browser(None)
    sign_in(other)
    new = "a boat under nine pears"
    wrong = other.post("/account/password", {"old": "guess", "password": new, "again": new}, at="/account")
    assert wrong.status_code == 422 and "not your password" in wrong.text
    answer = other.post("/account/password", {"old": PASSWORD, "password": new, "again": new}, at="/account")
    assert answer.status_code == 303
    assert is_in(other) and not is_in(one)
    assert sign_in(site.browser(None)).status_code == 401
    assert sign_in(site.browser(None), password=new).status_code == 303


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "12 characters or more"),
        ("aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "easy to guess"),
        ("mara-mara-mara1", "mara-mara-mara1", "easy to guess"),
        (PASSWORD, PASSWORD + "x", "not the same"),
        ("x y" * 100, "x y" * 100, "200 characters or fewer"),
    ],
)
def test_a_weak_password_is_not_set_and_the_page_says_why(site: Site, password: str, again: str, said: str) -> None:
    browser = joined(site)
    answer = browser.post("/account/password", {"old": PASSWORD, "password": password, "again": again}, at="/account")
    assert answer.status_code == 422 and said in answer.text and f'value="{password}"' not in answer.text


def test_another_role_counts_with_the_next_click_and_none_ends_every_way_in(site: Site) -> None:
    browser, parts = joined(site), site.hub.parts
    by_key = site.browser("mara")
    roles.set_roles(parts, "mara@example.com", "Mara", {"crm": Role.LEAD}, ADA)
    assert "CRM team" in browser.get("/account").text and "Brand team" not in browser.get("/account").text
    assert not is_in(by_key), "a key for a team the person has left"
    assert site.client().get("/api/v1/runs", headers=site.bearer("mara")).status_code == 401
    roles.set_roles(parts, "mara@example.com", "Mara", {}, ADA)
    assert not is_in(browser)
    assert sign_in(site.browser(None)).status_code == 401
    changes = told(site.hub, "person.roles_changed")
    assert [data["roles"] for _, data in changes] == [["lead of crm"], []]
    assert {actor for actor, _ in changes} == {pseudonym(site.hub, "ada")}


def test_a_key_never_does_more_than_its_person_may(site: Site) -> None:
    with site.hub.database.transaction() as tx:
        teams.put_person(tx, "eve@example.com", "Eve", {TEAM: Role.ADMIN}, 0.0)
    roles.set_roles(site.hub.parts, "ada@example.com", "Ada", {TEAM: Role.MEMBER}, Actor(role=Role.ADMIN, via="cli"))
    with site.hub.database.reading() as tx:
        found = teams.caller(tx, site.keys["ada"])
    assert found is not None and found.role is Role.MEMBER


def test_sign_ins_and_failures_are_on_the_ledger_under_pseudonyms(site: Site) -> None:
    browser = joined(site)
    sign_in(site.browser(None), password="wrong")
    sign_in(site.browser(None))
    site.browser("mara")
    mara = pseudonym(site.hub, "mara")
    assert told(site.hub, "person.signed_in") == [(mara, {"how": how}) for how in ("invitation", "password", "key")]
    assert told(site.hub, "person.sign_in_failed") == [("system:web", {"by": "password", "person": mara})]
    invited = told(site.hub, "person.invited")
    assert invited == [(pseudonym(site.hub, "ada"), {"person": mara})]
    with site.hub.database.reading() as tx:
        assert [one.data["how"] for one in accounts.sign_ins_of(tx, "Mara@Example.com")] == [
            "key",
            "password",
            "invitation",
        ]
        assert site.hub.parts.ledger.verify(tx)[1] is None
    assert "by invitation" in browser.get("/account").text


def test_a_cookie_of_before_signing_in_is_worth_nothing_after(site: Site) -> None:
    joined(site)
    browser = site.browser(None)
    browser.get("/sign-in")
    before = browser.client.get_cookie("inlay")
    sign_in(browser)
    after = browser.client.get_cookie("inlay")
    assert before is not None and after is not None and before.value != after.value
    assert after.http_only
    thief = site.browser(None)
    thief.client.set_cookie("inlay", before.value)
    assert not is_in(thief)


def test_whoever_has_no_password_and_came_by_key_sets_none(site: Site) -> None:
    browser = site.browser("mara")
    assert "You have no password here" in browser.get("/account").text
    answer = browser.post("/account/password", {"password": PASSWORD, "again": PASSWORD}, at="/account")
    assert answer.status_code == 403
    assert links.invite(site.hub.parts, "mara@example.com", ADA)
