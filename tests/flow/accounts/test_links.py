"""Links that work once: invitations, new passwords, and the link `inlay serve` prints for the first minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.accounts import joining, links, roles
from hub.domain import Actor, Role
from hub.errors import Conflict, UnknownName
from hub.store.tables import sign_in_link
from hub.web import create_app
from tests.flow.accounts.people import ADA, PASSWORD, invited, is_in, joined, path_of, pseudonym, sign_in, told
from tests.flow.accounts.people import with_second_step as step_on
from tests.flow.web.site import Browser, Site
from tests.hubs import TEAM, Clock, a_hub

SET = {"password": PASSWORD, "again": PASSWORD}


def printed(site: Site) -> str:
    parts = site.hub.parts
    return path_of(links.printed(parts.database, parts.ledger, parts.settings.url, parts.clock()))


def test_a_preview_of_a_link_uses_nothing_and_its_button_works_once(site: Site) -> None:
    link = invited(site)
    for _ in range(3):
        assert "Set the password" in site.browser(None).get(link).text
    first, second = site.browser(None), site.browser(None)
    second.get(link)
    assert first.post(link, SET, at=link).status_code == 303 and is_in(first)
    again = second.post(link, SET, at="/sign-in")
    assert again.status_code == 404 and "works no more" in again.text and not is_in(second)


def test_a_password_that_is_refused_does_not_use_the_link_up(site: Site) -> None:
    link, browser = invited(site), site.browser(None)
    refused = browser.post(link, {"password": "short", "again": "short"}, at=link)
    assert refused.status_code == 422 and "12 characters or more" in refused.text
    assert browser.post(link, SET, at=link).status_code == 303


@pytest.mark.parametrize(("make", "seconds"), [("invite", links.INVITE), ("reset", links.RESET)])
def test_a_link_is_too_old_after_its_time(site: Site, clock: Clock, make: str, seconds: float) -> None:
    link = path_of(getattr(links, make)(site.hub.parts, "mara@example.com", ADA).url)
    clock.now += seconds - 1
    assert site.browser(None).get(link).status_code == 200
    clock.now += 1
    assert site.browser(None).get(link).status_code == 404


def test_a_newer_link_ends_the_older_one_and_a_lost_role_ends_both(site: Site) -> None:
    old = invited(site)
    new = invited(site)
    assert site.browser(None).get(old).status_code == 404
    assert site.browser(None).get(new).status_code == 200
    roles.set_roles(site.hub.parts, "mara@example.com", "Mara", {}, ADA)
    assert site.browser(None).get(new).status_code == 404


def test_of_a_link_only_its_hash_is_stored_and_it_stands_in_no_repr(site: Site) -> None:
    issued = links.invite(site.hub.parts, "mara@example.com", ADA)
    secret = issued.url.rpartition("/")[2]
    with site.hub.database.reading() as tx:
        rows = [tuple(row) for row in tx.execute(sign_in_link.select())]
    assert rows and secret not in str(rows) and secret not in repr(issued)
    assert secret not in str(told(site.hub, "person.invited"))


def test_only_somebody_with_a_role_and_no_password_is_invited(site: Site) -> None:
    with pytest.raises(UnknownName, match="has a role in a team"):
        links.invite(site.hub.parts, "nobody@example.com", ADA)
    joined(site)
    with pytest.raises(Conflict, match="has a password already"):
        links.invite(site.hub.parts, "mara@example.com", ADA)


def test_a_reset_sets_another_password_and_ends_every_session(site: Site) -> None:
    browser = joined(site)
    link = path_of(links.reset(site.hub.parts, "mara@example.com", ADA).url)
    assert is_in(browser), "until the person has set it, nothing changes"
    new = {"password": "six quiet lamps at sea", "again": "six quiet lamps at sea"}
    other = site.browser(None)
    assert other.post(link, new, at=link).status_code == 303
    assert is_in(other) and not is_in(browser)
    assert sign_in(site.browser(None)).status_code == 401
    assert told(site.hub, "person.reset_sent") == [
        (pseudonym(site.hub, "ada"), {"person": pseudonym(site.hub, "mara")})
    ]


def test_a_reset_that_is_out_ends_when_its_person_sets_another_password_by_themselves(site: Site) -> None:
    browser = joined(site)
    link = path_of(links.reset(site.hub.parts, "mara@example.com", ADA).url)
    new = "a boat under nine pears"
    answer = browser.post("/account/password", {"old": PASSWORD, "password": new, "again": new}, at="/account")
    assert answer.status_code == 303
    assert site.browser(None).get(link).status_code == 404


def test_a_reset_does_not_stand_in_for_the_phone(site: Site) -> None:
    browser = joined(site)
    step_on(site, browser)
    link = path_of(links.reset(site.hub.parts, "mara@example.com", ADA).url)
    other = site.browser(None)
    answer = other.post(link, SET, at=link)
    assert answer.headers["Location"] == "/sign-in" and not is_in(other)
    assert sign_in(other).headers["Location"].startswith("/sign-in/code")


def test_a_lost_phone_is_an_admins_to_mend(site: Site) -> None:
    browser = joined(site)
    step_on(site, browser)
    link = path_of(links.reset(site.hub.parts, "mara@example.com", ADA, lost_phone=True).url)
    assert not is_in(browser), "what was signed in with the phone has ended"
    other = site.browser(None)
    assert other.post(link, SET, at=link).status_code == 303 and is_in(other)
    off = told(site.hub, "person.second_step_off")
    assert off == [(pseudonym(site.hub, "ada"), {"person": pseudonym(site.hub, "mara")})]


def test_the_printed_link_signs_the_admin_in_once_for_a_quarter_of_an_hour(site: Site, clock: Clock) -> None:
    link, browser = printed(site), site.browser(None)
    assert "Sign in as Ada" in browser.get(link).text
    for stranger in ("mara@example.com", ""):
        assert browser.post(link, {"person": stranger}, at=link).status_code == 400
    assert browser.post(link, {"person": "ada@example.com"}, at=link).status_code == 303 and is_in(browser)
    assert site.browser(None).get(link).status_code == 404
    again = printed(site)
    clock.now += links.PRINTED
    assert site.browser(None).get(again).status_code == 404
    signed_in = told(site.hub, "person.signed_in")
    assert signed_in == [(pseudonym(site.hub, "ada"), {"how": "printed link"})]


def test_who_came_by_the_printed_link_sets_a_password(site: Site) -> None:
    link, browser = printed(site), site.browser(None)
    browser.post(link, {"person": "ada@example.com"}, at=link)
    assert "get in again without a link" in browser.get("/account").text
    assert browser.post("/account/password", SET, at="/account").status_code == 303
    assert sign_in(site.browser(None), "ada@example.com").status_code == 303


def test_in_an_empty_hub_the_printed_link_makes_the_first_admin(tmp_path: Path, database_url: str) -> None:
    with a_hub(tmp_path, database_url=database_url) as hub:
        site = Site(hub, create_app(hub), {})
        link, browser = printed(site), site.browser(None)
        assert "This hub has no admin yet" in browser.get(link).text
        wrong = browser.post(link, {"name": "Ada", "email": "no address", "team": "42"}, at=link)
        assert wrong.status_code == 422
        assert "Write your e-mail address." in wrong.text and 'value="Ada"' in wrong.text
        said = {"name": "Ada", "email": "Ada@Example.com", "team": "Paid Media & Search"}
        answer = browser.post(link, said, at=link)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
        assert "Paid Media &amp; Search" in browser.get("/account").text
        assert links.admins(hub.parts) == [("ada@example.com", "Ada")]
        assert told(hub, "person.roles_changed")[0][1]["roles"] == ["admin of paid-media-search"]
        late = Browser(site.client())
        assert late.post(link, said, at="/sign-in").status_code == 404


def test_a_link_a_lead_was_handed_ends_when_its_person_becomes_the_first_admin(tmp_path: Path) -> None:
    with a_hub(tmp_path) as hub:
        site = Site(hub, create_app(hub), {})
        lea = Actor(person="lea@example.com", role=Role.LEAD, via="web")
        made = joining.let_in(hub.parts, "ada@example.com", "Ada", TEAM, Role.MEMBER, lea, leads=[TEAM])
        assert made is not None
        link, browser = printed(site), site.browser(None)
        assert browser.get(path_of(made.url)).status_code == 200
        browser.post(link, {"name": "Ada", "email": "ada@example.com", "team": "Ads"}, at=link)
        assert links.admins(hub.parts) == [("ada@example.com", "Ada")]
        assert browser.get(path_of(made.url)).status_code == 404


def test_a_second_printed_link_makes_no_second_first_admin(tmp_path: Path) -> None:
    with a_hub(tmp_path) as hub:
        site = Site(hub, create_app(hub), {})
        link = printed(site)
        browser = site.browser(None)
        browser.get(link)
        roles.set_roles(hub.parts, "kim@example.com", "Kim", {TEAM: Role.ADMIN}, ADA)
        answer = browser.post(link, {"name": "Eve", "email": "eve@example.com", "team": TEAM}, at=link)
        assert answer.status_code == 400
        assert links.admins(hub.parts) == [("kim@example.com", "Kim")]
