"""What is stored becomes a hub.yaml that finds nothing to change: on the hub it came from, and on one it made anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from hub import configure
from hub.bootstrap import Hub
from hub.cli import main
from hub.configure import by_hand
from hub.domain import Actor
from hub.errors import InvalidInputs
from hub.store import connections
from tests.hubs import a_hub

SECRETS = {
    "TOKEN": "a-token-nobody-may-see",
    "HOOK": "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0",
    "OLD": "whsec_" + "b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZC1z",
    "ROOM": "https://hooks.example.com/services/T0/B0/nobody-may-see",
    "FILE": "/var/none",
}
RICH = """\
policy:
  packs: [core, claims-us, inclusive, finance]
  checks:
    - {name: copy_rules, on_failure: flag, rules: {registers: {competitors: [Acme, "Yes", "007"]}}}
teams:
  brand:
    title: "Brand: the team"
    budget:
      limit: 50.25
      warn_at: 0.5
      hard: false
      each_person: 10
      people: {mara@example.com: 25}
      workflows: {short: 0.000001}
    packs: [pharma]
    policy:
      - name: copy_rules
        rules:
          rules:
            - {id: no-monday, terms: [monday], why: "We name:\\x85no.", instead: "Näme the date #1", severity: warn}
    review: {zone: Europe/Berlin, day: [8, 16], specialists: [Mara@example.com], seeded: false}
  media: {title: Paid media, budget: 7}
people:
  Mara@example.com: {name: "Mara: Okafor", roles: {brand: lead, media: member}}
  jon@example.com: {name: "yes", roles: {brand: reviewer}}
sign_in:
  groups:
    "marketing: all": {brand: member, media: member}
    "007": {brand: lead}
connections:
  docs:
    connector: google_docs
    sandbox: true
    settings: {api_root: "http://127.0.0.1:9", drive_root: "http://127.0.0.1:9", access_token: $env:TOKEN}
  docs-two:
    connector: google_docs
    settings: {access_token: $env:TOKEN}
enablements:
  brand: [docs, docs-two]
  media: {docs-two: {anything: [1, two]}}
workflows:
  brand:
    short:
      template: shorten-or-repurpose
      destinations:
        - {connection: docs, at: {document: {from_input: page}, end: true}}
        - {origin: true}
      baseline_minutes: 2.5
    plain: {template: shorten-or-repurpose}
webhooks:
  ops:
    url: "https://ops.example.com/in?token=hidden-in-the-address"
    events: [run.failed, review.asked]
    secret: $env:HOOK
    secret_previous: $env:OLD
    team: brand
  here: {url: "http://127.0.0.1:9/hook", events: [run.failed], secret: $env:HOOK, private: true, enabled: false}
  room: {url: $env:ROOM, format: slack, events: [review.asked], team: brand}
evidence:
  ev-1:
    claim: "The lamp lasts 9 hours: yes."
    owner: Test
    source: "https://x.example.com"
    markets: [US, "NO"]
    valid_from: 2026-05-01
    expires_on: 2027-04-30
    disclaimer: At 20 °C.
  ev-2: {claim: It is blue., owner: Test, source: shelf 2, team: brand, withdrawn: true}
