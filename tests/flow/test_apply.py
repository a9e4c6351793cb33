"""A hub.yaml becomes teams, people, connections, enablements, workflows and budgets: all of it, once, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import configure
from hub.bootstrap import Hub
from hub.domain import Role, RunState
from hub.errors import BadRequest, InlayError, InvalidInputs, NotAllowed
from hub.pipeline.spend import period
from hub.store import budgets, connections, endpoints, events, teams
from tests.hubs import TEAM, a_hub, request

TOKEN = "a-token-nobody-may-see"
ENVIRON = {"DOCS_URL": "http://127.0.0.1:9", "DOCS_TOKEN": TOKEN}
WHOLE = """\
teams:
  brand: {title: Brand team, budget: 50}
  media:
    title: Paid media
    policy:
      - name: copy_rules
        rules:
          rules:
            - {id: no-monday, terms: [monday], why: We name no days., instead: Name the date.}
people:
  Mara@example.com: {name: Mara Okafor, roles: {brand: lead, media: member}}
connections:
  docs:
    connector: google_docs
    sandbox: true
    settings:
      api_root: $env:DOCS_URL
      drive_root: $env:DOCS_URL
      access_token: $env:DOCS_TOKEN
enablements:
  brand: [docs]
workflows:
  brand:
    short:
      template: shorten-or-repurpose
      destinations:
        - {connection: docs, at: {document: launch, end: true}}
      baseline_minutes: 25
