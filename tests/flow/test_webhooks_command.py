"""`inlay webhooks` and the doctor: what was told, what was not and why, and one event is sent again by its id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from hub import configure
from hub.bootstrap import Hub, build
from hub.cli import main
from hub.domain import Event
from hub.errors import InvalidInputs
from hub.pipeline import channel
from hub.pipeline.webhooks import SCHEDULE, Webhooks
from hub.settings import load
from hub.store import endpoints, teams
from hub.store.endpoints import Happened
from hub.store.tables import endpoint, late_event
from hub.testing import FakeModel
from tests.guides.guides import blocks, guide
from tests.hubs import TEAM, answer, request
from tests.receiver import NEW, OLD, Receiver, a_receiver

Inlay = Callable[..., Result]
DECLARED = """\
webhooks:
  ops:
    url: "{url}"
    events: [run.received, run.delivered]
    secret: $env:OPS
    private: true
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as made:
        yield made


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> Iterator[Hub]:
    """A hub with the webhook `ops`, whose home the command finds too."""
    monkeypatch.setenv("INLAY_HOME", str(tmp_path))
    hub = build(load(log_level="CRITICAL"), model=FakeModel(answer()))
    with hub.database.transaction() as tx:
        teams.put(tx, TEAM, "Brand team", {}, 0.0)
    configure.apply(hub, configure.read(DECLARED.format(url=receiver.url), environ={"OPS": NEW}))
    yield hub
    hub.close()


def inlay(*words: str) -> Result:
    return CliRunner().invoke(main, ["webhooks", *words], catch_exceptions=False)


def log(*words: str) -> list[dict[str, Any]]:
    said = inlay("log", "ops", "--json", *words)
    assert said.exit_code == 0, said.output
    return json.loads(said.output)


def send(hub: Hub) -> int:
    return Webhooks(hub.database, hub.vault, hub.parts.clock, hub.settings.url, wait=60.0).send()


def send_until_given_up(hub: Hub) -> None:
    for _ in range(len(SCHEDULE) + 1):
        with hub.database.transaction() as tx:
            tx.execute(sa.update(endpoint).values(due_at=0.0))
            tx.execute(sa.update(late_event).where(late_event.c.due_at.is_not(None)).values(due_at=0.0))
        send(hub)


def doctor() -> list[dict[str, Any]]:
    said = CliRunner().invoke(main, ["doctor", "--json"], catch_exceptions=False)
    return [probe for probe in json.loads(said.output) if probe["id"].startswith("webhook ")]


def test_the_log_says_what_became_of_each_event(hub: Hub, receiver: Receiver) -> None:
    assert "Nothing has happened yet" in inlay("log", "ops").output
    run = hub.run(request()).id
    assert [(row["event"], row["run"], row["state"]) for row in log()] == [
        ("run.delivered", run, "waits"),
        ("run.received", run, "waits"),
    ]
    receiver.does = [400, 204]
    send(hub)
    delivered, received = log()
    assert (delivered["state"], received["state"]) == ("taken", "late")
    assert (received["attempts"], received["problem"]) == (1, "It answered 400.")
    assert [row["id"] for row in (received, delivered)] == receiver.ids()
    assert log("--limit", "1") == [delivered]
    assert delivered["id"] in inlay("log", "ops").output


def test_a_given_up_event_is_named_by_the_doctor_and_sent_again_by_its_id(hub: Hub, receiver: Receiver) -> None:
    receiver.does = [400, 204]
    hub.run(request())
    send(hub)
    receiver.does = [400]
    send_until_given_up(hub)
    hub.run(request("two"))
    receiver.does = [204]
    with hub.database.transaction() as tx:
        endpoints.change(tx, "ops", state="on")
    send(hub)
    late = next(row for row in log() if row["state"] == "given up")
    (probe,) = doctor()
    assert not probe["ok"] and "1 events were given up: It answered 400." in probe["what"]
    receiver.does, receiver.got[:] = [500], []
    assert inlay("retry", late["id"]).exit_code == 1
    receiver.does = [204]
    said = inlay("retry", late["id"])
    assert (said.exit_code, said.output) == (0, "ops took it.\n")
    assert receiver.ids() == [late["id"]] * 2
    assert receiver.verified()[0] == receiver.verified()[1]
    assert all(row["state"] == "taken" for row in log())
    assert doctor()[0]["ok"]


def test_a_taken_event_is_sent_again_only_where_one_says_to(hub: Hub, receiver: Receiver) -> None:
    hub.run(request())
    send(hub)
    id = receiver.ids()[0]
    refused = CliRunner().invoke(main, ["webhooks", "retry", id])
    assert refused.exit_code == 1 and "--to NAME" in refused.output
    assert inlay("retry", id, "--to", "ops").exit_code == 0
    assert receiver.ids().count(id) == 2


@pytest.mark.parametrize(
    "id", ["evt_1_0123456789abcdef", "evt_999999999999999999999_00", "nonsense", "evt_", "evt_²_0"]
)
def test_an_id_nobody_gave_is_refused(hub: Hub, receiver: Receiver, id: str) -> None:
    said = inlay("retry", id)
    assert said.exit_code == 1
    assert "There is no event" in said.output
    assert receiver.got == []


