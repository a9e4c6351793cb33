"""The sidebar's way from a selection to a draft in the document: the script under Node, the hub over HTTP."""

from __future__ import annotations

from tests.connectors.google_docs.addon_stage import Desk
from tests.hubs import TEMPLATE

SALE = "Our spring sale starts on Monday and everybody is welcome."
DRAFT = "Spring sale, from Monday. Come in."


def test_a_selected_paragraph_becomes_a_draft_below_it(desk: Desk) -> None:
    desk.stage.open("Before", SALE, "After")
    desk.stage.select([["body", 1]])
    opened = desk.stage.ask("open")
    assert opened["name"] == "Mara"
    assert TEMPLATE in [one["name"] for one in opened["templates"]]
    seen = desk.run(TEMPLATE)
    assert seen["before"] == SALE
    assert seen["run"]["state"] == "delivered"
    told = desk.insert(seen["run"]["id"])
    assert told["status"] == "inserted" and told["reported"]
    assert desk.stage.body() == ["Before", SALE, DRAFT, "After"]
    names = desk.stage.names()
    assert names["inlay:in:click-0001"] == SALE
    run = seen["run"]
    revision = desk.shown(run["id"])["revision"]
    assert names[f"inlay:out:{run['id']}.s1 {TEMPLATE}@{revision}"] == DRAFT