"""


@pytest.fixture
def hub(tmp_path: Path):
    with a_hub(tmp_path) as made:
        yield made


def source(text: str = WHOLE, **environ: str) -> configure.Source:
    return configure.read(text, environ={**ENVIRON, **environ})


def changes(plan: configure.Plan) -> dict[str, str]:
    return {change.what: change.kind for change in plan.changes}


def test_everything_a_file_declares_stands_afterwards(hub: Hub) -> None:
    configure.apply(hub, source())
    now = hub.parts.clock()
    with hub.database.reading() as tx:
        assert [team.title for team in teams.every(tx)] == ["Brand team", "Paid media"]
        assert teams.role_of(tx, "mara@example.com", "brand") is Role.LEAD
        assert teams.role_of(tx, "mara@example.com", "media") is Role.MEMBER
        assert connections.enabled(tx, "docs", "brand")
        assert not connections.enabled(tx, "docs", "media")
        flow = connections.get_workflow(tx, "brand", "short")
        money = budgets.standing(tx, "brand", period(now))
    assert flow is not None
    assert (flow.template, flow.baseline_minutes) == ("shorten-or-repurpose", 25.0)
    assert [target.at["document"] for target in flow.destinations] == ["launch"]
    assert money is not None and money.limit_micros == 50_000_000
    _, connection = hub.parts.connections.get("docs")
    assert connection.sandbox
    assert connection.settings.access_token.reveal() == TOKEN


def test_applying_twice_changes_nothing_and_records_nothing(hub: Hub) -> None:
    configure.apply(hub, source())
    with hub.database.reading() as tx:
        before = events.last(tx)
    second = configure.apply(hub, source())
    assert second.todo == ()
    assert second.count("same") == 6
    with hub.database.reading() as tx:
        assert events.last(tx) == before


def test_the_plan_names_what_differs_and_writes_nothing(hub: Hub) -> None:
    configure.apply(hub, source())
    plan = configure.plan(
        hub, source(WHOLE.replace("budget: 50", "budget: 60").replace("brand: lead", "brand: member"))
    )
    assert {change.what: change.details for change in plan.todo} == {
        "team brand": ("budget: $50.00 a month → $60.00 a month",),
        "person mara@example.com": ("roles: lead of brand, member of media → member of brand, member of media",),
    }
    assert configure.plan(hub, source()).todo == ()


def test_a_new_secret_is_a_change_that_never_shows_it(hub: Hub) -> None:
    first = configure.apply(hub, source())
    plan = configure.plan(hub, source(DOCS_TOKEN="another-token-nobody-may-see", DOCS_URL="http://127.0.0.1:10"))
    assert [change.what for change in plan.todo] == ["connection docs"]
    said = repr((first, plan, source()))
    assert "nobody-may-see" not in said
    assert "access_token: a new secret" in plan.todo[0].details
    assert "127.0.0.1:10" not in said


def test_an_enablement_that_is_switched_off_stops_the_team_at_once(hub: Hub) -> None:
    configure.apply(hub, source())
    hub.parts.connections.for_team("docs", "brand")
    off = source("teams: {brand: {title: Brand team}}\nenablements: {brand: {docs: off}}")
    assert changes(configure.apply(hub, off)) == {"team brand": "same", "docs for brand": "change"}
    with pytest.raises(NotAllowed):
        hub.parts.connections.for_team("docs", "brand")


def test_what_a_team_adds_to_the_policy_is_in_force_for_it_and_for_nobody_else(hub: Hub) -> None:
    configure.apply(hub, source())
    held = hub.run(request("one", team="media", inputs={"text": "Come on Monday."}))
    free = hub.run(request("two", team=TEAM, inputs={"text": "Come on Monday."}))
    assert held.state is RunState.HELD
    assert held.problem is not None and held.problem.why == "We name no days."
    assert free.state is RunState.DELIVERED


def test_a_failure_half_way_leaves_nothing_behind(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise InlayError("the last step fails")

    monkeypatch.setattr(connections, "put_workflow", broken)
    with pytest.raises(InlayError):
        configure.apply(hub, source())
    with hub.database.reading() as tx:
        assert [team.id for team in teams.every(tx)] == [TEAM]
        assert connections.every(tx) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("title: Paid media", "tilte: Paid media", 4, "not known"),
        ("budget: 50", "budget: -1", 2, "write 0 or more"),
        ("title: Paid media", "title: [Paid]", 4, "write a text"),
        ("      baseline_minutes: 25", "      baseline_minutes: soon", 28, "write a number"),
        ("brand: lead", "brand: boss", 11, "'lead'"),
        ("brand: lead", "nobody: lead", 11, "no team of this name"),
        ("Mara@example.com", "mara", 11, "e-mail address"),
        ("connector: google_docs", "connector: gdocs", 14, "no connector of this name"),
        ("api_root:", "api_rot:", 17, "no setting of this name"),
        ("$env:DOCS_TOKEN", "written-here-in-plain", 19, "$env:NAME"),
        ("$env:DOCS_TOKEN", "$env:NOT_SET", 19, "NOT_SET is not set"),
        ("$env:DOCS_TOKEN", "$file:no-such-file", 19, "no-such-file cannot be read"),
        ("brand: [docs]", "brand: [dosc]", 21, "no connection of this name"),
        ("shorten-or-repurpose", "shorten", 25, "no template named 'shorten'"),
        ("- {connection: docs,", "- {connection: other,", 27, "not switched on"),
        ("      baseline_minutes: 25", "      template: brief-from-notes", 28, "a second time"),
        ("why: We name no days., ", "", 6, "why"),
    ],
)
def test_a_fault_is_refused_with_its_line(hub: Hub, old: str, new: str, line: int, said: str) -> None:
    assert old in WHOLE
    with pytest.raises(InvalidInputs) as refused:
        configure.apply(hub, source(WHOLE.replace(old, new)))
    (place, what), *_ = [(place, what) for place, what in refused.value.fields.items() if said in what]
    assert place.split(" ")[:2] == ["line", str(line)]
    assert "written-here-in-plain" not in f"{refused.value.fields} {what}"


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2", "teams: {a: &x {title: A}, b: *x}", "\x00", "teams: [brand]"])
def test_what_is_no_hub_yaml_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInputs):
        configure.read(text)


def test_a_file_reference_is_read_beside_the_file(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text(f"{TOKEN}\n", encoding="utf-8")
    text = "connections: {docs: {connector: google_docs, settings: {access_token: $file:token.txt}}}"
    (tmp_path / "hub.yaml").write_text(text, encoding="utf-8")
    configure.apply(hub, configure.read_file(tmp_path / "hub.yaml"))
    assert hub.parts.connections.get("docs")[1].settings.access_token.reveal() == TOKEN


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"nowhere\.yaml cannot be read"):
        configure.read_file(tmp_path / "nowhere.yaml")


def test_what_the_file_does_not_name_stays_as_it_is(hub: Hub) -> None:
    configure.apply(hub, source())
    plan = configure.apply(hub, source("teams: {lifecycle: {title: CRM}}"))
    assert changes(plan) == {"team lifecycle": "create"}
    assert configure.plan(hub, source()).todo == ()


def test_a_paused_connection_stays_paused_when_its_settings_change(hub: Hub) -> None:
    configure.apply(hub, source())
    with hub.database.transaction() as tx:
        connections.pause(tx, "docs", True, hub.parts.clock())
    configure.apply(hub, source(DOCS_TOKEN="another"))
    with hub.database.reading() as tx:
        row = connections.get(tx, "docs")
    assert row is not None and row.paused


WEBHOOK = """\
teams:
  brand: {title: Brand team}
