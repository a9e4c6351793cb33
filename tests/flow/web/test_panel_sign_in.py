"""Signing a panel in by a redirect: a person allows it on the hub's page, and no other code or token opens anything."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from authlib.integrations.requests_client import OAuth2Session

from hub.domain import Role
from hub.store import connections, teams
from tests.flow.accounts.people import PASSWORD, joined
from tests.flow.web.conftest import _served
from tests.flow.web.panelled import HERE, ORIGIN, REDIRECT, STRANGE, VERIFIER, Program, a_program, challenge
from tests.flow.web.site import OTHER
from tests.hubs import TEAM


@pytest.fixture
def program(tmp_path: Path, database_url: str) -> Iterator[Program]:
    with a_program(tmp_path, database_url=database_url) as opened:
        yield opened


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Program]:
    """The same on SQLite alone."""
    with a_program(tmp_path) as opened:
        yield opened


def test_a_person_allows_a_panel_and_it_works_in_their_name_for_an_hour(program: Program) -> None:
    told = program.allow(program.site.browser("mara"))
    assert told["state"] == "s1"
    given = program.redeem(told["code"])
    assert given.json["token_type"] == "Bearer" and given.json["expires_in"] == 3600
    assert given.headers["Cache-Control"] == "no-store"
    token = given.json["access_token"]
    assert program.me(token).json == {"person": "mara@example.com", "team": "brand"}
    program.clock.now += 3599
    assert program.me(token).status_code == 200
    program.clock.now += 1
    assert program.me(token).status_code == 401


def test_an_independent_client_signs_in(quick: Program) -> None:
    client = OAuth2Session(
        "web", redirect_uri=REDIRECT, code_challenge_method="S256", token_endpoint_auth_method="none"
    )
    with _served(quick.site.app) as url, client as it:
        asked, state = it.create_authorization_url(f"{url}{HERE}/authorize", code_verifier=VERIFIER)
        where = asked.removeprefix(url)
        answer = quick.site.browser("mara").post(where, {"answer": "allow"}, at=where)
        token = it.fetch_token(
            f"{url}{HERE}/panel/token",
            authorization_response=answer.location,
            code_verifier=VERIFIER,
            state=state,
        )
        assert token["token_type"] == "Bearer"
        assert it.get(f"{url}{HERE}/panel/me").json()["person"] == "mara@example.com"


def test_a_person_who_is_not_signed_in_signs_in_on_the_way(quick: Program) -> None:
    browser = quick.site.browser(None)
    first = browser.get(quick.authorize())
    assert first.status_code == 303 and first.location.startswith("/sign-in?next=")
    welcomed = browser.post("/sign-in", {"key": quick.site.keys["mara"], "next": quick.authorize()}, at=first.location)
    assert welcomed.location == quick.authorize()
    page = browser.get(welcomed.location).text
    assert "Diary Online" in page and "Brand team" in page and "mara@example.com" in page


def test_the_window_stays_in_touch_with_the_program_that_opened_it_and_no_other_page_does(quick: Program) -> None:
    browser = quick.site.browser(None)
    first = browser.get(quick.authorize())
    second = browser.get(first.location)
    policy = "Cross-Origin-Opener-Policy"
    assert first.headers[policy] == second.headers[policy] == "unsafe-none"
    assert browser.get("/sign-in").headers[policy] == "same-origin"
    assert browser.get("/sign-in?next=/runs").headers[policy] == "same-origin"
    page = quick.site.browser("mara").get(quick.authorize())
    assert page.headers[policy] == "unsafe-none"
    assert f"form-action 'self' {REDIRECT}" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_a_refusal_is_told_to_the_panel(quick: Program) -> None:
    assert quick.allow(quick.site.browser("mara"), answer="refuse") == {"error": "access_denied", "state": "s1"}


def test_a_code_works_once_and_when_it_comes_again_its_token_stops_working(program: Program) -> None:
    code = program.allow(program.site.browser("mara"))["code"]
    token = program.redeem(code).json["access_token"]
    again = program.redeem(code)
    assert again.status_code == 400 and again.json["error"] == "invalid_grant"
    assert program.me(token).status_code == 401


def test_of_many_who_redeem_one_code_at_once_no_two_get_in(program: Program) -> None:
    code = program.allow(program.site.browser("mara"))["code"]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: program.redeem(code), range(8)))
    assert sum(one.status_code == 200 for one in said) <= 1
    tokens = [one.json["access_token"] for one in said if one.status_code == 200]
    assert [program.me(one).status_code for one in tokens] in ([], [401])


def test_a_code_lasts_a_minute(program: Program) -> None:
    code = program.allow(program.site.browser("mara"))["code"]
    program.clock.now += 60
    assert program.redeem(code).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": VERIFIER + "1"},
        {"code_verifier": ""},
        {"code_verifier": challenge()},
        {"code_verifier": "ü" * 50},
        {"redirect_uri": REDIRECT + "?a=1"},
        {"redirect_uri": ""},
        {"code": "wrong"},
    ],
)
def test_a_code_is_worth_nothing_without_what_it_was_made_for(quick: Program, changed: dict[str, str]) -> None:
    code = quick.allow(quick.site.browser("mara"))["code"]
    said = quick.redeem(**{"code": code, **changed})
    assert said.status_code == 400 and said.json["error"] == "invalid_grant"
    if "code" not in changed:
        # Whoever guessed has used it up.
        assert quick.redeem(code).json["error"] == "invalid_grant"


def test_a_code_of_one_connection_or_panel_is_none_of_another(quick: Program) -> None:
    browser = quick.site.browser("mara")
    said = quick.redeem(quick.allow(browser)["code"], at="/connect/diary/other")
    assert said.json["error"] == "invalid_grant"
    said = quick.redeem(quick.allow(browser)["code"], client_id="desktop")
    assert said.json["error"] == "invalid_grant"
    assert quick.redeem(quick.allow(browser)["code"], client_id="nobody").status_code == 401
    assert quick.redeem(quick.allow(browser)["code"], at="/connect/diary/none").status_code == 401


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example.com/",
        REDIRECT + "/",
        REDIRECT + "?next=https://evil.example.com",
        REDIRECT.replace("https", "http"),
        REDIRECT.upper(),
        "https://editor.example.com@evil.example.com/static/oauth-redirect.html",
        "",
        None,
    ],
)
def test_a_foreign_redirect_is_never_followed(quick: Program, there: str | None) -> None:
    browser = quick.site.browser("mara")
    for answer in (
        browser.get(quick.authorize(redirect_uri=there)),
        browser.client.post(quick.authorize(redirect_uri=there), data={"answer": "allow"}),
    ):
        assert answer.status_code == 400 and "Location" not in answer.headers


def test_two_redirects_in_one_address_are_refused(quick: Program) -> None:
    where = quick.authorize() + "&redirect_uri=https://evil.example.com/"
    assert quick.site.browser("mara").get(where).status_code == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": VERIFIER}, "invalid_request"),
    ],
)
def test_no_code_is_given_without_a_challenge_of_s256(
    quick: Program, changed: dict[str, str | None], error: str
) -> None:
    answer = quick.site.browser("mara").get(quick.authorize(**changed))
    assert answer.status_code == 303
    assert answer.location == f"{REDIRECT}?error={error}&state=s1"


def test_a_challenge_without_its_method_is_one_of_s256(quick: Program) -> None:
    code = quick.allow(quick.site.browser("mara"), quick.authorize(code_challenge_method=None))["code"]
    assert quick.redeem(code).status_code == 200


def test_consent_takes_the_pages_own_form(quick: Program) -> None:
    browser = quick.site.browser("mara")
    answer = browser.client.post(quick.authorize(), data={"answer": "allow"}, headers={"Accept": "text/html"})
    assert answer.status_code == 400 and "Location" not in answer.headers
    elsewhere = browser.client.post("/panel", data={"answer": "allow", "code": "x"}, headers={"Accept": "text/html"})
    assert elsewhere.status_code == 400


def test_nobody_lets_a_panel_in_without_a_team_that_uses_the_connection(quick: Program) -> None:
    assert quick.site.browser("kim").get(quick.authorize()).status_code == 403


def test_a_token_of_one_connection_opens_no_other(program: Program) -> None:
    token = program.signed_in()
    assert program.me(token, at="/connect/diary/other").status_code == 401
    assert program.me(token, at="/connect/diary/none").status_code == 401


def test_a_token_opens_what_panels_call_and_nothing_else(quick: Program) -> None:
    token = quick.signed_in()
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("/connect/diary/mine/me", "/connect/diary/mine/runs", "/api/v1/runs", "/runs", "/"):
        assert quick.site.client().get(path, headers=headers).status_code in (401, 303), path
    # And what opens the API opens no panel.
    assert quick.me(quick.site.keys["mara"]).status_code == 401


def test_a_key_that_does_less_than_its_person_lets_no_panel_in(quick: Program) -> None:
    for roles in ({TEAM: Role.LEAD}, {TEAM: Role.MEMBER, OTHER: Role.LEAD}):
        with quick.site.hub.database.transaction() as tx:
            teams.put_person(tx, "mara@example.com", "Mara", roles, 0.0)
        answer = quick.site.browser("mara").get(quick.authorize())
        assert answer.status_code == 403 and "does less than you may" in answer.text
    with quick.site.hub.database.transaction() as tx:
        teams.put_person(tx, "mara@example.com", "Mara", {TEAM: Role.MEMBER}, 0.0)
    assert quick.me(quick.signed_in()).status_code == 200


def test_a_person_who_leaves_the_team_takes_their_panels_along(program: Program) -> None:
    token = program.signed_in()
    with program.site.hub.database.transaction() as tx:
        teams.put_person(tx, "mara@example.com", "Mara", {OTHER: Role.MEMBER}, 0.0)
    answer = program.me(token)
    assert answer.status_code == 403 and "lead" in answer.json["instead"]
    with program.site.hub.database.transaction() as tx:
        teams.put_person(tx, "mara@example.com", "Mara", {}, 0.0)
    assert program.me(token).status_code == 403


def test_another_password_ends_the_panels_too(quick: Program) -> None:
    tokens, browser = [quick.signed_in()], joined(quick.site)
    assert quick.me(tokens[0]).status_code == 401
    tokens.append(quick.redeem(quick.allow(browser)["code"]).json["access_token"])
    new = "a boat under nine pears"
    browser.post("/account/password", {"old": PASSWORD, "password": new, "again": new}, at="/account")
    assert quick.me(tokens[1]).status_code == 401


def test_whoever_leaves_a_panel_leaves_no_token(quick: Program) -> None:
    token = quick.signed_in()
    headers = {"Authorization": f"Bearer {token}"}
    assert quick.site.client().post(f"{HERE}/panel/leave", headers=headers).status_code == 200
    assert quick.me(token).status_code == 401


def test_a_paused_connection_lets_no_panel_work(quick: Program) -> None:
    token = quick.signed_in()
    with quick.site.hub.database.transaction() as tx:
        connections.pause(tx, "mine", True, quick.clock())
    assert quick.me(token).status_code == 403


def test_no_token_and_no_code_is_kept_as_it_is(program: Program) -> None:
    token = program.signed_in()
    code = program.allow(program.site.browser("mara"))["code"]
    with program.site.hub.database.reading() as tx:
        stored = str(tx.exec_driver_sql("SELECT * FROM panel_pass").all())
    assert token not in stored and token.removeprefix("inlay_panel_") not in stored and code not in stored


def test_the_named_origin_may_call_and_a_foreign_one_may_not(quick: Program) -> None:
    token = quick.signed_in()
    ours = quick.me(token, Origin=ORIGIN)
    assert ours.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Origin" in ours.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in ours.headers
    for origin in (STRANGE, "https://addons.example.com", ORIGIN + ".evil.example.com", "null", ORIGIN.upper(), ""):
        theirs = quick.me(token, Origin=origin)
        assert "Access-Control-Allow-Origin" not in theirs.headers, origin
        assert "Origin" in theirs.headers["Vary"]


def test_a_preflight_is_answered_for_the_named_origin_alone(quick: Program) -> None:
    def preflight(path: str, origin: str) -> dict[str, str]:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        asked["Access-Control-Request-Headers"] = "authorization"
        answer = quick.site.client().options(path, headers=asked)
        return {name: value for name, value in answer.headers.items() if name.startswith("Access-Control-")}

    told = preflight(f"{HERE}/panel/me", ORIGIN)
    assert told["Access-Control-Allow-Origin"] == ORIGIN
    assert "authorization" in told["Access-Control-Allow-Headers"].lower()
    assert preflight(f"{HERE}/panel/token", ORIGIN)["Access-Control-Allow-Origin"] == ORIGIN
    assert preflight(f"{HERE}/panel/me", STRANGE) == {}
    # What is no panel's is never shared, whoever asks.
    for path in (f"{HERE}/me", f"{HERE}/authorize", "/api/v1/runs", "/connect/diary/none/panel/me", "/sign-in"):
        assert preflight(path, ORIGIN) == {}, path


def test_a_refusal_can_be_read_by_the_named_origin(quick: Program) -> None:
    answer = quick.me("inlay_panel_wrong", Origin=ORIGIN)
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
