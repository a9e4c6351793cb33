"""Calls in and out of the Google Docs connector: inbound calls, settings, tokens, probes, counting, addresses."""

from __future__ import annotations

import json
import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

import connectors.google_docs
from connectors.google_docs import inbound
from connectors.google_docs.sandbox import start
from connectors.google_docs.settings import GoogleDocsSettings
from hub.sdk import BadRequest, Ignored, Inbound, NeedsPermission, Request, Secret, Target, TargetGone, Unverified
from tests.connectors.google_docs.connector_bench import Bench, body, delivery, paragraph
from tests.connectors.google_docs.signing import a_signer

FIXTURES = Path(connectors.google_docs.__file__).parent / "fixtures"
EVENT = json.loads((FIXTURES / "run.requested.json").read_text(encoding="utf-8"))


def _inbound(content: Any = EVENT, **headers: str) -> Inbound:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Inbound(method="POST", path="/in/docs", headers=headers, query={}, body=raw)


@pytest.mark.parametrize(
    "headers",
    [{"authorization": "Bearer new-token"}, {"authorization": "bearer old-token"}, {"x-inlay-token": "new-token"}],
)
def test_a_call_with_the_current_or_previous_token_is_accepted(bench: Bench, headers: dict[str, str]) -> None:
    connection = bench.connection(inbound_token=Secret("new-token"), inbound_token_previous=Secret("old-token"))
    bench.connector.verify(connection, _inbound(**headers), time.time)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Bearer new-tokeN"},
        {"authorization": "Basic new-token"},
        {"x-inlay-token": "ü\udc00"},
    ],
)
def test_a_call_without_the_token_is_refused(bench: Bench, headers: dict[str, str]) -> None:
    connection = bench.connection(inbound_token=Secret("new-token"))
    with pytest.raises(Unverified) as caught:
        bench.connector.verify(connection, _inbound(**headers), time.time)
    assert "new-token" not in str(caught.value.problem())


def test_a_connection_without_a_token_takes_no_calls(bench: Bench) -> None:
    for headers in ({}, {"authorization": "Bearer "}, {"x-inlay-token": "None"}):
        with pytest.raises(Unverified):
            bench.connector.verify(bench.connection(), _inbound(**headers), time.time)


def test_a_call_becomes_one_request(bench: Bench) -> None:
    (request,) = bench.connector.parse(bench.connection(), _inbound())
    assert isinstance(request, Request)
    assert (request.key, request.template, request.surface) == (EVENT["id"], "rewrite-in-brand-voice", "google_docs")
    assert request.target == Target(
        connection="docs", at={"document": "demo-launch-brief", "heading": "Headline ideas", "mode": "below"}
    )
    assert request.destinations == (request.target,)
    assert request.actor.person == "copywriter@example.com"
    assert request.inputs == EVENT["inputs"]


def test_a_call_that_names_no_place_means_the_end_of_the_document(bench: Bench) -> None:
    (request,) = bench.connector.parse(bench.connection(), _inbound({k: v for k, v in EVENT.items() if k != "at"}))
    assert isinstance(request, Request)
    assert request.target is not None
    assert request.target.at == {"end": True, "document": "demo-launch-brief"}


def test_an_unknown_event_is_ignored_and_counted(bench: Bench) -> None:
    (ignored,) = bench.connector.parse(bench.connection(), _inbound({"event": "document.opened"}))
    assert isinstance(ignored, Ignored)
    assert ignored.event == "document.opened"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": None}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"document": "a/../b"}, "document"),
        ({"template": None}, "template"),
        ({"workflow": "w"}, "template"),
        ({"inputs": [1]}, "inputs"),
        ({"at": {"quote": ""}}, "quote"),
        ({"at": {"quote": 5}}, "quote"),
        ({"at": {"end": True, "heading": "x"}}, "exactly one"),
        ({"at": {"end": False}}, "end"),
        ({"at": {"end": True, "mode": "replace"}}, "replace"),
        ({"at": {"end": True, "mode": "above"}}, "mode"),
        ({"at": {"end": True, "where": 1}}, "where"),
        ({"at": {"end": True, "tab": "../x"}}, "tab"),
        ({"at": {"end": True, "document": "another-one"}}, "document"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_field_of_a_call_is_named(bench: Bench, change: dict[str, Any], named: str) -> None:
    with pytest.raises(BadRequest, match=named):
        bench.connector.parse(bench.connection(), _inbound(EVENT | change))


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"null", b'{"event": 1}', b"\xff", b"[" * 100_000])
def test_a_call_that_is_no_event_is_refused(bench: Bench, raw: bytes) -> None:
    with pytest.raises(BadRequest):
        bench.connector.parse(bench.connection(), _inbound(raw))