webhooks:
  ops:
    url: https://ops.example.com/inlay
    events: [review.asked, run.held]
    team: brand
    secret: $env:OPS_SECRET
"""
OPS = {"OPS_SECRET": "whsec_" + "b3BzIG9wcyBvcHMgb3BzIG9wcyBvcHMgb3BzIG9wcyE="}


def test_a_webhook_is_declared_once_and_its_secret_never_shown(hub: Hub) -> None:
    first = configure.apply(hub, source(WEBHOOK, **OPS))
    assert "webhook ops" in [change.what for change in first.todo]
    assert OPS["OPS_SECRET"] not in repr(first)
    assert configure.apply(hub, source(WEBHOOK, **OPS)).todo == ()
    with hub.database.reading() as tx:
        (one,) = endpoints.every(tx)
    assert (one.url, one.events, one.team, one.state) == (
        "https://ops.example.com/inlay",
        ("review.asked", "run.held"),
        "brand",
        "on",
    )
    other = OPS["OPS_SECRET"].replace("b3Bz", "b3B6")
    changed = configure.apply(hub, source(WEBHOOK, OPS_SECRET=other))
    assert [change.details for change in changed.todo] == [("secret: a new secret",)]


def test_a_webhook_that_was_given_up_is_not_switched_on_by_the_same_file(hub: Hub) -> None:
    configure.apply(hub, source(WEBHOOK, **OPS))
    with hub.database.transaction() as tx:
        endpoints.change(tx, "ops", state="failing")
    assert configure.apply(hub, source(WEBHOOK, **OPS)).todo == ()
    off = configure.apply(hub, source(f"{WEBHOOK}    enabled: false\n", **OPS))
    assert [change.what for change in off.todo] == ["webhook ops"]


@pytest.mark.parametrize(
    ("old", "new", "line", "complaint"),
    [
        ("https://ops", "http://ops", 5, "https"),
        ("https://ops", "https://me:pass@ops", 5, "without a name or password"),
        ("https://ops.example.com", "https://10.0.0.5", 5, "private: true"),
        ("https://ops.example.com", "https://[::ffff:169.254.169.254]", 5, "private: true"),
        ("https://ops.example.com", "http://localhost:6379", 5, "private: true"),
        ("run.held", "run.exploded", 6, "no event of this name"),
        ("team: brand", "team: nobody", 7, "no team"),
        ("$env:OPS_SECRET", "whsec_written-here", 8, "not written here"),
        ("$env:OPS_SECRET", "$env:NOWHERE", 8, "NOWHERE is not set"),
        ("$env:OPS_SECRET", "$env:SHORT", 8, "24 to 64"),
        ("secret:", "colour: red\n    secret:", 8, "not known"),
    ],
)
def test_a_webhook_that_cannot_work_is_refused_with_its_line(
    hub: Hub, old: str, new: str, line: int, complaint: str
) -> None:
    with pytest.raises(InvalidInputs) as caught:
        configure.apply(hub, source(WEBHOOK.replace(old, new), **OPS, SHORT="whsec_c2hvcnQ="))
    said = str(caught.value.fields)
    assert f"line {line}" in said
    assert complaint in said
    assert "c2hvcnQ" not in said


LONG = """
teams:
  brand:
    title: Brand team
    budget:
      limit: 50
      warn_at: 0.7
      each_person: 5
      people: {Mara@example.com: 20}
      workflows: {short: 12.5}
