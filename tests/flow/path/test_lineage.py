"""From whatever a connector wrote, the way back is complete: each kind of write-back of each connector that ships."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.dam import sandbox as dam
from connectors.google_docs.sandbox import Sandbox
from connectors.salesforce import sandbox as salesforce
from connectors.salesforce.sandbox_samples import LAUNCH
from hub.bootstrap import Hub
from hub.domain import DeliveryRow, Receipt, Request, RunState, Target
from hub.pipeline import lineage, period, placed
from hub.store import connections, deliveries
from hub.testing import FakeModel
from tests import hubs
from tests.connectors.dam.hub_bench import ANSWER
from tests.hubs import AUTHOR, ENVELOPE, REVIEWER, TEAM, a_hub, answer, approve, at_end_of, request

REMARK = {"quote": "drill", "risk": "high", "evidence": "none given", "why": "No study.", "instead": "tested"}


@pytest.fixture
def org() -> Iterator[salesforce.Sandbox]:
    org = salesforce.start()
    yield org
    org.stop()


@pytest.fixture
def shelf() -> Iterator[dam.Sandbox]:
    shelf = dam.start(dialect="cloudinary")
    yield shelf
    shelf.stop()


@pytest.fixture
def make(
    tmp_path: Path, database_url: str, sandbox: Sandbox, org: salesforce.Sandbox, shelf: dam.Sandbox
) -> Iterator[Callable[..., tuple[Hub, DeliveryRow]]]:
    opened: list[Any] = []

    def made(wanted: Request, says: Any) -> tuple[Hub, DeliveryRow]:
        place = a_hub(tmp_path, database_url=database_url, model=FakeModel(says))
        hub = place.__enter__()
        opened.append(place)
        hubs.connect(hub, sandbox.url)
        hubs.connect_org(hub, org, tasks=True, record_fields=["Campaign.Description"])
        row = hub.parts.connections.sealed("dam", "dam", shelf.settings(), sandbox=True, now=hub.parts.clock())
        with hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, "dam", TEAM, {})
        # A template whose tier asks for a second person; what it makes is written as a suggestion first.
        strict = {"tier": 2, "name": "strict", "revision": "s"}
        hub.parts.shelf.add(hub.parts.shelf.current(hubs.TEMPLATE).model_copy(update=strict))
        run = hub.run(wanted)
        assert run.state in (RunState.DELIVERED, RunState.IN_REVIEW), run.problem
        return hub, rows(hub, run.id)[0]

    yield made
    for place in opened:
        place.__exit__(None, None, None)


def crm(**at: Any) -> Target:
    return Target(connection="crm", at={"record": LAUNCH, **at})


KINDS = {
    "a text in a document": (request(target=at_end_of("demo-launch-brief")), answer()),
    "a suggestion in a document": (request(template="strict", target=at_end_of("demo-launch-brief")), answer()),
    "comments beside a text": (
        request(
            template="claims-check",
            inputs={"text": "The quietest drill.", "market": "EU"},
            target=at_end_of("demo-newsletter"),
        ),
        {"variants": [REMARK], **ENVELOPE},
    ),
    "an output on a record": (request(target=crm()), answer()),
    "a task on a record": (request(target=crm(**{"as": "task"})), answer()),
    "a field of a record": (request(target=crm(**{"as": "field", "field": "Description"})), answer()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_way_back_from_what_was_written_is_complete(make: Any, kind: str) -> None:
    hub, row = make(*KINDS[kind])
    assert row.receipt is not None and row.receipt.vendor_id
    for place in (row.receipt.vendor_id, row.receipt.url):
        (chain,) = trace(hub, place)
        assert chain["complete"] and chain["holds"], (kind, place)
        assert chain["run"] == row.run_id
        steps = [step["step"] for step in chain["steps"]]
        assert steps == ["destination", "review", "checks", "output", "model", "policy", "template", "request"]
    with hub.database.reading() as tx:
        counted = period.counted(tx, 0.0, hub.parts.clock() + 1)
    assert (counted.written, counted.audited) == (1, 1)


def test_the_way_back_from_an_asset_is_complete(make: Any, shelf: dam.Sandbox) -> None:
    asset = next(iter(shelf.store.every())).id
    hub, row = make(request(template="alt-text-and-metadata", inputs={}, target=at_asset(asset)), ANSWER)
    for place in (row.receipt.vendor_id, row.receipt.url):
        (chain,) = trace(hub, place)
        assert chain["complete"] and chain["holds"] and chain["run"] == row.run_id


def test_the_way_back_from_what_a_surface_put_in_place_itself_is_complete(make: Any) -> None:
    hub, row = make(request(target=at_end_of("demo-launch-brief")), answer())
    receipt = Receipt(vendor_id="photoshop:spring-poster", content_hash="0" * 64, detail={"marker": "headline"})
    target = Target(connection="dam", at={"program": "photoshop", "document": "spring-poster", "piece": "headline"})
    placed.place(hub.parts, hub.get(row.run_id), AUTHOR, target, receipt, reviewed=True)
    (chain,) = trace(hub, "photoshop:spring-poster")
    assert chain["complete"] and chain["holds"]
    assert [step["is"]["key"] for step in chain["steps"] if step["step"] == "destination"] == [f"{row.run_id}.2"]


def test_a_reviewed_text_leads_to_the_decision_and_to_whose_it_was(make: Any) -> None:
    hub, row = make(request(template="strict", target=at_end_of("demo-launch-brief")), answer())
    run = hub.get(row.run_id)
    assert run.state is RunState.IN_REVIEW
    approve(hub, run)
    (chain,) = trace(hub, row.receipt.vendor_id, names=True)
    decided = next(step for step in chain["steps"] if step["step"] == "review")
    assert decided["is"]["decision"] == "accept" and decided["is"]["of_this_content"] is True
    assert decided["is"]["by"]["person"] == REVIEWER.person and decided["ledger_row"]["holds"] is True


def test_the_address_as_a_browser_shows_it_leads_to_the_run(make: Any) -> None:
    hub, row = make(*KINDS["a text in a document"])
    id = row.receipt.vendor_id
    for page in (
        f"https://docs.google.com/document/d/{id}/edit?tab=t.0#heading=h.1",
        f"{hub.settings.url}/runs/{row.run_id}",
    ):
        assert [chain["run"] for chain in trace(hub, page)] == [row.run_id], page
    for page in ("https://docs.google.com/document/d/another/edit", "x" * 900, "%", "https://[", "001000000000000AAA"):
        assert trace(hub, page) == []


def test_a_passage_is_found_where_it_was_written_however_old_the_run_is(make: Any) -> None:
    hub, row = make(*KINDS["a text in a document"])
    who: Any = {"reach": [TEAM], "names": lambda team: False}
    passage = "spring sale,\n from MONDAY."
    assert lineage.of_text(hub.parts, passage, days=-1, **who)["chains"] == []
    found = lineage.of_text(hub.parts, passage, at=row.receipt.url, days=-1, **who)
    assert [chain["run"] for chain in found["chains"]] == [row.run_id]


def at_asset(asset: str) -> Target:
    return Target(connection="dam", at={"asset": asset})


def rows(hub: Hub, run_id: str) -> list[DeliveryRow]:
    with hub.database.reading() as tx:
        return deliveries.of_run(tx, run_id)


def trace(hub: Hub, place: str, *, names: bool = False) -> list[dict[str, Any]]:
    return lineage.of_place(hub.parts, place, reach=[TEAM], names=lambda team: names)["chains"]
