"""Single sign-on against a real provider in another process: who gets in, with which roles, and who does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from hub.accounts import links, roles
from hub.configure import apply, plan, read
from hub.domain import Role
from tests.flow.accounts.people import ADA, PASSWORD, invited, is_in, joined, path_of, pseudonym, told
from tests.flow.accounts.provider import Provider, started, through
from tests.flow.web.site import Site, open_site
from tests.hubs import TEAM

GROUPS = """
sign_in:
  groups:
    Marketing: {brand: member}
    Marketing leads: {brand: lead, crm: reviewer}
"""
Open = Callable[..., AbstractContextManager[Site]]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with started() as running:
        yield running


@pytest.fixture
def opened(tmp_path: Path, provider: Provider) -> Open:
    def make(hub_yaml: str = "", **given: Any) -> AbstractContextManager[Site]:
        settings = {"oidc_issuer": provider.url, "oidc_client_id": "inlay", "oidc_client_secret": "s3cret&=%", **given}
        return open_site(tmp_path, **settings)

    return make


def test_groups_give_the_roles_and_are_asked_anew_at_every_sign_in(opened: Open, provider: Provider) -> None:
    with opened() as site:
        apply(site.hub, read(GROUPS))
        provider.knows(
            "u1", email="Nia@Example.com", email_verified=True, name="Nia Berg", groups=["Marketing", "Golf"]
        )
        browser = site.browser(None)
        assert "Continue with your organisation" in browser.get("/sign-in").text
        answer = through(provider, browser, "u1", next="/templates")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/templates")
        page = browser.get("/account").text
        assert "Nia Berg" in page and "nia@example.com" in page and "Member" in page
        provider.knows("u1", email="nia@example.com", email_verified=True, groups=["Marketing leads", "Marketing"])
        other = site.browser(None)
        through(provider, other, "u1")
        for one in (browser, other):
            assert "Lead" in one.get("/account").text and "Reviewer" in one.get("/account").text
        nia = pseudonym(site.hub, "nia")
        assert told(site.hub, "person.roles_changed") == [
            ("system:oidc", {"person": nia, "roles": ["member of brand"], "by": "oidc"}),
            ("system:oidc", {"person": nia, "roles": ["lead of brand", "reviewer of crm"], "by": "oidc"}),
        ]
        assert told(site.hub, "person.signed_in") == [(nia, {"how": "single sign-on"})] * 2


def test_who_loses_every_group_is_let_in_nowhere(opened: Open, provider: Provider) -> None:
    with opened() as site:
        apply(site.hub, read(GROUPS))
        by_password, by_key = joined(site), site.browser("mara")
        provider.knows("m1", email="mara@example.com", email_verified=True)
        browser = site.browser(None)
        answer = through(provider, browser, "m1")
        assert answer.status_code == 403 and "None of your groups gives a role here" in answer.text
        assert not any(is_in(one) for one in (browser, by_password, by_key))
        assert site.client().get("/api/v1/runs", headers=site.bearer("mara")).status_code == 401
        assert told(site.hub, "person.roles_changed")[-1][1]["roles"] == []


def test_without_groups_hub_yaml_says_what_people_may_do(opened: Open, provider: Provider) -> None:
    with opened() as site:
        provider.knows("j1", email="jon@example.com", email_verified=True, groups=["Marketing leads"])
        browser = site.browser(None)
        through(provider, browser, "j1")
        assert "Reviewer" in browser.get("/account").text
        provider.knows("x1", email="stranger@example.com", email_verified=True)
        answer = through(provider, site.browser(None), "x1")
        assert answer.status_code == 403 and "You have no role in any team" in answer.text
        assert told(site.hub, "person.roles_changed") == []


@pytest.mark.parametrize("verified", [{"email_verified": False}, {}, {"email_verified": "false"}])
def test_an_address_that_is_not_verified_is_nobodys(opened: Open, provider: Provider, verified: Any) -> None:
    with opened() as site:
        provider.knows("e1", email="ada@example.com", **verified)
        browser = site.browser(None)
        answer = through(provider, browser, "e1")
        assert answer.status_code == 403 and "not say that your e-mail address is verified" in answer.text
        assert not is_in(browser)


def test_a_provider_that_never_says_verified_can_be_trusted_but_not_against_its_word(
    opened: Open, provider: Provider
) -> None:
    with opened(oidc_trust_email=True) as site:
        provider.knows("e2", email="jon@example.com")
        assert through(provider, site.browser(None), "e2").status_code == 303
        provider.knows("e3", email="ada@example.com", email_verified=False)
        assert through(provider, site.browser(None), "e3").status_code == 403


def test_a_newcomer_with_an_old_address_does_not_become_who_had_it(opened: Open, provider: Provider) -> None:
    with opened() as site:
        provider.knows("old", email="jon@example.com", email_verified=True)
        provider.knows("new", email="jon@example.com", email_verified=True)
        assert through(provider, site.browser(None), "old").status_code == 303
        answer = through(provider, site.browser(None), "new")
        assert answer.status_code == 403 and "tied to another account" in answer.text
        links.reset(site.hub.parts, "jon@example.com", ADA, other_subject=True)
        assert through(provider, site.browser(None), "new").status_code == 303


def test_a_sign_in_ends_in_the_browser_it_was_begun_in_and_once(opened: Open, provider: Provider) -> None:
    with opened() as site:
        provider.knows("j2", email="jon@example.com", email_verified=True)
        browser, victim = site.browser(None), site.browser(None)
        back = provider.allow(browser.get("/sign-in/provider").headers["Location"], "j2")
        assert victim.get(back).status_code == 400, "a link with somebody else's code"
        victim.get("/sign-in/provider")
        assert victim.get(back).status_code == 400, "… to somebody who has begun too"
        assert not is_in(victim)
        assert browser.get(back).status_code == 303
        assert browser.get(back).status_code == 400
        wrong = browser.get(back.replace("state=", "state=x"))
        assert wrong.status_code == 400


def test_who_refuses_there_is_told_and_not_in(opened: Open, provider: Provider) -> None:
    with opened() as site:
        browser = site.browser(None)
        begun = browser.get("/sign-in/provider").headers["Location"]
        state = begun.partition("state=")[2].partition("&")[0]
        assert "code_challenge_method=S256" in begun and "nonce=" in begun and "s3cret" not in begun
        answer = browser.get(f"/sign-in/provider/back?error=access_denied&state={state}")
        assert answer.status_code == 403 and "did not let you in" in answer.text


def test_without_a_provider_there_is_no_such_door(tmp_path: Path) -> None:
    with open_site(tmp_path) as site:
        assert "Continue with" not in site.browser(None).get("/sign-in").text
        assert site.browser(None).get("/sign-in/provider").status_code == 404


def test_a_plan_shows_what_groups_give_and_applying_twice_changes_nothing(opened: Open) -> None:
    with opened() as site:
        assert [change.what for change in plan(site.hub, read(GROUPS)).todo] == ["sign-in by groups"]
        apply(site.hub, read(GROUPS))
        assert plan(site.hub, read(GROUPS)).todo == ()
        other = read("sign_in: {groups: {Marketing: {brand: reviewer}}}")
        (change,) = plan(site.hub, other).todo
        assert "group Marketing: member of brand → reviewer of brand" in change.details
        assert "group Marketing leads: lead of brand, reviewer of crm → nothing" in change.details
        with pytest.raises(Exception, match="cannot be applied") as wrong:
            apply(site.hub, read("sign_in:\n  groups:\n    All: {nowhere: lead}\n"))
        assert "line 3" in str(wrong.value.why)  # type: ignore[attr-defined]


def test_of_two_groups_the_one_that_may_do_more_counts() -> None:
    given = {"a": {TEAM: Role.LEAD}, "b": {TEAM: Role.MEMBER, "gone": Role.ADMIN}}
    for groups in (["a", "b"], ["b", "a"]):
        assert roles.of_groups(groups, given, [TEAM]) == {TEAM: Role.LEAD}


def test_where_the_provider_alone_lets_people_in_no_password_invitation_or_key_does(
    opened: Open, provider: Provider
) -> None:
    with opened() as site:
        apply(site.hub, read(GROUPS))
        joined(site)
        invitation = invited(site, "jon")
    with opened(oidc_only=True) as site:
        page = site.browser(None).get("/sign-in").text
        assert "Continue with your organisation" in page and "password" not in page
        # The way back when the provider is away. Its page is also the only one with a form, and so with a token.
        parts = site.hub.parts
        printed = path_of(links.printed(parts.database, parts.ledger, "http://hub", parts.clock()))
        anywhere = site.browser(None)
        for form in ({"email": "mara@example.com", "password": PASSWORD}, {"key": site.keys["mara"]}):
            refused = anywhere.post("/sign-in", form, at=printed)
            assert refused.status_code == 403 and "sign in with your organisation" in refused.text
        assert anywhere.get(invitation).status_code == 403
        assert anywhere.get("/account").status_code != 200
        # Programs go on.
        assert site.client().get("/api/v1/runs", headers=site.bearer()).status_code == 200
        provider.knows("m2", email="mara@example.com", email_verified=True, groups=["Marketing"])
        assert through(provider, anywhere, "m2").status_code == 303
