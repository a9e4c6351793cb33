"""From what stands at a destination, and nothing else, the record of its text is reached: every kind of write-back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest

from connectors.dam import panel, panel_takes
from connectors.dam import sandbox as dam
from connectors.google_docs import place as docs_place
from connectors.google_docs import sidebar, sidebar_takes, sidebar_view
from connectors.google_docs.sandbox import Sandbox
from connectors.salesforce import place as crm_place
from connectors.salesforce import sandbox as salesforce
from connectors.salesforce.sandbox_samples import LAUNCH
from hub.bootstrap import Hub
from hub.domain import Request, Role, RunState, Target
from hub.pipeline import lineage, provenance
from hub.sdk import Visitor
from hub.store import connections
from hub.testing import FakeModel
from hub.web.visitor import PersonAtTheDesk, Uses
from tests import hubs
from tests.connectors.dam import images
from tests.connectors.dam.hub_bench import ANSWER
from tests.hubs import ENVELOPE, TEAM, a_hub, answer, request

DOCUMENT = "demo-launch-brief"
QUOTE = "Owner: Zoë Lindqvist · Market: DACH and Québec · Draft 3"
REMARK = {"quote": "drill", "risk": "high", "evidence": "none given", "why": "No study.", "instead": "tested"}
ASSET = request(template="alt-text-and-metadata", inputs={})


@dataclass
class Desk:
    """A hub with one connection of each connector, and the destinations as their vendors hold them."""

    docs: Sandbox
    org: salesforce.Sandbox
    home: Path
    stack: ExitStack = field(default_factory=ExitStack)
    hub: Hub = field(init=False)
    shelf: dam.Sandbox = field(init=False)

    def open(self, says: Any, dialect: str = "cloudinary") -> None:
        self.shelf = dam.start(dialect=dialect, sample=False)
        self.stack.callback(self.shelf.stop)
        self.hub = self.stack.enter_context(a_hub(self.home, model=FakeModel(says)))
        hubs.connect(self.hub, self.docs.url)
        hubs.connect_org(self.hub, self.org, tasks=True, record_fields=["Campaign.Description"])
        row = self.hub.parts.connections.sealed("dam", "dam", self.shelf.settings(), sandbox=True, now=0.0)
        with self.hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, "dam", TEAM, {})
        strict = {"tier": 2, "name": "strict", "revision": "s"}
        self.hub.parts.shelf.add(self.hub.parts.shelf.current(hubs.TEMPLATE).model_copy(update=strict))

    def write(self, wanted: Request) -> str:
        """Run it; the run's id."""
        run = self.hub.run(wanted)
        assert run.state in (RunState.DELIVERED, RunState.IN_REVIEW), run.problem
        return run.id

    def visitor(self, connection: str) -> Visitor:
        known = ("mara@example.com", "Mara", {TEAM: Role.MEMBER})
        opened = self.hub.parts.connections.get(connection)[1]
        return PersonAtTheDesk(self.hub, Uses(self.hub), opened, known, [TEAM], TEAM)

    def in_document(self, pattern: str) -> set[str]:
        """What of this form stands in the document, comments and named ranges included."""
        standing = self.docs.store.get(DOCUMENT)
        return set(re.findall(pattern, json.dumps([standing.tabs, standing.comments], ensure_ascii=False)))

    def records(self, type: str) -> list[dict[str, Any]]:
        return [{"Id": row.id, **row.values} for row in self.org.store.rows(type)]

    def leads_to(self, place: str) -> list[str]:
        found = lineage.of_place(self.hub.parts, place, reach=[TEAM], names=lambda team: False)
        assert all(chain["complete"] and chain["holds"] for chain in found["chains"])
        return [chain["run"] for chain in found["chains"]]


#: Makes the write-back; gives its run, and the ids and addresses that a person copies at the destination.
Way = Callable[[Desk], tuple[str, set[str]]]