def test_one_that_was_given_up_is_seen_in_the_list_and_by_the_doctor_and_goes_on(hub: Hub, receiver: Receiver) -> None:
    assert doctor()[0]["ok"]
    receiver.does = [410]
    hub.run(request())
    send(hub)
    (listed,) = json.loads(inlay("list", "--json").output)
    assert (listed["state"], listed["status"]) == ("gone", 410)
    (probe,) = doctor()
    assert not probe["ok"] and "resume ops" in probe["fix"]
    receiver.does = [204]
    assert inlay("resume", "ops").exit_code == 0
    assert send(hub) == 2
    assert doctor()[0]["what"] == "takes what is sent"


def test_a_test_event_says_what_came_back_and_the_exit_code_too(hub: Hub, receiver: Receiver) -> None:
    said = inlay("test", "ops")
    assert (said.exit_code, said.output) == (0, "ops took it: it answered 204.\n")
    assert receiver.verified()[0]["type"] == "webhook.test"
    receiver.does = [401]
    said = inlay("test", "ops")
    assert said.exit_code == 1 and "It answered 401." in said.output


@pytest.mark.parametrize("words", [("test", "no"), ("log", "no"), ("resume", "no"), ("retry", "x", "--to", "no")])
def test_a_name_nobody_declared_is_refused(hub: Hub, words: tuple[str, ...]) -> None:
    said = inlay(*words)
    assert said.exit_code == 1
    assert "There is no" in said.output


def test_nothing_that_is_printed_holds_a_secret(hub: Hub, receiver: Receiver) -> None:
    receiver.does = [500, 302]
    hub.run(request())
    send(hub)
    changed = DECLARED.format(url=receiver.url.replace("receiver", "stranger")) + "    secret_previous: $env:WAS\n"
    plan = configure.plan(hub, configure.read(changed, environ={"OPS": OLD, "WAS": NEW}))
    printed = [inlay(*words).output for words in (("list",), ("list", "--json"), ("log", "ops"), ("test", "ops"))]
    printed += [json.dumps(doctor()), repr(plan)]
    assert all(word not in said for said in printed for word in (NEW, OLD, "of-the-"))
    assert "secret: a new secret" in repr(plan)


def test_the_receiver_of_the_guide_takes_what_the_hub_sends_and_nothing_else(hub: Hub, receiver: Receiver) -> None:
    hub.run(request())
    send(hub)
    (code,) = blocks(guide("send-webhooks"), "python")
    told: list[tuple[str, str]] = []
    there: dict[str, Any] = {"__name__": "receiver", "print": lambda *words: told.append(words)}
    exec(compile(code.replace("whsec_...", NEW), "the guide", "exec"), there)
    client = there["app"].test_client()
    for headers, body in receiver.got:
        kept = {name: value for name, value in headers.items() if name.startswith("webhook-")}
        assert client.post("/inlay", data=body, headers=kept).status_code == 204
        assert client.post("/inlay", data=body + b" ", headers=kept).status_code == 401
    assert [event for event, _ in told] == ["run.received", "run.delivered"]
    assert told[0][1].startswith("http")


CHANNEL = """\
webhooks:
  channel:
    format: slack
    url: $env:CHANNEL
    events: [run.delivered, review.due_soon]
    private: true
"""


def test_a_channel_is_posted_a_line_of_what_happened_and_its_address_is_a_secret(hub: Hub, receiver: Receiver) -> None:
    configure.apply(hub, configure.read(CHANNEL, environ={"CHANNEL": receiver.url}))
    run = hub.run(request("for the channel"))
    send(hub)
    told = [message["text"] for message in receiver.said() if "text" in message]
    page = f"{hub.settings.url}/runs/{run.id}"
    assert told == [
        f"Every text of a run stands where it belongs. rewrite-in-brand-voice, team brand <{page}|Open in Inlay>"
    ]
    assert "webhook-signature" not in next(h for h, body in receiver.got if b'"text"' in body)
    with hub.database.reading() as tx:
        kept = endpoints.get(tx, "channel")
    assert kept is not None and "of-the-receiver" not in repr(kept) and "/hook" not in kept.url
    assert "of-the-receiver" not in inlay("list").output
    assert configure.plan(hub, configure.read(CHANNEL, environ={"CHANNEL": receiver.url})).todo == ()
    assert configure.plan(hub, configure.read(CHANNEL, environ={"CHANNEL": f"{receiver.url}2"})).todo
    assert inlay("test", "channel").exit_code == 0
    assert receiver.said()[-1] == {"text": "Lines from Inlay arrive here. The webhook is called channel."}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("url: https://hooks.example.com/T0/secret", "is a secret"), ("url: $env:CHANNEL\n    secret: $env:OPS", "none")],
)
def test_a_channel_s_address_in_the_file_or_a_secret_beside_it_is_refused_with_its_line(
    hub: Hub, wrong: str, says: str
) -> None:
    text = f"webhooks:\n  channel:\n    format: slack\n    {wrong}\n    events: [run.delivered]\n"
    with pytest.raises(InvalidInputs) as refused:
        configure.plan(hub, configure.read(text, environ={"CHANNEL": "https://hooks.example.com/x", "OPS": NEW}))
    assert says in refused.value.why
    assert "T0" not in str(refused.value) + refused.value.why


def test_a_text_cannot_be_more_than_text_in_a_channel() -> None:
    row = Event(
        seq=1,
        at=0.0,
        run_id="r",
        team="<!channel>",
        actor="",
        kind="run.delivered",
        data={},
        key_id="",
        prev="",
        hash="",
    )
    said = json.loads(channel.line(Happened(row, "<https://evil.example|Open in Inlay>\n&"), "https://hub.example"))
    assert said["text"].count("<") == 1 and "&lt;!channel&gt;" in said["text"] and "\n" not in said["text"]