"""


def test_budgets_of_people_and_workflows_are_declared_and_the_running_month_keeps_what_it_spent(hub: Hub) -> None:
    configure.apply(hub, source())
    (change,) = configure.apply(hub, source(LONG)).todo
    assert change.details == (
        "budget: $50.00 a month → $50.00 a month, warned of at 70%",
        "budget of each person: nothing → $5.00 a month, warned of at 70%",
        "budget of mara@example.com: nothing → $20.00 a month, warned of at 70%",
        "budget of short: nothing → $12.50 a month, warned of at 70%",
    )
    assert configure.apply(hub, source(LONG)).todo == ()
    hub.run(request("one", team="brand"))
    with hub.database.reading() as tx:
        mara = budgets.standing(tx, "brand", period(hub.parts.clock()), budgets.Scope("person", "mara@example.com"))
    assert mara is not None and mara.limit_micros == 20_000_000 and mara.spent_micros > 0
    configure.apply(hub, source(LONG.replace("20", "1")))
    configure.apply(hub, source("teams: {brand: {title: Brand team}}"))
    with hub.database.reading() as tx:
        again = budgets.standing(tx, "brand", period(hub.parts.clock()), budgets.Scope("person", "mara@example.com"))
    assert again is not None and (again.limit_micros, again.spent_micros) == (1_000_000, mara.spent_micros)
    plain = configure.apply(hub, source("teams: {brand: {title: Brand team, budget: 50}}"))
    assert "budget of each person: $5.00 a month, warned of at 70% → nothing" in plain.todo[0].details


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ("{limit: 50, workflows: {nobody: 1}}", "teams.brand.budget.workflows.nobody"),
        ("{limit: 50, people: {mara: 1}}", "teams.brand.budget.people"),
        ("{limit: 50, warn_at: 2}", "teams.brand.budget.warn_at"),
        ("{most: 50}", "teams.brand.budget.most"),
        ("lots", "teams.brand.budget"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused_with_its_line(hub: Hub, wrong: str, where: str) -> None:
    with pytest.raises(InvalidInputs) as raised:
        configure.apply(hub, source(f"teams:\n  brand:\n    title: Brand team\n    budget: {wrong}\n"))
    assert any(where in field for field in raised.value.fields), raised.value.fields


@pytest.mark.parametrize(
    ("connector", "settings", "at", "wrong"),
    [
        (
            "google_docs",
            "{access_token: $env:TOKEN}",
            "{documnt: demo-newsletter, end: true}",
            "it has no field 'documnt'",
        ),
        ("google_docs", "{access_token: $env:TOKEN}", "{document: {from_input: page}}", "exactly one of named_range"),
        (
            "salesforce",
            "{domain: a.my.salesforce.com, consumer_key: a-consumer-key, consumer_secret: $env:TOKEN, "
            "organization_id: 00DHs000000000A}",
            "{recrd: {from_input: campaign}}",
            "it has no field 'recrd'",
        ),
    ],
)
def test_a_misspelt_place_of_a_workflow_is_named_with_its_line_before_anybody_asks(
    tmp_path: Path, connector: str, settings: str, at: str, wrong: str
) -> None:
    text = f"""\
teams:
  brand: {{title: Brand}}
connections:
  there: {{connector: {connector}, settings: {settings}}}
enablements:
  brand: [there]
workflows:
  brand:
    short:
      template: shorten-or-repurpose
      destinations:
        - connection: there
          at: {at}
"""
    with a_hub(tmp_path) as hub:
        with pytest.raises(InvalidInputs) as refused:
            configure.plan(hub, configure.read(text, environ={"TOKEN": "a-token-long-enough-for-anybody"}))
        ((line, what),) = refused.value.fields.items()
        assert "line 13" in line and wrong in what
