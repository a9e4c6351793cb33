"""Through the organisation's own sign-in and back, as people see it: the provider is another process and site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.configure import apply, read
from hub.domain import Run
from tests.browser.conftest import look, served, watched
from tests.flow.accounts.provider import Provider, started
from tests.flow.web.site import OTHER, Site, open_site
from tests.hubs import TEAM, inputs, request
from tests.scale.servers import free_port

GROUPS = """
sign_in:
  groups:
    Marketing: {brand: member}
    Marketing leads: {brand: lead}
"""
OURS, THEIRS = "Our lanterns glow until midnight.", "Their newsletter leaves on Thursday."


@pytest.fixture
def provider() -> Iterator[Provider]:
    with started() as running:
        # By name, and the hub by number: for a browser that is another site, as a provider is.
        yield Provider(running.url.replace("127.0.0.1", "localhost"))


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def site(tmp_path: Path, provider: Provider, port: int) -> Iterator[Site]:
    """A hub that knows groups of the provider's, and takes nobody in another way."""
    settings = {"oidc_issuer": provider.url, "oidc_client_id": "inlay", "oidc_client_secret": "s3cret"}
    with open_site(tmp_path, **settings, oidc_only=True, public_url=f"http://127.0.0.1:{port}") as opened:
        apply(opened.hub, read(GROUPS))
        yield opened


@pytest.fixture
def url(site: Site, port: int) -> Iterator[str]:
    with served(site, port) as url:
        yield url


def made(site: Site, team: str, text: str) -> Run:
    return site.hub.run(request(team, team=team, inputs=inputs(text)))


@pytest.fixture
def page(chromium: Browser, url: str) -> Iterator[Page]:
    # Another team's run is answered 404, and who is not let in 403.
    with watched(chromium, url, but=(403, 404)) as page:
        # The provider's page takes its looks from elsewhere. Tests reach this machine only.
        page.route("https://**/*", lambda route: route.fulfill(content_type="text/css", body=""))
        yield page


def through(page: Page, provider: Provider, sub: str) -> None:
    """From the hub's sign-in page to the provider's, and what a person does there."""
    page.get_by_role("link", name="Continue with your organisation").click()
    expect(page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    assert page.url.startswith(provider.url)
    page.get_by_placeholder("sub").fill(sub)
    page.get_by_role("button", name="Authorize").click()


def test_a_person_comes_in_by_their_group_sees_their_team_alone_and_leaves(
    page: Page, site: Site, url: str, provider: Provider, axe: str
) -> None:
    ours, theirs = made(site, TEAM, OURS), made(site, OTHER, THEIRS)
    provider.knows("nia", email="nia@example.com", email_verified=True, name="Nia Berg", groups=["Marketing", "Golf"])
    # What she wanted to see before she was asked who she is comes up by itself afterwards.
    page.goto(f"/runs/{ours.id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_label("Your password")).to_have_count(0)
    look(page, axe, "sso-1-sign-in")
    through(page, provider, "nia")
    expect(page).to_have_url(f"{url}/runs/{ours.id}")
    expect(page.get_by_text(OURS).first).to_be_attached()

    page.get_by_role("link", name="nia@example.com").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    expect(page.get_by_role("main")).to_contain_text("Nia Berg")
    expect(page.get_by_role("main")).to_contain_text("Brand team")
    expect(page.get_by_role("main")).to_contain_text("Member")
    expect(page.get_by_role("main")).not_to_contain_text("CRM team")
    expect(page.get_by_role("main")).to_contain_text(
        "you sign in with your organisation, and nobody gets in another way"
    )
    expect(page.get_by_role("main")).to_contain_text("Your groups say so, each time you sign in.")
    look(page, axe, "sso-2-account")

    main = page.get_by_role("navigation", name="Main")
    expect(main.get_by_role("link", name="Admin")).to_have_count(0)
    main.get_by_role("link", name="Runs").click()
    expect(page.locator(f"a[href$='/runs/{ours.id}']").first).to_be_visible()
    expect(page.locator(f"a[href$='/runs/{theirs.id}']")).to_have_count(0)
    answer = page.goto(f"/runs/{theirs.id}")
    assert answer is not None and answer.status == 404
    expect(page.get_by_text(THEIRS)).to_have_count(0)

    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("link", name="Continue with your organisation")).to_be_visible()
    page.goto(f"/runs/{ours.id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    # A new group counts from the next time she comes in.
    provider.knows("nia", email="nia@example.com", email_verified=True, groups=["Marketing leads"])
    through(page, provider, "nia")
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="People")).to_be_visible()


def test_who_has_no_group_here_is_told_who_can_let_them_in(page: Page, provider: Provider, axe: str) -> None:
    provider.knows("gus", email="gus@example.com", email_verified=True, name="Gus", groups=["Golf"])
    page.goto("/sign-in")
    through(page, provider, "gus")
    main = page.get_by_role("main")
    expect(main).to_contain_text("nothing here is open to you")
    expect(main).to_contain_text("None of your groups gives a role here.")
    expect(main).to_contain_text("Ask an admin of Inlay, or whoever looks after your organisation's groups.")
    look(page, axe, "sso-3-no-group")
    # The way from here leads to the sign-in page, for somebody who has another account, and lets nobody in.
    main.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