def test_every_event_has_a_fixture_and_every_fixture_an_event() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(inbound.EVENTS)


def test_every_setting_explains_itself_and_no_secret_shows(bench: Bench) -> None:
    assert all(field.description for field in GoogleDocsSettings.model_fields.values())
    shown = GoogleDocsSettings(access_token=Secret("ya29.secret"), inbound_token=Secret("in-secret"))
    for text in (repr(shown), shown.model_dump_json(), repr(bench.connection("ya29.secret"))):
        assert "secret" not in text.replace("Secret", "")


@pytest.mark.parametrize("key", ["not json", "[]", json.dumps({"client_email": "a@b.example"})])
def test_half_a_service_account_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        GoogleDocsSettings(service_account=Secret(key))
    assert key not in str(caught.value)


def test_only_the_configured_hosts_are_called() -> None:
    usual = GoogleDocsSettings()
    assert usual.hosts() == {"docs.googleapis.com", "www.googleapis.com", "oauth2.googleapis.com"}
    with pytest.raises(ValidationError):
        GoogleDocsSettings(api_root="https://user:pass@docs.googleapis.com")


def _service_account() -> tuple[Secret, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    account = {
        "type": "service_account",
        "client_email": "inlay@project.example",
        "private_key": private,
        "token_uri": "https://elsewhere.example/token",
    }
    return Secret(json.dumps(account)), public.decode()


def test_a_service_account_signs_in_once_for_many_calls_of_many_threads() -> None:
    secret, public = _service_account()
    sandbox = start(sample=False, service_accounts={"inlay@project.example": public})
    try:
        bench = Bench(sandbox)
        document = bench.load(body(paragraph("One")))
        connection = bench.connection(service_account=secret)
        threads = [
            threading.Thread(target=bench.connector.context, args=(connection, delivery(document).target))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        bench.connector.write_back(connection, delivery(document, "New"))
        operations = [entry.operation for entry in sandbox.journal.entries()]
        assert sum("token" in one for one in operations) == 1
        assert bench.texts(document)["t.0", ""] == "One\nNew\n"
        assert all(probe.ok for probe in bench.connector.check_connection(connection))
    finally:
        sandbox.stop()


def test_a_service_account_that_google_does_not_know_needs_an_admin(bench: Bench) -> None:
    secret, _ = _service_account()
    with pytest.raises(NeedsPermission) as caught:
        bench.connector.context(
            bench.connection(service_account=secret), Target(connection="docs", at={"document": "abc", "end": True})
        )
    assert caught.value.who == "an admin"
    assert "PRIVATE" not in str(caught.value.problem())


def test_a_connection_without_an_account_says_what_to_do(bench: Bench) -> None:
    (probe,) = bench.connector.check_connection(bench.connection(access_token=None))
    assert (probe.id, probe.ok, probe.who) == ("token", False, "an admin")
    assert "service account" in probe.fix


def test_a_working_connection_passes_every_probe(bench: Bench) -> None:
    probes = bench.connector.check_connection(bench.connection())
    assert [(probe.id, probe.ok) for probe in probes] == [
        ("token", True),
        ("docs", True),
        ("drive", True),
        ("clock", True),
        ("suggestions", True),
    ]


def test_an_add_on_is_probed_where_one_is_set_up_and_then_no_account_is_needed(bench: Bench) -> None:
    with a_signer() as signer:
        connection = bench.connection(access_token=None, **signer.settings())
        probes = bench.connector.check_connection(connection)
        assert [(probe.id, probe.ok) for probe in probes] == [("token", True), ("certificates", True), ("cards", True)]
        signer.instead = (503, b"")
        half = bench.connection(**signer.settings(addon_oauth_client_id=""))
        failed = [probe for probe in bench.connector.check_connection(half) if not probe.ok]
        assert [probe.id for probe in failed] == ["certificates", "cards"]
        assert "addon_oauth_client_id" in failed[1].fix
        assert all(probe.fix and probe.who for probe in failed)


def test_every_failing_probe_names_its_fix_and_who_can_do_it(bench: Bench) -> None:
    probes = bench.connector.check_connection(bench.connection("expired-1"))
    assert [probe.ok for probe in probes] == [True, False, False, True]
    assert all(probe.fix and probe.who for probe in probes if not probe.ok)


def test_documents_made_in_the_folder_and_the_window_are_counted(bench: Bench) -> None:
    for _ in range(3):
        bench.load(body(paragraph("One")))
    bench.sandbox.store.load(body(paragraph("One")), "elsewhere", folder="other-folder")
    bench.sandbox.store.trash("test-document-2")
    connection, now = bench.connection(folder="demo-campaigns"), time.time()
    count = bench.connector.count_items(connection, "documents", now - 3600, now + 60)
    assert (count.kind, count.count, sorted(count.ids)) == ("documents", 2, ["test-document-1", "test-document-3"])
    assert bench.connector.count_items(connection, "documents", now - 7200, now - 3600).count == 0
    for other, kind in ((bench.connection(), "documents"), (connection, "emails")):
        with pytest.raises(BadRequest):
            bench.connector.count_items(other, kind, now - 1, now)


def test_a_long_listing_is_read_to_its_last_page(bench: Bench) -> None:
    for _ in range(1001):
        bench.load(body(paragraph("")))
    now = time.time()
    count = bench.connector.count_items(bench.connection(folder="demo-campaigns"), "documents", now - 3600, now + 60)
    assert (count.count, len(set(count.ids))) == (1001, 1001)


def test_the_context_tells_text_title_and_page(bench: Bench) -> None:
    document = bench.load(body(paragraph("One"), paragraph("soft\vbreak"), paragraph("Three")))
    context = bench.connector.context(bench.connection(), delivery(document, quote="soft\nbreak").target)
    assert (context.text, context.title) == ("soft\nbreak", "Launch")
    assert context.url == f"{bench.sandbox.url}/document/d/{document}/edit?tab=t.0"
    assert context.facts["revision"]
    whole = bench.connector.context(bench.connection(), delivery(document).target)
    assert whole.text == "One\nsoft\nbreak\nThree"


def test_the_sample_target_can_be_read_and_written() -> None:
    sandbox = start()
    try:
        bench = Bench(sandbox)
        target = Target(connection="docs", at=bench.connector.sample_target())
        assert len(bench.connector.context(bench.connection(), target).text) > 200
        assert bench.connector.write_back(bench.connection(), delivery("demo-launch-brief", **{"end": True})).url
    finally:
        sandbox.stop()


def test_a_page_is_googles_for_a_real_account_and_the_sandboxes_for_a_sandbox(bench: Bench) -> None:
    target = delivery("abc-document").target
    assert bench.connector.target_url(target) == "https://docs.google.com/document/d/abc-document/edit"
    assert bench.connector.target_url(target, bench.connection()).startswith(bench.sandbox.url)


def test_no_token_and_no_text_reaches_a_log_or_an_error(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    document = bench.load(body(paragraph("very private words")))
    for token in ("ya29.private-token", "expired.private-token"):
        connection = bench.connection(token)
        bench.sandbox.faults.add("503")
        try:
            bench.connector.write_back(connection, delivery(document, "secret campaign"))
        except NeedsPermission as error:
            assert "private" not in str(error.problem())
    for private in ("private-token", "very private words", "secret campaign"):
        assert private not in caplog.text


def test_a_missing_document_is_gone(bench: Bench) -> None:
    with pytest.raises(TargetGone):
        bench.connector.context(bench.connection(), delivery("no-such-document").target)
