"""Every route asks who is there: an anonymous request gets in nowhere but at the few doors named here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, redirect

#: What anybody may ask, and why.
PUBLIC = {
    "/healthz": "whether the process lives; says nothing else",
    "/readyz": "whether it can work; names no host and no person",
    "/openapi.json": "what the interface looks like; no data",
    "/static/<path:filename>": "styles and scripts",
    "/sign-in": "the door itself",
    "/sign-in/code": "the door's second step, after a right password",
    "/sign-in/link/<secret>": "who holds a link that works once; without one it says that the link works no more",
    "/sign-in/provider": "leads to the organisation's own sign-in",
    "/sign-in/provider/back": "takes a browser back from there; the provider proves who it is",
    "/in/<connection>": "vendors; each connector proves the sender from the raw bytes before anything is read",
    "/in/<connection>/<token>": "the same, for vendors that can only be given an address",
    "/connect/<connector>/<connection>/panel/token": "panels that show a code a person has allowed them",
    "/connect/<connector>/<connection>/panel/device": "panels that want a code to show; it opens nothing by itself",
    "/connect/<connector>/<connection>/panel/leave": "panels that give their token back",
}
#: What is open to this machine alone, and says so itself.
PUBLIC_HERE = {
    "/metrics": "figures; another machine shows an admin's key",
    "/sign-in/demo": "the door of the demo, in demo mode",
}
REFUSED = {401, 403}
#: Where the request comes from: another machine, since some routes trust this one.
ELSEWHERE = "203.0.113.9"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
VARIABLE = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<words>[^)]*)\))?:)?\w+>")
SAMPLES = {"int": "1", "float": "1.0", "uuid": "00000000-0000-4000-8000-000000000000"}


def open_doors(app: Flask) -> list[str]:
    """Every method and route outside ``PUBLIC`` that answers an anonymous request with anything but a refusal.

    Leading to the sign-in page is a refusal. 400 or 404 is none: it looked before it asked who is there.
    """
    client = app.test_client()
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule in PUBLIC:
            continue
        path = VARIABLE.sub(_sample, rule.rule)
        for method in sorted(set(METHODS) & set(rule.methods or ())):
            answer = client.open(
                path, method=method, json={} if method != "GET" else None, environ_base={"REMOTE_ADDR": ELSEWHERE}
            )
            to_the_door = answer.status_code in (302, 303) and "/sign-in" in answer.headers.get("Location", "")
            if answer.status_code not in REFUSED and not to_the_door:
                found.append(f"{method} {rule.rule}: {answer.status_code}")
    return found


def _sample(found: re.Match[str]) -> str:
    """What stands for a variable part; where only certain words fit, the first of them."""
    if found["kind"] == "any":
        return found["words"].split(",")[0].strip()
    return SAMPLES.get(found["kind"] or "", "none")


@pytest.fixture(params=[False, True], ids=["in earnest", "in demo mode"])
def app(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The web application of a new hub."""
    from hub.bootstrap import build
    from hub.settings import Settings
    from hub.web import create_app

    hub = build(Settings(home=tmp_path, demo=request.param))
    try:
        yield create_app(hub)
    finally:
        hub.close()


def test_no_route_lets_an_anonymous_request_in(app: Flask) -> None:
    # The token of forms would refuse a stranger too, but it does not ask who is there.
    app.config["WTF_CSRF_ENABLED"] = False
    assert len(list(app.url_map.iter_rules())) > len(PUBLIC)
    assert not open_doors(app)


def test_the_guard_asks_before_the_token_of_a_form_is_looked_at(app: Flask) -> None:
    assert app.config.get("WTF_CSRF_ENABLED", True)
    assert open_doors(app) == ["POST /sign-in/demo: 400"]


def test_a_route_is_guarded_unless_it_is_named_here(app: Flask) -> None:
    from hub.web.auth import is_public

    marked = {rule.rule for rule in app.url_map.iter_rules() if is_public(app.view_functions[rule.endpoint])}
    assert marked == {*PUBLIC, *PUBLIC_HERE}


def test_an_unguarded_route_would_be_found() -> None:
    toy = Flask("toy", static_folder=None)
    toy.add_url_rule("/open/<int:number>", "open", lambda number: "come in", methods=["GET", "POST"])
    toy.add_url_rule("/looks-first/<name>", "looks", lambda name: ("no such thing", 404))
    toy.add_url_rule("/guarded", "guarded", lambda: ("who are you", 401))
    toy.add_url_rule("/page", "page", lambda: redirect("/sign-in?next=/page"))
    toy.add_url_rule("/elsewhere", "elsewhere", lambda: redirect("/home"))
    toy.add_url_rule("/healthz", "healthz", lambda: "fine")
    assert sorted(open_doors(toy)) == [
        "GET /elsewhere: 302",
        "GET /looks-first/<name>: 404",
        "GET /open/<int:number>: 200",
        "POST /open/<int:number>: 200",
    ]
