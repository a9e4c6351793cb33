"""The sidebar's way from a selection to a draft in the document: the script under Node, the hub over HTTP."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from hub.model import Endpoint, OpenAIModel
from tests.connectors.google_docs.addon_stage import Desk, a_desk
from tests.fake_model_server import FakeModelServer, envelope
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


def test_the_way_with_a_model_behind_its_own_server(tmp_path: Path, fake_model: FakeModelServer) -> None:
    """Nothing is played but Google: the model is asked over HTTP too, and sees the selection alone."""
    fake_model.answers(envelope("Come in 👋 from Monday."))
    model = OpenAIModel(Endpoint(base_url=fake_model.base_url, model="gpt-4o-mini"))
    with a_desk(tmp_path, model=model) as desk:
        desk.stage.open("Nobody else's business.", f"Well. {SALE} Good.")
        desk.stage.select([["body", 1, 0], 6, 6 + len(SALE)])
        run = desk.run(TEMPLATE)["run"]["id"]
        desk.insert(run, "replace")
        assert desk.stage.body() == ["Nobody else's business.", "Well. Come in 👋 from Monday. Good."]
        (asked,) = fake_model.journal()
        assert SALE in str(asked["body"])
        assert "Nobody" not in str(asked["body"])
        calls = [(one["method"], one["url"].rpartition("/sidebar/")[2]) for one in desk.stage.do("calls")]
        # How often it looks depends on how long the model takes.
        assert [call for call, _ in groupby(calls)] == [
            ("post", "runs"),
            ("get", f"runs/{run}"),
            ("post", f"runs/{run}/placed"),
        ]