"""


@pytest.fixture
def hub(tmp_path: Path, database_url: str):
    with a_hub(tmp_path, database_url=database_url) as made:
        configure.apply(made, configure.read(RICH, environ=SECRETS))
        yield made


def environ(made: configure.Exported, but: str = "") -> dict[str, str]:
    """What an admin sets: each secret under the name the export gives it, but for one."""
    values = {"secret": SECRETS["HOOK"], "secret_previous": SECRETS["OLD"], "access_token": SECRETS["TOKEN"]}
    ops = "https://ops.example.com/in?token=hidden-in-the-address"
    whole = {"WEBHOOK_OPS_URL": ops, "WEBHOOK_ROOM_URL": SECRETS["ROOM"]}
    named = {name: what.rpartition(": ")[2] for name, what in made.secrets.items() if name != but}
    return {name: whole.get(name) or values[what] for name, what in named.items()}


def test_an_export_is_a_file_that_finds_nothing_to_change(hub: Hub) -> None:
    made = configure.export(hub)
    plan = configure.plan(hub, configure.read(made.text, environ=environ(made)))
    assert [(change.what, change.details) for change in plan.todo] == []
    whats = {change.what.split()[0] for change in plan.changes}
    assert whats >= {"policy", "team", "person", "connection", "workflow", "webhook", "evidence"}
    assert made.notes == ()


def test_no_secret_is_in_it_and_each_is_named(hub: Hub) -> None:
    made = configure.export(hub)
    for secret in (SECRETS["TOKEN"], SECRETS["HOOK"], SECRETS["OLD"], SECRETS["ROOM"], "hidden-in-the-address"):
        assert secret not in made.text + repr(made)
    assert set(made.secrets) == {
        "DOCS_ACCESS_TOKEN",
        "DOCS_TWO_ACCESS_TOKEN",
        "WEBHOOK_OPS_SECRET",
        "WEBHOOK_OPS_SECRET_PREVIOUS",
        "WEBHOOK_OPS_URL",
        "WEBHOOK_HERE_SECRET",
        "WEBHOOK_ROOM_URL",
    }
    assert all(f"$env:{name}" in made.text and f"#   {name}  " in made.text for name in made.secrets)


def test_a_hub_made_from_an_export_exports_the_same(hub: Hub, tmp_path: Path) -> None:
    made = configure.export(hub)
    (tmp_path / "other").mkdir()
    with a_hub(tmp_path / "other") as other:
        configure.apply(other, configure.read(made.text, environ=environ(made)))
        assert configure.export(other).text == made.text


def test_what_keeps_an_export_from_being_applied_is_said(hub: Hub) -> None:
    with hub.database.transaction() as tx:
        connections.disable(tx, "docs", "brand")
        connections.pause(tx, "docs-two", True, 0.0)
    notes = configure.export(hub).notes
    assert "The workflow brand/short writes to docs, which is off for the team." in notes
    assert "The connection docs-two is paused; a hub.yaml does not say so." in notes


def test_a_setting_typed_as_a_reference_stays_what_was_typed(hub: Hub) -> None:
    typed, name = "$file:/etc/hostname", "TYPED_ADDON_SERVICE_ACCOUNT"
    given = {"access_token": SECRETS["TOKEN"], "addon_service_account": typed}
    by_hand.make(hub, Actor(via="web"), "typed", "google_docs", given)
    made = configure.export(hub)
    assert typed not in made.text and name in made.secrets
    plan = configure.plan(hub, configure.read(made.text, environ={name: typed, **environ(made, but=name)}))
    # From now on it is the file's: that, and nothing else, is to be changed.
    assert [change.details for change in plan.todo] == [("kept in: the pages → hub.yaml",)]


def test_the_command_writes_a_file_and_never_over_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INLAY_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.yaml").write_text(RICH.replace("$env:", "$env:X_"), encoding="utf-8")
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"X_{name}", value)
    run = CliRunner()
    assert run.invoke(main, ["apply", "in.yaml"]).exit_code == 0
    first = run.invoke(main, ["export", "out.yaml"])
    assert first.exit_code == 0, first.output
    assert "DOCS_ACCESS_TOKEN" in first.output and SECRETS["TOKEN"] not in first.output
    assert run.invoke(main, ["export", "out.yaml"]).exit_code == 1
    shown = run.invoke(main, ["export"])
    assert shown.stdout == (tmp_path / "out.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("teams:\n  brand:\n    title: B\n    review:\n      specialists: [nobody@example.com]\n", "line 5"),
        ("teams:\n  brand:\n    title: B\n    budget:\n      people:\n        nobody@example.com: 5\n", "line 6"),
    ],
)
def test_specialists_and_budgets_of_people_who_are_nobody_are_refused_with_their_line(
    tmp_path: Path, text: str, line: str
) -> None:
    with a_hub(tmp_path) as hub:
        with pytest.raises(InvalidInputs) as told:
            configure.plan(hub, configure.read(text, environ={}))
        ((place, what),) = told.value.fields.items()
        assert place.startswith(line) and "nobody@example.com is nobody here" in what
        named = text + "people:\n  Nobody@example.com: {name: Somebody, roles: {brand: reviewer}}\n"
        configure.apply(hub, configure.read(named, environ={}))
        assert configure.plan(hub, configure.read(text, environ={})).todo == ()
