"""Attacks on the web side: addresses that break pages, labels that fill memory, teams that look over the wall."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from hub.domain import DeliveryState, Receipt
from hub.store import deliveries, runs
from hub.testing import FakeModel
from tests.flow.web.site import Site, open_site
from tests.hubs import TEMPLATE, answer, inputs


def raw(
    url: str, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> tuple[int, bytes]:
    """One request as written here, with no client's corrections."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.putrequest(method, path, skip_accept_encoding=True, skip_host="Host" in (headers or {}))
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    if body:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None)
    answered = connection.getresponse()
    read = answered.read()
    connection.close()
    return answered.status, read


HOSTILE_NEXT = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "//[",
    "http://[",
    "//\u2100.example",
    "/\t/evil.example",
    "/\r\nset-cookie: a=b",
    " //evil.example",
    "\x00",
    "data:text/html,x",
]


@pytest.mark.parametrize("there", HOSTILE_NEXT)
def test_signing_in_leads_to_a_page_of_this_hub_whatever_next_says(site: Site, there: str) -> None:
    browser = site.browser(None)
    page = f"/sign-in?next={quote(there)}"
    assert browser.get(page).status_code == 200
    answered = browser.post(f"/sign-in?next={quote(there)}", {"key": site.keys["mara"]}, at="/sign-in")
    assert answered.status_code == 303
    assert answered.headers["Location"] == "/"
    assert "set-cookie: a=b" not in str(answered.headers)


@pytest.mark.parametrize(
    "path",
    [
        "/runs/%00",
        "/api/v1/runs/%00",
        "/api/v1/runs/a%00b/cancel",
        "/api/v1/runs?before=%00",
        "/runs?before=%00",
        "/api/v1/templates/%00",
        "/templates/x?again=%00",
        "/in/%00",
        "/in/docs%00",
        "/in/..%2f..%2fetc",
        "/in/%ff%fe",
        "/in/" + "a" * 5000,
        "/help/..%2f..%2fREADME",
        "/help/%00",
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/%00",
        "/api/v1/runs?limit=%D9%A1",
        "/api/v1/runs?state=%00",
        "/runs?state=<script>alert(1)</script>",
        "/sign-in?next=%00",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_address_makes_the_hub_fault_or_echo_it(tmp_path: Path, database_url: str, path: str, method: str) -> None:
    with open_site(tmp_path, database_url=database_url) as site:
        headers = site.bearer(Accept="text/html")
        for who in (site.client(), site.browser().client):
            answered = who.open(path, method=method, headers=headers)
            assert answered.status_code < 500, answered.text
            assert "<script>alert" not in answered.text
            assert "import annotations" not in answered.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"a": 1, "a": 2}',
        b'{"template": "' + TEMPLATE.encode() + b'", "inputs": {"text": NaN}}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"inputs": {"text": ' + b"9" * 100_000 + b"}}",
        b'{"template": "x", "inputs": {"text": 1e999}}',
        b'{"template": "x", "inputs": {"n": ' + b"9" * 4000 + b"}}",
        b'{"template": "\\u0000\\ud800", "inputs": {"\\u0000": "\\ud800"}}',
        b'{"template": ["x"], "inputs": []}',
        b'{"workflow": "x", "template": "y"}',
        b'{"workflow": "\\u0000"}',
        b'{"template": "x", "target": {"connection": "a", "at": {}}, "destinations": [null]}',
        b'{"template": "x", "<img src=x onerror=alert(1)>": 1}',
    ],
)
def test_no_body_makes_the_hub_fault_or_start_a_run(tmp_path: Path, database_url: str, body: bytes) -> None:
    with open_site(tmp_path, database_url=database_url) as site:
        headers = site.bearer(Content_Type="application/json", Prefer="wait=5")
        answered = site.client().post("/api/v1/runs", data=body, headers=headers)
        assert 400 <= answered.status_code < 500, answered.text
        assert answered.content_type == "application/problem+json"
        assert "onerror" not in answered.text
        assert site.client().get("/api/v1/runs", headers=site.bearer()).json["runs"] == []


