"""Every route is guarded, every error is a problem, and every answer carries the headers that keep a browser safe."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hub.errors import Unavailable
from hub.web.auth import is_public
from tests.flow.web.site import Site
from tests.hubs import TEMPLATE

PUBLIC = {
    "static", "openapi.spec", "health.healthz", "health.readyz", "health.figures", "inbound.take",
    "sign_in.show", "sign_in.enter", "sign_in.enter_demo", "sign_in.second", "sign_in.enter_code",
    # Who holds a link that works once, and whom the organisation's provider proves.
    "sign_in_link.look", "sign_in_link.use", "single_sign_on.begin", "single_sign_on.back",
    # A panel proves itself by a code its person allowed, or by the token it wants to end.
    "panel_calls.device", "panel_calls.token", "panel_calls.leave",
}  # fmt: skip


def test_only_the_routes_that_must_be_open_are_open(site: Site) -> None:
    rules = {rule.endpoint for rule in site.app.url_map.iter_rules()}
    assert {endpoint for endpoint in rules if is_public(site.app.view_functions[endpoint])} == PUBLIC & rules


def test_every_other_route_turns_a_stranger_away(site: Site) -> None:
    client = site.client()
    tried = 0
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        # A part that takes only certain words gets the first of them.
        path = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
        path = re.sub(r"<[^>]*>", "x", path)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answered = client.open(path, method=method)
            assert answered.status_code == 401, f"{method} {path}"
            tried += 1
    assert tried > 20


def test_a_session_does_not_open_the_api_and_a_key_opens_no_page(site: Site) -> None:
    assert site.browser().get("/api/v1/runs").status_code == 401
    page = site.client().get("/runs", headers={**site.bearer(), "Accept": "text/html"})
    assert page.status_code == 303 and page.headers["Location"] == "/sign-in?next=/runs"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer nothing", "Basic abc", "bearer inlay_x"])
def test_what_is_no_key_is_no_key(site: Site, header: str) -> None:
    answered = site.client().get("/api/v1/runs", headers={"Authorization": header})
    assert answered.status_code == 401
    assert answered.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "unknown-name"),
        ("PUT", "/api/v1/runs", 405, "wrong-method"),
        ("GET", "/api/v1/runs/none", 404, "unknown-name"),
        ("POST", "/api/v1/runs", 415, "wrong-type"),
    ],
)
def test_every_error_is_a_problem(site: Site, method: str, path: str, status: int, code: str) -> None:
    answered = site.client().open(path, method=method, headers=site.bearer(), data=b"x" if method == "POST" else None)
    assert answered.status_code == status
    assert answered.content_type == "application/problem+json"
    said = answered.json
    assert said["code"] == code and said["status"] == status
    assert said["type"].endswith(f"/help/problems#{code}")
    assert {"title", "detail", "why", "instead", "who", "help"} <= set(said)


def test_a_method_that_is_not_taken_is_told_which_are(site: Site) -> None:
    answered = site.client().put("/api/v1/runs", headers=site.bearer())
    assert {"GET", "POST"} <= set(answered.headers["Allow"].split(", "))


def test_a_fault_tells_its_id_and_nothing_else(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[dict[str, Any]] = []

    class Log:
        def error(self, _event: str, **said: Any) -> None:
            logged.append(said)

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the text of a document")

    monkeypatch.setattr("hub.web.errors.log", Log())
    monkeypatch.setattr(type(site.hub), "submit", broken)
    answered = site.start()
    assert answered.status_code == 500 and answered.json["code"] == "fault"
    assert answered.json["id"] in answered.json["detail"]
    assert "the text of a document" not in answered.text + repr(logged)
    assert [entry["id"] for entry in logged] == [answered.json["id"]]
    assert logged[0]["error"] == "RuntimeError"


def test_a_database_that_is_away_says_when_to_come_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("The database does not answer.", after=3.2)

    monkeypatch.setattr(type(site.hub), "submit", away)
    answered = site.start()
    assert answered.status_code == 503 and answered.headers["Retry-After"] == "4"


def test_every_answer_keeps_a_browser_safe(site: Site) -> None:
    browser = site.browser()
    for path in ("/", "/sign-in", "/healthz", "/nothing", "/openapi.json", "/static/live.js"):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Strict-Transport-Security" not in headers


def test_over_https_cookies_stay_there(open_at: Any) -> None:
    with open_at(public_url="https://inlay.example.com") as site:
        answered = site.client().get("/sign-in")
        assert "Strict-Transport-Security" in answered.headers
        cookie = answered.headers["Set-Cookie"]
        assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_ready_says_what_it_needs(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = site.client().get("/readyz")
    assert ready.status_code == 200 and ready.json["checks"] == {"database": "ok", "migrations": "ok", "model": "ok"}

    def away(_self: Any) -> str:
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(type(site.hub.database), "schema", away)
    gone = site.client().get("/readyz")
    assert gone.status_code == 503 and gone.json["checks"]["database"] == "away"
    assert site.client().get("/healthz").status_code == 200


def test_figures_are_for_this_machine_and_for_admins(site: Site) -> None:
    site.start(Prefer="wait=20")
    client = site.client()
    here = client.get("/metrics")
    assert here.status_code == 200 and 'inlay_runs{state="delivered"} 1.0' in here.text
    assert 'route="/api/v1/runs"' in here.text
    elsewhere = {"REMOTE_ADDR": "10.1.2.3"}
    assert client.get("/metrics", environ_overrides=elsewhere).status_code == 401
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 401
    assert client.get("/metrics", base_url="http://evil.example").status_code == 401
    asked = {"environ_overrides": elsewhere}
    assert client.get("/metrics", headers=site.bearer("mara"), **asked).status_code == 403
    assert client.get("/metrics", headers=site.bearer("ada"), **asked).status_code == 200


def test_a_template_of_other_teams_is_not_there(site: Site) -> None:
    shelf = site.hub.parts.shelf
    own = shelf.current(TEMPLATE).model_copy(update={"teams": ("brand",)})
    shelf._current[TEMPLATE] = own
    listed = site.client().get("/api/v1/templates", headers=site.bearer("kim")).json["templates"]
    assert TEMPLATE not in [one["name"] for one in listed]
    assert site.client().get(f"/api/v1/templates/{TEMPLATE}", headers=site.bearer("kim")).status_code == 404
    assert site.start(who="kim").status_code == 403
    assert site.start(who="mara").status_code == 202
