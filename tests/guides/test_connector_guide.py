"""The connectors of the guide work: what is printed there runs on a wiki that speaks HTTP, from webhook to undo."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from hub.bootstrap import Hub
from hub.domain import DeliveryState, RunState
from hub.errors import Conflict, TargetGone, Unverified
from hub.pipeline import act, review
from hub.pipeline.receive import receive
from hub.pipeline.run import advance
from hub.sdk import Connection, GuardedHttp, Inbound
from hub.store import connections, deliveries
from tests.guides.guides import blocks, guide
from tests.guides.wiki import Wiki
from tests.hubs import AUTHOR, REVIEWER, TEAM, a_hub

PARTS = blocks(guide("write-a-connector"), "python")
#: The connector of steps 2 to 4; before it stands the one that says hello, after it its tests.
CONNECTOR = "\n".join(PARTS[1:5])
(FIXTURE,) = blocks(guide("write-a-connector"), "json")
KEY = b"a-signing-key"


def _module(code: str) -> ModuleType:
    module = ModuleType("inlay_connector_wiki")
    # dont_inherit: this file's own __future__ import is none of the example's.
    exec(compile(code, "the guide", "exec", dont_inherit=True), module.__dict__)
    return module


@pytest.fixture
def wiki() -> Iterator[Wiki]:
    server = Wiki()
    yield server
    server.stop()


@pytest.fixture
def hub(wiki: Wiki, tmp_path: Path) -> Iterator[Hub]:
    with a_hub(tmp_path, plugins=(("wiki", _module(CONNECTOR)),)) as hub:
        assert not [plugin for plugin in hub.registry.plugins if plugin.error]
        settings = {"root": wiki.url, "token": "good", "signing_key": KEY.decode()}
        row = hub.parts.connections.sealed("wiki", "wiki", settings, sandbox=False, now=hub.parts.clock())
        with hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, "wiki", TEAM, {})
        yield hub


def _call(body: bytes, signature: str) -> Inbound:
    return Inbound(method="POST", path="/in/wiki", headers={"x-wiki-signature": signature}, query={}, body=body)


def _signed(body: bytes) -> Inbound:
    return _call(body, hmac.new(KEY, body, hashlib.sha256).hexdigest())


def test_twelve_lines_answer_hello(tmp_path: Path) -> None:
    assert len([line for line in PARTS[0].splitlines() if line.strip()]) <= 12
    with a_hub(tmp_path, plugins=(("wiki", _module(PARTS[0])),)) as hub:
        connector = hub.registry.connectors["wiki"]
        opened = Connection(name="wiki", settings=connector.settings(), http=GuardedHttp(()))
        said = connector.handshake(opened, _call(b"", ""))
        assert said is not None
        assert json.loads(said.body) == {"hello": "wiki"}


def test_a_forged_event_is_refused(hub: Hub) -> None:
    connector, opened = hub.parts.connections.get("wiki")
    connector.verify(opened, _signed(FIXTURE.encode()), hub.parts.clock)
    with pytest.raises(Unverified):
        connector.verify(opened, _call(FIXTURE.encode(), "0" * 64), hub.parts.clock)


def _run(hub: Hub) -> str:
    import dataclasses

    connector, opened = hub.parts.connections.get("wiki")
    (request,) = connector.parse(opened, _signed(FIXTURE.encode()))
    ids = {receive(hub.parts, dataclasses.replace(request, team=TEAM), strict=False).run_id for _ in range(2)}
    (run_id,) = ids
    advance(hub.parts, run_id)
    return run_id


def test_an_event_becomes_one_draft_that_can_be_taken_back(hub: Hub, wiki: Wiki) -> None:
    run = hub.get(_run(hub))
    assert run.state is RunState.DELIVERED
    block = f"pricing/blocks/{run.id}.1"
    assert run.draft is not None
    assert wiki.things[block]["text"] == run.draft.variants[0].text
    assert wiki.writes == 1
    act.undo(hub.parts, run, AUTHOR)
    assert block not in wiki.things


def test_writing_twice_leaves_one_effect_and_what_people_changed(hub: Hub, wiki: Wiki) -> None:
    from hub.pipeline.deliver import delivery_of

    run = hub.get(_run(hub))
    with hub.database.reading() as tx:
        (row,) = deliveries.of_run(tx, run.id)
    assert row.state is DeliveryState.DONE
    connector, opened = hub.parts.connections.get("wiki")
    delivery = delivery_of(hub.parts, run, row)
    again = connector.write_back(opened, delivery)
    assert again.already
    assert again.content_hash == row.receipt.content_hash
    assert wiki.writes == 1
    block = f"pricing/blocks/{delivery.key}"
    wiki.things[block]["text"] = "A person wrote this."
    with pytest.raises(Conflict):
        connector.undo(opened, row.target, row.receipt)
    connector.write_back(opened, delivery)
    assert wiki.things[block]["text"] == "A person wrote this."
    del wiki.things[block]
    with pytest.raises(TargetGone):
        connector.write_back(opened, delivery)


def test_the_mark_stands_until_the_review(hub: Hub, wiki: Wiki) -> None:
    import dataclasses

    from hub.pipeline.deliver import delivery_of

    run = hub.get(_run(hub))
    with hub.database.reading() as tx:
        (row,) = deliveries.of_run(tx, run.id)
    connector, opened = hub.parts.connections.get("wiki")
    delivery = dataclasses.replace(delivery_of(hub.parts, run, row), key="other", earlier=None, reviewed=False)
    connector.write_back(opened, delivery)
    assert wiki.things["pricing/blocks/other"]["text"].startswith("Not reviewed\n")
    connector.write_back(opened, dataclasses.replace(delivery, reviewed=True))
    assert wiki.things["pricing/blocks/other"]["text"] == delivery.text
    assert REVIEWER.role in review.REVIEWERS


def test_a_page_that_is_gone_leaves_the_run_orphaned(hub: Hub, wiki: Wiki) -> None:
    del wiki.things["pricing"]
    assert hub.get(_run(hub)).state is RunState.ORPHANED


def test_the_probe_says_what_to_do_about_a_wrong_token(hub: Hub, wiki: Wiki) -> None:
    connector, opened = hub.parts.connections.get("wiki")
    assert [probe.ok for probe in connector.check_connection(opened)] == [True]
    row = hub.parts.connections.sealed(
        "wiki",
        "wiki",
        {"root": wiki.url, "token": "bad", "signing_key": KEY.decode()},
        sandbox=False,
        now=hub.parts.clock() + 1,
    )
    with hub.database.transaction() as tx:
        connections.put(tx, row)
    (probe,) = connector.check_connection(hub.parts.connections.get("wiki")[1])
    assert not probe.ok
    assert probe.fix
    assert probe.who


def test_the_check_of_the_governance_guide_holds_a_draft(tmp_path: Path) -> None:
    from hub.sdk import Outcome, Subject

    (code,) = blocks(guide("governance"), "python")
    with a_hub(tmp_path, plugins=(("own", _module(code)),)) as hub:
        (found,) = hub.registry.checks["no_competitors"].examine(
            Subject(side="output", team=TEAM, template="any", texts={"variant 1": "Better than Acme."})
        )
        assert found.outcome is Outcome.HOLD
        assert found.span == (12, 16)