def test_made_up_methods_do_not_make_a_counter_each(served: str) -> None:
    for number in range(40):
        raw(served, f"FOO{number}", "/healthz")
        raw(served, f"BAR{number}", "/no/such/page")
    _, figures = raw(served, "GET", "/metrics")
    assert b"FOO" not in figures
    assert b"BAR" not in figures


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example:80"},
        {"Host": "[::1].evil.example"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Real-IP": "1.2.3.4"},
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Host": "127.0.0.1@evil.example"},
        {"Host": ""},
    ],
)
def test_figures_and_the_demo_s_sign_in_are_closed_to_what_came_by_a_proxy_or_another_name(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    from tests.flow.web.conftest import _served

    with open_site(tmp_path, demo=True) as site, _served(site.app) as url:
        assert raw(url, "GET", "/metrics")[0] == 200
        assert b"Mara" in raw(url, "GET", "/sign-in", {"Accept": "text/html"})[1]
        assert raw(url, "GET", "/metrics", headers)[0] in (400, 401)
        assert b"Mara" not in raw(url, "GET", "/sign-in", {"Accept": "text/html", **headers})[1]


def test_another_team_s_run_cannot_be_seen_or_touched_on_any_route(site: Site) -> None:
    mine = site.run()
    kim, browser = site.bearer("kim"), site.browser("kim")
    asked = 0
    for rule in site.app.url_map.iter_rules():
        if "run_id" not in rule.arguments:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for action in ("accept", "reject", "cancel", "resume", "undo", "feedback"):
                path = rule.rule.replace("<run_id>", mine.id).replace("<action>", action)
                if path.startswith("/api/"):
                    # An edit names what it is for; everything else takes an empty body.
                    body = {"content_hash": "0" * 64, "variants": [{}]} if path.endswith("/edit") else {}
                    answered = site.client().open(path, method=method, headers=kim, json=body)
                else:
                    answered = (
                        browser.get(path) if method == "GET" else browser.post(path, {"tag": "slow"}, at="/templates")
                    )
                assert answered.status_code in (404, 400), (method, path, answered.status_code)
                assert mine.template not in answered.text
                asked += 1
    assert asked > 20
    assert site.hub.get(mine.id) == mine
    for listing in ("/api/v1/runs", f"/api/v1/runs?before={mine.id}"):
        assert mine.id not in site.client().get(listing, headers=kim).text
    assert mine.id not in browser.get("/runs").text
    assert mine.id not in browser.get("/").text


def test_the_same_idempotency_key_of_two_teams_is_two_runs_and_neither_hears_of_the_other(site: Site) -> None:
    first = site.start(Idempotency_Key="same")
    second = site.start(who="kim", Idempotency_Key="same")
    assert first.json["id"] != second.json["id"]
    assert second.json["team"] == "crm"


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "x" * 10_000, "\u00e4", "a\tb", "\x7f"])
def test_a_key_that_cannot_be_used_is_refused_and_not_cut(served: str, site: Site, key: str) -> None:
    headers = {**site.bearer(), "Content-Type": "application/json", "Idempotency-Key": key}
    body = json.dumps({"template": TEMPLATE, "inputs": inputs()}).encode()
    status, said = raw(served, "POST", "/api/v1/runs", headers, body)
    assert status in (400, 431), said


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,<script>1</script>", "//evil.example", "vbscript:x"]
)
def test_a_link_of_a_receipt_that_is_no_web_address_is_no_link(site: Site, url: str) -> None:
    made = site.run()
    with site.hub.database.transaction() as tx:
        token = site.hub.parts.leases.new()
        now = site.hub.parts.clock()
        held = runs.take_waiting(tx, made.id, [made.state], token=token, now=now, until=now + 5)
        assert held is not None
        runs.save(tx, made.id, token, {"work": replace(made.work, url=url), "token": None, "wake_at": None})
    with site.hub.database.transaction() as tx:
        from hub.domain import Target

        deliveries.create(tx, made.id, [Target(connection="docs", at={})], reviewed=True, now=0.0)
        receipt = Receipt(vendor_id="v", url=url)
        deliveries.save(tx, f"{made.id}.1", 0.0, {"state": DeliveryState.DONE, "receipt": receipt})
    page = site.browser().get(f"/runs/{made.id}").text
    assert f'href="{url}' not in page
    assert not re.search(r'href="(?!/|https?://|#)', page)


def test_hostile_text_of_a_draft_is_text_on_every_page(tmp_path: Path) -> None:
    evil = '</div><script>alert(1)</script><img src=x onerror=alert(2)>" onmouseover="alert(3) {{7*7}} {% raw %}'
    said = {
        **answer(evil),
        "claims": [{"text": evil, "evidence_id": evil}],
        "assumptions": [evil],
        "disclosures": [evil],
    }
    with open_site(tmp_path, model=FakeModel(said)) as site:
        made = site.run(inputs=inputs(evil))
        browser = site.browser()
        for path in (
            f"/runs/{made.id}",
            f"/runs/{made.id}/live",
            "/runs",
            "/",
            f"/templates/{TEMPLATE}?again={made.id}",
        ):
            page = browser.get(path)
            assert page.status_code == 200
            for tag in ("<script>alert", "<img src=x", '" onmouseover="alert'):
                assert tag not in page.text, path
            policy = page.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe-inline" not in policy


def test_ten_wrong_keys_a_minute_and_no_more_whoever_the_sender_says_it_is(site: Site) -> None:
    browser = site.browser(None)
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in").text)
    assert token
    answered = [
        browser.client.post(
            "/sign-in",
            data={"csrf_token": token.group(1), "key": f"inlay_guess{number}"},
            headers={"Accept": "text/html", "X-Forwarded-For": f"10.0.0.{number}"},
        ).status_code
        for number in range(12)
    ]
    assert answered == [401] * 10 + [429] * 2
    assert browser.client.post("/sign-in", data={"key": site.keys["mara"]}).status_code == 400


def test_a_session_cookie_that_was_changed_or_made_elsewhere_opens_nothing(site: Site) -> None:
    from flask.sessions import SecureCookieSessionInterface
    from itsdangerous import URLSafeTimedSerializer

    forged = URLSafeTimedSerializer("", salt="cookie-session").dumps({"person": "ada@example.com"})
    assert SecureCookieSessionInterface().get_signing_serializer(site.app) is not None
    for value in (forged, "a.b.c", "", "x" * 5000):
        client = site.client()
        client.set_cookie("inlay", value)
        assert client.get("/runs", headers={"Accept": "text/html"}).status_code == 303
    signing = SecureCookieSessionInterface().get_signing_serializer(site.app)
    assert signing is not None
    # Outside of the demo even a signed name of a person opens nothing: only a key in use does.
    client = site.client()
    client.set_cookie("inlay", signing.dumps({"person": "ada@example.com", "key": ["x"]}))
    assert client.get("/runs", headers={"Accept": "text/html"}).status_code == 303


def test_a_model_s_answer_is_never_a_header_or_a_status(tmp_path: Path) -> None:
    crafted = answer("x\r\nSet-Cookie: a=b\r\n\r\n<html>")
    with open_site(tmp_path, model=FakeModel(crafted)) as site:
        answered = site.start(Prefer="wait=10")
        assert answered.status_code == 200
        assert "Set-Cookie" not in answered.headers
