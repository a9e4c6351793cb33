"""From the printed link to a colleague who signs in with a password and a code, as people see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from pyotp.totp import TOTP

from hub.accounts import links, roles
from hub.domain import Actor, Role
from hub.web import create_app
from tests.browser.conftest import look, watched
from tests.flow.web.site import Site
from tests.hubs import a_hub

ADMIN = Actor(person="ada@example.com", role=Role.ADMIN, via="web")
PASSWORD = "four calm otters read"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A hub in which nobody is yet."""
    with a_hub(tmp_path, oidc_issuer="https://id.example.com", oidc_client_id="inlay") as hub:
        yield Site(hub, create_app(hub), {})


@pytest.fixture
def page(chromium: Browser, url: str) -> Iterator[Page]:
    # A wrong password is answered 401 and a form to correct 422.
    with watched(chromium, url, but=(401, 422)) as page:
        yield page


def path_of(url: str) -> str:
    return urlsplit(url).path


def test_from_the_printed_link_to_a_colleague_who_signs_in_with_a_code(page: Page, site: Site, axe: str) -> None:
    parts = site.hub.parts

    page.goto(path_of(links.printed(parts.database, parts.ledger, parts.settings.url, parts.clock())))
    look(page, axe, "1-begin")
    page.get_by_label("Your name").fill("Ada Lind")
    page.get_by_label("Your e-mail address").fill("ada@example.com")
    page.get_by_label("Your first team").fill("Brand & Content")
    page.get_by_role("button", name="Begin").press("Enter")
    expect(page.get_by_text("You are the admin of this hub")).to_be_visible()
    look(page, axe, "2-account-first")
    page.get_by_role("button", name="Sign out", exact=True).click()

    roles.set_roles(parts, "mara@example.com", "Mara Okafor", {"brand-content": Role.MEMBER}, ADMIN)
    page.goto(path_of(links.invite(parts, "mara@example.com", ADMIN).url))
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill("something else")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("The two are not the same.")).to_be_visible()
    look(page, axe, "3-invitation")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    look(page, axe, "4-second-step")
    seed = page.locator(".seed").inner_text().replace(" ", "")
    page.get_by_role("textbox", name="Code").fill(TOTP(seed).at(int(parts.clock())))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_text("The second step is on")).to_be_visible()
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    look(page, axe, "5-recovery-codes")
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("button", name="Sign out", exact=True).click()

    page.goto("/templates")
    page.get_by_label("Your e-mail address").fill("mara@example.com")
    page.get_by_label("Your password").fill("a wrong one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("do not belong together")).to_be_visible()
    look(page, axe, "6-sign-in")
    page.get_by_label("Your password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your code")).to_be_visible()
    look(page, axe, "7-code")
    page.get_by_role("textbox", name="Code").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Templates")).to_be_visible()
    page.get_by_role("link", name="mara@example.com").click()
    expect(page.get_by_text("9 recovery codes left")).to_be_visible()
    expect(page.get_by_text("by password and recovery code")).to_be_visible()
    look(page, axe, "8-account")