def in_document(pattern: str, says: Any, **asked: Any) -> Way:
    def way(desk: Desk) -> tuple[str, set[str]]:
        desk.open(says)
        run = desk.write(request(**asked))
        return run, {
            *desk.in_document(pattern),
            DOCUMENT,
            f"https://docs.google.com/document/d/{DOCUMENT}/edit?tab=t.0",
        }

    return way


def by_the_sidebar(desk: Desk) -> tuple[str, set[str]]:
    desk.open(answer())
    run, visitor = desk.write(request()), desk.visitor("docs")
    (variant,) = sidebar_view.whole(visitor.run(run), visitor)["variants"]
    inserted = {"insertText": {"location": {"index": 1}, "text": variant["text"]}}
    span = {"startIndex": 1, "endIndex": 1 + len(variant["text"])}
    desk.docs.store.edit(DOCUMENT, inserted, {"createNamedRange": {"name": variant["marker"], "range": span}})
    told = {"document": DOCUMENT, "tab": "t.0", "variant": 1, "marker": variant["marker"], "mark": variant["mark"]}
    body = sidebar_takes.Placed(**told, mode="cursor", text_hash="0" * 64)
    sidebar.placed(visitor, run, body)
    return run, {*desk.in_document(r"inlay:out:([\w-]+)\.s"), DOCUMENT}


def on_a_record(way: str, **at: str) -> Way:
    def write(desk: Desk) -> tuple[str, set[str]]:
        desk.open(answer())
        target = Target(connection="crm", at={"record": LAUNCH, "as": way, **at})
        run = desk.write(request(target=target))
        page = f"{desk.org.url}/lightning/r/Campaign/{LAUNCH}/view"
        places = {LAUNCH, LAUNCH[:15], page, f"{desk.org.url}/{LAUNCH[:15]}"}
        if way == "output":
            (row,) = desk.records("AI_Output__c")
            places |= {row["Id"], row["Id"][:15], row["Full_Output_URL__c"], row["Hub_Run__c"]}
        if way == "task":
            (row,) = (one for one in desk.records("Task") if one.get("AI_Hub_Key__c"))
            places |= {row["Id"], row["Id"][:15], f"{desk.org.url}/lightning/r/Task/{row['Id']}/view"}
        return run, places

    return write


def at_an_asset(dialect: str) -> Way:
    def way(desk: Desk) -> tuple[str, set[str]]:
        desk.open(ANSWER, dialect)
        vendor, store = desk.shelf.vendor, desk.shelf.store
        id = store.add("lantern.png", images.png(8, 8), "image/png", folder=vendor.home, quiet=True).id
        run = desk.write(Request(**{**vars_of(ASSET), "target": Target(connection="dam", at={"asset": id})}))
        said = json.dumps(list(store.get(id).fields.values()), ensure_ascii=False)
        assert ANSWER["variants"][0]["alt_text"] in said
        connector, _ = desk.hub.parts.connections.get("dam")
        page = connector.target_url(Target(connection="dam", at={"asset": id}))
        return run, {id, *filter(None, [page]), *re.findall(r"https?://[^\s\"\\]+/runs/[\w-]+", said)}

    return way


def vars_of(asked: Request) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in asked.__dataclass_fields__}


def in_a_design(program: Any) -> Way:
    def way(desk: Desk) -> tuple[str, set[str]]:
        desk.open(answer())
        run = desk.write(request())
        body = panel_takes.Placed(
            piece=f"{run}.v1", program=program, document="poster.psd", marked=False, text="Spring sale."
        )
        panel.placed(desk.visitor("dam"), run, body)
        # What the design keeps beside the text is the piece's name; a person knows the program and the document.
        return run, {f"{run}.v1".rpartition(".")[0], f"{program}:poster.psd"}

    return way


OUT = r"inlay:out:([\w-]+)\.1"
LINE = r"Inlay run ([\w-]+)"


def at_quote(mode: str) -> Target:
    return Target(connection="docs", at={"document": DOCUMENT, "quote": QUOTE, "mode": mode})


