"""Signing a panel in by a code its person types: whoever sees the code lets it in, and guessing ends soon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.web.panelled import HERE, Program, a_program, csrf


@pytest.fixture
def program(tmp_path: Path, database_url: str) -> Iterator[Program]:
    with a_program(tmp_path, database_url=database_url) as opened:
        yield opened


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Program]:
    with a_program(tmp_path) as opened:
        yield opened


def test_the_panel_waits_until_its_person_typed_the_code(program: Program) -> None:
    begun = program.begin().json
    assert begun["verification_uri_complete"].endswith(f"/panel?code={begun['user_code']}")
    assert program.poll(begun["device_code"]).json["error"] == "authorization_pending"
    browser = program.site.browser("mara")
    page = browser.get(f"/panel?code={begun['user_code']}").text
    assert begun["user_code"] in page and "Diary Desktop" in page and "Brand team" in page
    assert "is signed in" in program.type_code(browser, begun["user_code"]).text
    program.clock.now += begun["interval"]
    token = program.poll(begun["device_code"]).json["access_token"]
    assert program.me(token).json["person"] == "mara@example.com"
    # And once is enough.
    program.clock.now += begun["interval"]
    assert program.poll(begun["device_code"]).json["error"] == "expired_token"


def test_a_code_may_be_spelled_as_people_spell(quick: Program) -> None:
    shown = quick.begin().json["user_code"]
    for spelling in (shown.lower(), shown.replace("-", ""), f" {shown.replace('-', ' ')} "):
        assert shown in quick.site.browser("mara").get(f"/panel?code={spelling}").text


def test_a_refused_panel_is_told_so(quick: Program) -> None:
    begun = quick.begin().json
    assert "Refused" in quick.type_code(quick.site.browser("mara"), begun["user_code"], answer="refuse").text
    assert quick.poll(begun["device_code"]).json["error"] == "access_denied"


def test_a_panel_that_asks_too_often_is_told_to_wait(quick: Program) -> None:
    code = quick.begin().json["device_code"]
    assert quick.poll(code).json["error"] == "authorization_pending"
    assert quick.poll(code).json["error"] == "slow_down"
    quick.clock.now += 5
    assert quick.poll(code).json["error"] == "authorization_pending"


def test_a_code_lasts_ten_minutes(program: Program) -> None:
    begun = program.begin().json
    browser = program.site.browser("mara")
    program.clock.now += 600
    assert "No panel waits" in browser.get(f"/panel?code={begun['user_code']}").text
    assert program.poll(begun["device_code"]).json["error"] == "expired_token"


def test_what_one_person_answered_another_cannot_answer_again(quick: Program) -> None:
    begun = quick.begin().json
    ada, mara = quick.site.browser("ada"), quick.site.browser("mara")
    token = csrf(ada.get(f"/panel?code={begun['user_code']}").text)
    quick.type_code(mara, begun["user_code"])
    late = ada.client.post("/panel", data={"csrf_token": token, "code": begun["user_code"], "answer": "allow"})
    assert late.status_code == 400
    assert quick.me(quick.poll(begun["device_code"]).json["access_token"]).json["person"] == "mara@example.com"


def test_guessing_codes_ends_after_ten(quick: Program) -> None:
    browser = quick.site.browser("mara")
    said = [browser.get(f"/panel?code=BCDFGHJ{letter}").status_code for letter in "BCDFGHJKLMNP"]
    assert said == [200] * 10 + [429] * 2
    token = csrf(browser.get("/panel").text)
    assert browser.client.post("/panel", data={"csrf_token": token, "code": "BCDFGHJK"}).status_code == 429


def test_nobody_guesses_without_being_signed_in(quick: Program) -> None:
    shown = quick.begin().json["user_code"]
    assert quick.site.browser(None).get(f"/panel?code={shown}").status_code == 303


def test_codes_are_not_handed_out_without_end(quick: Program) -> None:
    said = [quick.begin().status_code for _ in range(61)]
    assert said[:60] == [200] * 60 and said[60] == 429


def test_a_panel_that_can_be_redirected_to_gets_no_code_to_type(quick: Program) -> None:
    answer = quick.site.client().post(f"{HERE}/panel/device", data={"client_id": "web"})
    assert answer.json["error"] == "unauthorized_client"


@pytest.mark.parametrize("form", [{}, {"client_id": "desktop"}, {"client_id": "desktop", "grant_type": "password"}])
def test_other_grants_are_none(quick: Program, form: dict[str, str]) -> None:
    answer = quick.site.client().post(f"{HERE}/panel/token", data=form)
    assert answer.json["error"] in ("invalid_client", "unsupported_grant_type")


def test_what_is_sent_twice_or_in_the_address_is_not_read(quick: Program) -> None:
    code = quick.begin().json["device_code"]
    where = f"{HERE}/panel/token?client_id=desktop&device_code={code}"
    assert quick.site.client().post(where, data={"grant_type": "x"}).json["error"] == "invalid_client"
    twice = {"client_id": ["desktop", "desktop"]}
    assert quick.site.client().post(f"{HERE}/panel/token", data=twice).json["error"] == "invalid_request"
