"""Personal data is found without a model or a network: noted on the way in, held where a draft invents it."""

import subprocess
import sys
import threading
from typing import Any

import pytest

from hub.domain import Finding, Outcome
from hub.governance.masking import mask
from hub.governance.personal_data import PersonalData
from hub.governance.rules import RuleData
from hub.sdk.check import Subject


@pytest.fixture(scope="module")
def check() -> PersonalData:
    found = PersonalData()
    found.warm()
    return found


def examine(check: PersonalData, text: str, side: Any = "input", **rules: Any) -> list[Finding]:
    return list(check.examine(Subject(side=side, team="t", template="x", texts={"notes": text}, rules=RuleData(rules))))


def places(text: str, findings: list[Finding]) -> set[tuple[str, str]]:
    return {(f.rule.removeprefix("personal-data."), text[f.span[0] : f.span[1]]) for f in findings if f.span}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "anna.schmidt+news@example.com"),
        ("email", "müller@example.de"),
        ("phone", "(415) 555-2671"),
        ("phone", "+49 30 1234567"),
        ("phone", "+91 98765 43210"),
        ("phone", "020 7946 0958"),
        ("phone", "4155552671"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
        ("iban", "GB29NWBK60161331926819"),
        ("card", "4111 1111 1111 1111"),
        ("card", "5500-0000-0000-0004"),
        ("ssn", "536-22-1234"),
        ("ip", "192.168.10.12"),
        ("ip", "2001:db8::8a2e:370:7334"),
    ],
)
def test_personal_data_is_found_where_it_stands(check: PersonalData, kind: str, value: str) -> None:
    text = f"Für unsere „Kampagne“: bitte {value} vormerken, danke."
    findings = examine(check, text)
    assert (kind, value) in places(text, findings)
    assert {f.outcome for f in findings} == {Outcome.ALLOW}
    assert all(value not in repr(f) for f in findings)
    masked = mask({"notes": text}, findings, "k3f9")
    assert value not in masked.texts["notes"]


@pytest.mark.parametrize(
    "text",
    [
        "Spring campaign, 3 headlines of 30 characters, tone: warm.",
        "From 2026-11-22 13:00 to 14:30, budget 1,250,000 EUR",
        "logo@2x.png and hero@3x.png",
        "Card 4111 1111 1111 1112 has a wrong checksum",
        "Follow @acme on social media, 50% off",
        "Ratio 16:9, version 2.14, a::b",
        "[EMAIL_1_k3f9] and [PHONE_2_k3f9]",
        "",
    ],
)
def test_ordinary_copy_holds_no_personal_data(check: PersonalData, text: str) -> None:
    assert examine(check, text, "output") == []


def test_digits_without_their_hyphens_need_a_word_to_be_a_social_security_number(check: PersonalData) -> None:
    for text, is_one in [("his SSN is 536221234", True), ("social media reach 536221234", False)]:
        assert (("ssn", "536221234") in places(text, examine(check, text))) is is_one


def test_plain_digits_are_masked_on_the_way_in_and_do_not_stop_a_draft(check: PersonalData) -> None:
    text = "Order 4155552671 is ready"
    assert examine(check, text)
    assert examine(check, text, "output") == []
    assert examine(check, "Call 4155552671", "output")


def test_a_draft_that_invents_an_address_is_held(check: PersonalData) -> None:
    (finding,) = examine(check, "Write to press@invented.org", "output")
    assert finding.outcome is Outcome.HOLD
    assert finding.why and finding.instead


def test_a_value_hidden_by_invisible_characters_is_found(check: PersonalData) -> None:
    text = "an\u00adna@exam\u200bple.com"
    assert ("email", text) in places(text, examine(check, text))


def test_a_team_can_allow_its_own_public_addresses(check: PersonalData) -> None:
    text = "Press@Acme.com, +1 (415) 555-2671, anna@acme.org and bob@other.org"
    findings = examine(check, text, "output", allow=["press@acme.com", "+1 415 555 2671", "@acme.org"])
    assert places(text, findings) == {("email", "bob@other.org")}


def test_only_the_chosen_kinds_are_looked_for(check: PersonalData) -> None:
    text = "anna@example.com (415) 555-2671"
    assert places(text, examine(check, text, kinds=["email"])) == {("email", "anna@example.com")}


def test_data_far_apart_in_a_long_text_is_all_found_at_its_place(check: PersonalData) -> None:
    text = "wörd " * 3000 + "a@example.com " + "wörd " * 3000 + "b@example.com, " * 600
    found = examine(check, text)
    assert len(found) == 601
    assert places(text, found) == {("email", "a@example.com"), ("email", "b@example.com")}


def test_several_threads_find_the_same(check: PersonalData) -> None:
    text = "anna@example.com, (415) 555-2671, DE89 3704 0044 0532 0130 00"
    expected = places(text, examine(check, text))
    results: list[set[tuple[str, str]]] = []
    threads = [threading.Thread(target=lambda: results.append(places(text, examine(check, text)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


def test_names_are_not_found_without_a_model_and_the_check_says_so(check: PersonalData) -> None:
    assert examine(check, "Anna Schmidt of Acme met Bob Jones.") == []
    assert check.finds_names is False


def test_a_clean_text_never_loads_presidio_and_a_find_never_opens_a_connection() -> None:
    code = """
import socket, sys
tried = []
socket.socket.connect = lambda self, address: tried.append(address)
socket.getaddrinfo = lambda *a, **k: tried.append(a) or []
from hub.governance.personal_data import PersonalData
from hub.sdk.check import Subject
check = PersonalData()
look = lambda text: check.examine(Subject(side="input", team="t", template="x", texts={"a": text}))
assert not look("A clean text, 3 headlines.") and "presidio_analyzer" not in sys.modules
assert len(look("anna@example.com")) == 1 and "presidio_analyzer" in sys.modules
assert not tried, tried
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
