"""A request becomes text in the document once, or is refused at once with what to send instead."""

from __future__ import annotations

import pytest

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.domain import DeliveryState, RunState, Target
from hub.errors import Conflict, InvalidInputs, NotAllowed, UnknownName
from hub.store import deliveries, runs
from tests import hubs
from tests.hubs import at_end_of, kinds, request

DOCUMENT = "demo-newsletter"

DOCUMENT = "demo-newsletter"


def rows(hub: Hub, run_id: str) -> list:
    with hub.database.reading() as tx:
        return deliveries.of_run(tx, run_id)


def test_a_request_ends_as_text_in_the_document_with_a_receipt(hub: Hub, sandbox: Sandbox) -> None:
    before = sandbox.store.text(DOCUMENT)
    done = hub.run(request(target=at_end_of(DOCUMENT)))
    assert done.state is RunState.DELIVERED, done.problem
    after = sandbox.store.text(DOCUMENT)
    assert after.count("Spring sale, from Monday. Come in.") == 1
    assert after.replace("Spring sale, from Monday. Come in.", "").rstrip("\n") == before.rstrip("\n")
    (row,) = rows(hub, done.id)
    assert row.state is DeliveryState.DONE
    assert row.receipt is not None
    assert row.receipt.vendor_id
    assert row.receipt.content_hash
    assert kinds(hub, done) == [
        "run.received",
        "run.composed",
        "input.checked",
        "model.answered",
        "output.checked",
        "delivery.done",
        "run.delivered",
    ]
    assert sandbox.violations == []


def test_an_input_is_read_from_the_document_when_the_asker_leaves_it_out(hub: Hub, sandbox: Sandbox) -> None:
    target = Target(connection="docs", at={"document": DOCUMENT, "end": True})
    done = hub.run(request(inputs={}, target=target))
    assert done.state is RunState.DELIVERED, done.problem
    assert done.work.values["text"].strip()[:20] in sandbox.store.text(DOCUMENT)


def test_every_stage_and_the_ledger_agree_and_the_chain_holds(hub: Hub) -> None:
    for number in range(3):
        hub.run(request(str(number), target=at_end_of(DOCUMENT)))
    with hub.database.reading() as tx:
        count, broken = hub.parts.ledger.verify(tx)
    assert broken is None
    assert count == 21


def test_the_same_key_is_one_run_and_one_insertion(hub: Hub, sandbox: Sandbox) -> None:
    first = hub.run(request(target=at_end_of(DOCUMENT)))
    again = hub.run(request(target=at_end_of(DOCUMENT)))
    assert first.id == again.id
    assert sandbox.store.text(DOCUMENT).count("Spring sale, from Monday") == 1


def test_a_key_used_for_another_request_is_a_conflict(hub: Hub) -> None:
    hub.run(request())
    with pytest.raises(Conflict):
        hub.run(request(inputs=hubs.inputs("Another text altogether.")))


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"template": "nope"}, UnknownName, "rewrite-in-brand-voice"),
        ({"template": None}, Exception, "neither"),
        ({"team": "nobody"}, UnknownName, "nobody"),
        ({"inputs": {}}, InvalidInputs, "text"),
        ({"inputs": {"text": "  \n "}}, InvalidInputs, "text"),
        ({"inputs": {"text": 7}}, InvalidInputs, "text"),
        ({"inputs": {"text": "x" * 1_000_000}}, InvalidInputs, "text"),
        ({"inputs": {"text": "fine", "colour": "red"}}, InvalidInputs, "colour"),
        ({"target": Target(connection="nope", at={})}, UnknownName, "nope"),
        ({"inputs": {"colour": "red"}, "target": at_end_of(DOCUMENT)}, InvalidInputs, "colour"),
        ({"template": "campaign-email", "inputs": {"voice": 7}, "target": at_end_of(DOCUMENT)}, InvalidInputs, "voice"),
    ],
)
def test_a_request_that_cannot_be_worked_on_is_refused_by_name_and_not_stored(
    hub: Hub, wrong: dict, error: type[Exception], said: str
) -> None:
    with pytest.raises(error) as caught:
        hub.run(request(**wrong))
    assert said in f"{caught.value.what} {caught.value.why} {caught.value.instead}"  # type: ignore[attr-defined]
    with hub.database.reading() as tx:
        assert runs.newest(tx, teams=None) == []


def test_a_connection_that_is_not_on_for_the_team_is_refused_with_who_can_help(hub: Hub, sandbox: Sandbox) -> None:
    hubs.connect(hub, sandbox.url, name="other")
    from hub.store import connections

    with hub.database.transaction() as tx:
        connections.disable(tx, "other", hubs.TEAM)
    with pytest.raises(NotAllowed) as caught:
        hub.run(request(target=at_end_of(DOCUMENT, connection="other")))
    assert caught.value.who == "an admin"


def test_a_place_that_is_named_twice_is_written_once_and_leaves_nothing_to_be_written(
    hub: Hub, sandbox: Sandbox
) -> None:
    done = hub.run(request(destinations=(at_end_of(DOCUMENT), at_end_of(DOCUMENT))))
    assert done.state is RunState.DELIVERED, done.problem
    assert [row.state for row in rows(hub, done.id)] == [DeliveryState.DONE]
    assert sandbox.store.text(DOCUMENT).count("Spring sale, from Monday") == 1