END = hubs.at_end_of(DOCUMENT)
CLAIMS = {"template": "claims-check", "inputs": {"text": "The quietest drill.", "market": "EU"}}
WAYS: dict[tuple[str, str], Way] = {
    ("google_docs", "below"): in_document(OUT, answer(), target=at_quote("below")),
    ("google_docs", "replace"): in_document(OUT, answer(), target=at_quote("replace")),
    ("google_docs", "end"): in_document(OUT, answer(), target=END),
    ("google_docs", "suggestion"): in_document(LINE, answer(), template="strict", target=END),
    ("google_docs", "comments"): in_document(LINE, {"variants": [REMARK], **ENVELOPE}, **CLAIMS, target=END),
    ("google_docs", "sidebar"): by_the_sidebar,
    ("salesforce", "output"): on_a_record("output"),
    ("salesforce", "task"): on_a_record("task"),
    ("salesforce", "field"): on_a_record("field", field="Description"),
    ("dam", "aem"): at_an_asset("aem"),
    ("dam", "cloudinary"): at_an_asset("cloudinary"),
    ("dam", "bynder"): at_an_asset("bynder"),
    ("dam", "signed"): at_an_asset("standard_webhooks"),
    ("dam", "express"): in_a_design("express"),
    ("dam", "photoshop"): in_a_design("photoshop"),
    ("dam", "indesign"): in_a_design("indesign"),
}


@pytest.fixture
def desk(tmp_path: Path, sandbox: Sandbox) -> Iterator[Desk]:
    org = salesforce.start()
    made = Desk(sandbox, org, tmp_path)
    yield made
    made.stack.close()
    org.stop()


@pytest.mark.parametrize("kind", WAYS, ids="-".join)
def test_from_what_stands_at_the_destination_the_record_is_reached(desk: Desk, kind: tuple[str, str]) -> None:
    run, places = WAYS[kind](desk)
    assert len(places) > 1
    for place in places:
        assert desk.leads_to(place) == [run], place
    made = provenance.record(desk.hub.parts, desk.hub.get(run), names=False)
    assert made["ai_act"]["article"] == "50" and made["ledger"]["holds"]


def test_every_kind_of_write_back_has_its_way_back(tmp_path: Path) -> None:
    with a_hub(tmp_path) as hub:
        installed = set(hub.registry.connectors)
    kinds = {
        "google_docs": {*docs_place.MODES, "suggestion", "comments", "sidebar"},
        "salesforce": set(crm_place.WAYS),
        # Every other DAM is a preset of signed webhooks.
        "dam": {*dam.VENDORS, "signed", *get_args(panel_takes.Program)},
    }
    assert kinds.keys() == installed
    assert set(WAYS) == {(connector, kind) for connector, some in kinds.items() for kind in some}


def test_a_campaign_leads_to_all_that_was_left_beside_it_and_to_no_other_team_s(desk: Desk) -> None:
    desk.open(answer())
    ways = ({"as": "output"}, {"as": "task"}, {"as": "field", "field": "Description"})
    made = {desk.write(request(str(at), target=Target(connection="crm", at={"record": LAUNCH, **at}))) for at in ways}
    assert set(desk.leads_to(LAUNCH)) == made
    told = lineage.of_place(desk.hub.parts, LAUNCH, reach=["another"], names=lambda team: False)
    assert told["chains"] == [] and "could not" not in told["note"]


def test_a_vendor_that_does_not_answer_hides_nothing_the_hub_knows_and_is_named(desk: Desk) -> None:
    run, _ = on_a_record("field", field="Description")(desk)
    desk.org.faults.add("503", times=None)
    for place in (LAUNCH, LAUNCH[:15]):
        found = lineage.of_place(desk.hub.parts, place, reach=[TEAM], names=lambda team: False)
        assert [chain["run"] for chain in found["chains"]] == [run]
        assert "crm could not be asked" in found["note"]
