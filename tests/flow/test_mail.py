"""Mail leaves over TLS that holds or not at all, and the commands say what is wrong with it, and no password."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from hub import mail
from hub.cli import main
from hub.errors import ConfigurationError, InlayError, NeedsPermission, Unavailable, VendorRefused
from hub.settings import load
from tests.mail_server import PASSWORD, USER, a_mail_server, certified

AS = f"{USER}:{quote(PASSWORD, safe='')}@"


def to(url: str, **given: str) -> mail.Mail:
    found = mail.of_settings(load(smtp_url=url, mail_from="inlay@example.com", **given))
    assert found is not None
    return found


def send(one: mail.Mail, email: str = "ada@example.com", subject: str = "Hello") -> None:
    message = one.letter(to=email, subject=subject, text="A text.\n", id="abc", at=1_790_000_000.0)
    with one.line() as post:
        post(message)


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_mail_goes_over_tls_that_holds_and_signs_in_there(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = certified(tmp_path)
    with a_mail_server(host="127.0.0.2", tls=context, whole=scheme == "smtps", login=True) as (server, at):
        one = to(f"{scheme}://{AS}{at}")
        with pytest.raises(VendorRefused) as refused:
            send(one)
        assert "certificate does not hold" in refused.value.why
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        send(one)
        wrong = to(f"{scheme}://{USER}:not-it@{at}")
        with pytest.raises(NeedsPermission, match="535"):
            send(wrong)
    assert server.to == ["ada@example.com"]
    assert server.got[0]["Message-ID"] == "<abc@example.com>"
    assert server.got[0]["Auto-Submitted"] == "auto-generated"


def test_a_server_elsewhere_that_offers_no_tls_is_told_nothing() -> None:
    with a_mail_server(host="127.0.0.2") as (server, at), pytest.raises(VendorRefused) as refused:
        send(to(f"smtp://{AS}{at}"))
    assert refused.value.why == "It offers no TLS."
    assert server.got == []


def test_a_server_that_is_not_there_is_away() -> None:
    with a_mail_server() as (_, at):
        pass
    with pytest.raises(Unavailable, match="does not answer"):
        send(to(f"smtp://{at}"))


@pytest.mark.parametrize("evil", ["a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com", "nobody", ""])
def test_what_is_no_single_address_is_not_written_to(evil: str) -> None:
    with a_mail_server() as (server, at), pytest.raises(VendorRefused, match="no address"):
        send(to(f"smtp://{at}"), evil)
    assert server.got == []


def test_a_subject_is_one_header_whatever_is_in_it() -> None:
    with a_mail_server() as (server, at):
        send(to(f"smtp://{at}"), subject="Brand\r\nBcc: b@example.com\u2028\x00 ü" + "x" * 500)
    (got,) = server.got
    assert server.to == ["ada@example.com"] and got["Bcc"] is None
    assert str(got["Subject"]).startswith("Brand Bcc: b@example.com ü")


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("imap://host", "inlay@example.com"),
        ("smtp://", "inlay@example.com"),
        ("smtp://inlay:hush/hush@host", "inlay@example.com"),
        ("smtp://host:port", "inlay@example.com"),
        ("smtp://host", ""),
        ("smtp://host", "Inlay <inlay@example.com>"),
        ("smtp://host", "inlay@example.com\r\nBcc: b@example.com"),
    ],
)
def test_settings_that_cannot_be_used_stop_the_start_and_quote_no_password(url: str, sender: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        mail.of_settings(load(smtp_url=url, mail_from=sender))
    assert "INLAY_" in str(wrong.value)
    assert "hush" not in str(wrong.value)


def test_the_demo_writes_to_this_machine_only() -> None:
    with pytest.raises(ConfigurationError, match="demo"):
        to("smtp://mail.example.com", demo="true")
    to("smtp://localhost:25", demo="true")


@pytest.fixture
def inlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("INLAY_HOME", str(tmp_path))
    monkeypatch.setenv("INLAY_MAIL_FROM", "inlay@example.com")
    return lambda *words: CliRunner().invoke(main, list(words), catch_exceptions=False)


def test_the_commands_say_whether_mail_goes_out(inlay: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    said = inlay("notifications", "try", "ada@example.com")
    assert said.exit_code == 1 and "INLAY_SMTP_URL" in said.output
    with a_mail_server(login=True) as (server, at):
        monkeypatch.setenv("INLAY_SMTP_URL", f"smtp://{AS}{at}")
        assert inlay("notifications", "try", "ada@example.com").exit_code == 0
        assert server.subjects == ["Mail from Inlay arrives"]
        assert probe(inlay)["ok"]
        monkeypatch.setenv("INLAY_SMTP_URL", f"smtp://{USER}:hush@{at}")
        wrong = probe(inlay)
        assert not wrong["ok"] and "535" in wrong["what"] and "hush" not in str(wrong)
    assert len(server.got) == 1, "the doctor sends nothing"
    said = inlay("notifications", "list")
    assert said.output == "Nobody was written to yet.\n"


def probe(inlay: Callable[..., Result]) -> dict[str, object]:
    return next(one for one in json.loads(inlay("doctor", "--json").output) if one["id"] == "mail")


def test_what_a_server_answers_is_not_repeated() -> None:
    with a_mail_server() as (_, at), pytest.raises(InlayError) as refused:
        send(to(f"smtp://{at}"), "nobody@example.com")
    assert "nobody" not in str(refused.value) and "550" in str(refused.value)
