"""With a mail server a link that sets a password goes to its person alone: whoever invites cannot use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.web.site import OTHER, Site, open_site
from tests.hubs import TEAM
from tests.mail_server import MailServer, a_mail_server

LINK = re.compile(r"/sign-in/link/[A-Za-z0-9_-]+")
NEW = {"name": "Noor Haddad", "email": "noor@example.com", "role": "member"}
PASSWORD = "a quiet lantern in june"


@pytest.fixture
def posted(tmp_path: Path) -> Iterator[tuple[Site, MailServer]]:
    with (
        a_mail_server() as (server, at),
        open_site(tmp_path, smtp_url=f"smtp://{at}", mail_from="inlay@example.com") as site,
    ):
        yield site, server


@pytest.mark.parametrize(("who", "team"), [("ada", TEAM), ("kim", OTHER)])
def test_an_invitation_goes_to_the_person_and_is_shown_to_nobody(
    posted: tuple[Site, MailServer], who: str, team: str
) -> None:
    site, server = posted
    inviting = site.browser(who)
    sent = inviting.post("/admin/people", {**NEW, "team": team}, at="/admin/people")
    page = inviting.get(sent.headers["Location"])
    assert "on its way to noor@example.com" in page.text
    assert not LINK.search(page.text) and not LINK.search(inviting.get("/admin/once").text)
    assert server.to == ["noor@example.com"]
    (link,) = LINK.findall(server.text())
    noor = site.browser(None)
    assert noor.post(link, {"password": PASSWORD, "again": PASSWORD}, at=link).status_code == 303
    assert "noor@example.com" in noor.get("/").text


def test_where_the_mail_does_not_go_out_an_admin_is_shown_the_link_and_a_lead_is_not(
    posted: tuple[Site, MailServer],
) -> None:
    site, server = posted
    server.says = ["554 no"] * 2
    kim, ada = site.browser("kim"), site.browser("ada")
    sent = kim.post("/admin/people", {**NEW, "team": OTHER}, at="/admin/people")
    page = kim.get(sent.headers["Location"]).text
    assert "Ask an admin" in page and not LINK.search(page) and not LINK.search(kim.get("/admin/once").text)
    sent = ada.post("/admin/people", {**NEW, "email": "omar@example.com", "team": TEAM}, at="/admin/people")
    page = ada.get(sent.headers["Location"]).text
    assert "did not go out by mail" in page and LINK.search(page)
