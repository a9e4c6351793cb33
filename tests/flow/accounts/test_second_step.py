"""The second step: a code of this moment, once, or a recovery code, once; never a way around the password."""

from __future__ import annotations

from hub.store import accounts
from tests.flow.accounts.people import PASSWORD, code, is_in, joined, pseudonym, sign_in, told, with_second_step
from tests.flow.web.site import Browser, Site
from tests.hubs import Clock


def _code(browser: Browser, given: str) -> int:
    return browser.post("/sign-in/code", {"code": given}, at="/sign-in/code").status_code


def test_a_password_alone_lets_nobody_in_once_it_is_on(site: Site, clock: Clock) -> None:
    seed, codes = with_second_step(site, joined(site))
    assert len(codes) == 10
    browser = site.browser(None)
    assert sign_in(browser).headers["Location"].startswith("/sign-in/code")
    assert not is_in(browser)
    clock.now += 60
    assert _code(browser, "000000") == 401 and not is_in(browser)
    sign_in(browser)
    assert _code(browser, code(site.hub, seed)) == 303 and is_in(browser)


def test_a_code_works_once_and_near_its_time_only(site: Site, clock: Clock) -> None:
    seed, _ = with_second_step(site, joined(site))
    clock.now += 300
    used = code(site.hub, seed)
    for given, status in ((used, 303), (used, 401), (code(site.hub, seed, -2), 401), (code(site.hub, seed, 2), 401)):
        browser = site.browser(None)
        sign_in(browser)
        assert _code(browser, given) == status, given
    browser = site.browser(None)
    sign_in(browser)
    assert _code(browser, code(site.hub, seed, 1)) == 303, "a clock half a minute ahead"


def test_the_code_it_was_turned_on_with_signs_nobody_in(site: Site) -> None:
    seed, _ = with_second_step(site, joined(site))
    browser = site.browser(None)
    sign_in(browser)
    assert _code(browser, code(site.hub, seed)) == 401


def test_a_recovery_code_stands_in_for_the_phone_once(site: Site) -> None:
    _, codes = with_second_step(site, joined(site))
    for given, status in ((codes[0].upper().replace("-", " "), 303), (codes[0], 401), (codes[1], 303)):
        browser = site.browser(None)
        sign_in(browser)
        assert _code(browser, given) == status
    assert "8 recovery codes left" in browser.get("/account").text
    hows = [data["how"] for _, data in told(site.hub, "person.signed_in")]
    assert hows == ["invitation", "password and recovery code", "password and recovery code"]


def test_guessing_codes_is_paused_and_a_right_password_buys_no_more(site: Site, clock: Clock) -> None:
    with_second_step(site, joined(site))
    answers = []
    for _ in range(8):
        clock.now += 0.01
        browser = site.browser(None)
        browser.client.environ_base["REMOTE_ADDR"] = f"203.0.113.{len(answers)}"
        sign_in(browser)
        answers.append(_code(browser, "123456"))
    assert answers == [401] * 5 + [429] * 3
    mara = pseudonym(site.hub, "mara")
    assert told(site.hub, "person.sign_in_failed") == [("system:web", {"by": "code", "person": mara})] * 5


def test_a_right_password_counts_for_five_minutes(site: Site, clock: Clock) -> None:
    seed, _ = with_second_step(site, joined(site))
    browser = site.browser(None)
    sign_in(browser)
    browser.get("/sign-in/code")
    clock.now += 301
    answer = browser.post("/sign-in/code", {"code": code(site.hub, seed)}, at="/sign-in")
    assert answer.status_code == 401 and "took too long" in answer.text and not is_in(browser)
    assert site.browser(None).get("/sign-in/code").headers["Location"] == "/sign-in"


def test_it_is_turned_off_with_the_password_and_on_record(site: Site, clock: Clock) -> None:
    browser = joined(site)
    with_second_step(site, browser)
    clock.now += 3600
    at, off = "/account/second-step", "/account/second-step/off"
    assert browser.post(off, {"old": "a guess"}, at=at).status_code == 422
    assert browser.post(off, {"old": PASSWORD}, at=at).status_code == 303
    assert sign_in(site.browser(None)).headers["Location"] == "/"
    mara = pseudonym(site.hub, "mara")
    assert told(site.hub, "person.second_step_on", "person.second_step_off") == [(mara, {}), (mara, {})]


def test_a_key_of_the_person_does_not_stand_in_for_their_password(site: Site) -> None:
    with_second_step(site, joined(site))
    browser = site.browser("mara")
    at = "/account/second-step"
    assert 'name="old"' in browser.get(at).text
    for action in ("off", "codes"):
        assert browser.post(f"{at}/{action}", at=at).status_code == 422
    assert sign_in(site.browser(None)).headers["Location"].startswith("/sign-in/code")


def test_recovery_codes_are_shown_once_and_new_ones_end_the_old(site: Site) -> None:
    browser = joined(site)
    _, old = with_second_step(site, browser)
    assert browser.get("/account/recovery-codes").headers["Location"] == "/account"
    answer = browser.post("/account/second-step/codes", at="/account/second-step")
    page = browser.get(answer.headers["Location"]).text
    assert not any(one in page for one in old)
    other = site.browser(None)
    sign_in(other)
    assert _code(other, old[0]) == 401


def test_the_seed_is_sealed_at_rest_and_the_page_needs_no_inline_style(site: Site) -> None:
    browser = joined(site)
    page = browser.get("/account/second-step").text
    assert "<svg" in page and "style=" not in page and "<style" not in page
    seed, _ = with_second_step(site, browser)
    with site.hub.database.reading() as tx:
        stored = accounts.get(tx, "mara@example.com")
    assert stored.totp and seed not in stored.totp and seed not in repr(stored) and PASSWORD not in repr(stored)
