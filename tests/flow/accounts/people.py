"""What the tests of sign-in share: links as paths, codes as a phone shows them, and what the ledger says of people."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from pyotp.totp import TOTP

from hub.accounts import links
from hub.bootstrap import Hub
from hub.domain import Actor, Role
from hub.store import events
from tests.flow.web.site import Browser, Site

ADA = Actor(person="ada@example.com", role=Role.ADMIN, via="web")
PASSWORD = "four calm otters read"
_SEED = re.compile(r'class="seed">([A-Z2-7 ]+)<')
_CODE = re.compile(r"<li>([0-9a-f]{5}(?:-[0-9a-f]{5}){3})</li>")


def path_of(url: str) -> str:
    return urlsplit(url).path


def invited(site: Site, who: str = "mara") -> str:
    """The path of a new invitation."""
    return path_of(links.invite(site.hub.parts, f"{who}@example.com", ADA).url)


def joined(site: Site, who: str = "mara") -> Browser:
    """A browser of somebody who has just set their password by an invitation."""
    browser, link = site.browser(None), invited(site, who)
    answer = browser.post(link, {"password": PASSWORD, "again": PASSWORD}, at=link)
    assert answer.status_code == 303, answer.text
    return browser


def sign_in(browser: Browser, email: str = "mara@example.com", password: str = PASSWORD) -> Any:
    return browser.post("/sign-in", {"email": email, "password": password}, at="/sign-in")


def code(hub: Hub, seed: str, steps: int = 0) -> str:
    """What a phone shows now, or some steps from now."""
    return TOTP(seed).at(int(hub.parts.clock()) + 30 * steps)


def with_second_step(site: Site, browser: Browser) -> tuple[str, list[str]]:
    """Turn it on in a browser of somebody just signed in; the seed, and the recovery codes they were shown."""
    found = _SEED.search(browser.get("/account/second-step").text)
    assert found
    seed = found.group(1).replace(" ", "")
    at = "/account/second-step"
    answer = browser.post("/account/second-step/on", {"code": code(site.hub, seed)}, at=at)
    assert answer.status_code == 303, answer.text
    return seed, _CODE.findall(browser.get(answer.headers["Location"]).text)


def is_in(browser: Browser) -> bool:
    return browser.get("/runs").status_code == 200


def told(hub: Hub, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    """(actor, data) of the ledger's rows of these kinds, oldest first."""
    with hub.database.reading() as tx:
        return [(one.actor, dict(one.data)) for one, _ in events.walk(tx) if one.kind in kinds]


def pseudonym(hub: Hub, who: str) -> str:
    with hub.database.reading() as tx:
        return hub.parts.ledger.pseudonym(tx, f"{who}@example.com", "")
