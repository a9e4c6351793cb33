"""Secrets are found by their shape, never quoted, denied on the way in and held on the way out."""

import pytest

from hub.domain import Outcome
from hub.governance.rules import RuleData
from hub.governance.secrets import Secrets
from hub.sdk.check import Subject

# Put together here so that no file of the project holds anything that looks like a real key.
A, D = "aB3dE5fG7h" * 8, "0123456789" * 4
POSITIVE = {
    "openai project": "sk-proj-" + A[:48],
    "openai": "sk-" + A[:48],
    "anthropic": "sk-ant-api03-" + A[:60],
    "aws": "AKIA" + "Q3EGNOT7UZ2K4XYW",
    "google": "AIza" + A[:35],
    "google oauth": "ya29." + A[:40],
    "github": "ghp_" + A[:36],
    "github fine": "github_pat_" + A[:50],
    "gitlab": "glpat-" + A[:20],
    "slack": "xoxb-" + D[:12] + "-" + A[:24],
    "slack webhook": "https://hooks.slack.com/services/T0001/B0001/" + A[:24],
    "salesforce": "00D5g000004abcd!" + A[:60] + ".x",
    "stripe": "sk_live_" + A[:24],
    "sendgrid": "SG." + A[:22] + "." + A[:43],
    "mailchimp": "0123456789abcdef" * 2 + "-us14",
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "openssh key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "jwt": "eyJ" + A[:20] + ".eyJ" + A[:30] + "." + A[:43],
    "database": "postgresql://hub:" + "s3cr3t-pw" + "@db.internal:5432/hub",
    "bearer": "Authorization: Bearer " + A[:40],
    "password": "Password: " + "Winter2026!",
    "german": "Passwort = " + "Sommer#26",
    "json password": '{"password": "' + "hunter2x" + '"}',
    "api key": "api_key=" + A[:20],
    "client secret": "client_secret: '" + A[:24] + "'",
    "hidden": "sk-" + A[:10] + "\u200b" + A[:40],
}
NEGATIVE = [
    "Password: required",
    "password: at least 12 characters with a digit",
    "Forgot your password? Click below.",
    "api_key=YOUR_API_KEY_1",
    "password: ********1a",
    "password=${DB_PASSWORD1}",
    "token: <your-token-2>",
    "The bearer of good news arrived in 2026.",
    "Ask for the sk-in care range, article sk-2041.",
    "https://example.com:8080/path@v2",
    "postgresql://hub:password@localhost/hub",
    "See 00D5g000004abcd in Salesforce",
    "Secret santa: the 24 best gifts",
    "-----BEGIN PUBLIC KEY-----",
    "AKIAN is a village; SG.2024.1 is a norm",
    "eyJust a word. eyJoke. fine",
]


def examine(text: str, side: str = "input", **rules: object) -> list[tuple[str, Outcome, str]]:
    subject = Subject(side=side, team="t", template="x", texts={"notes": text}, rules=RuleData(rules))  # type: ignore[arg-type]
    findings = Secrets().examine(subject)
    return [(f.rule, f.outcome, text[f.span[0] : f.span[1]] if f.span else "") for f in findings]


@pytest.mark.parametrize("secret", POSITIVE.values(), ids=POSITIVE.keys())
def test_a_secret_is_denied_on_the_way_in_and_held_on_the_way_out(secret: str) -> None:
    text = f"Our notes – see ü: {secret} and so on"
    found = examine(text)
    assert found
    assert {outcome for _, outcome, _ in found} == {Outcome.DENY}
    assert all(place and place in secret for _, _, place in found)
    assert {outcome for _, outcome, _ in examine(text, "output")} == {Outcome.HOLD}


@pytest.mark.parametrize("text", NEGATIVE)
def test_words_about_secrets_are_none(text: str) -> None:
    assert examine(text) == []


@pytest.mark.parametrize("secret", POSITIVE.values(), ids=POSITIVE.keys())
def test_a_finding_never_quotes_the_secret(secret: str) -> None:
    subject = Subject(side="input", team="t", template="x", texts={"notes": secret})
    for finding in Secrets().examine(subject):
        assert finding.span is not None
        assert secret[finding.span[0] : finding.span[1]] not in repr(finding)
        assert finding.why and finding.instead


def test_two_secrets_side_by_side_are_both_found() -> None:
    first, second = POSITIVE["github"], "ghp_" + "Z" * 36
    assert [place for _, _, place in examine(f"{first} {second}")] == [first, second]


def test_a_team_can_add_a_kind_of_its_own() -> None:
    rule = {
        "id": "acme",
        "what": "an Acme key",
        "pattern": r"ACME-\d{6}",
        "why": "It opens the CMS.",
        "instead": "Ask IT.",
    }
    assert examine("use ACME-123456", patterns=[rule]) == [("secrets.acme", Outcome.DENY, "ACME-123456")]
