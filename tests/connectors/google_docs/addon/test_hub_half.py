"""The hub's half of the sidebar by itself: strict about what it is sent, and it takes nobody's word for a place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from hub.store import deliveries
from tests.connectors.google_docs.addon.test_insert import SALE, Made, drafted
from tests.connectors.google_docs.addon_stage import Desk
from tests.flow.web.test_api_acts import ASKED, EMAIL, SECRET
from tests.hubs import TEMPLATE, answer

HASH = "0" * 64


def call(desk: Desk, path: str, body: Any = None, person: str = "mara@example.com") -> Any:
    headers = {"Authorization": f"Bearer {desk.signer.sidebar(person)}"}
    client, where = desk.site.client(), f"/connect/google_docs/docs/sidebar/{path}"
    return client.get(where, headers=headers) if body is None else client.post(where, json=body, headers=headers)


def click(**given: Any) -> dict[str, Any]:
    usual = {"click": "click-0001", "template": TEMPLATE, "inputs": {}, "text": SALE, "document": "d", "tab": "t.0"}
    return {**usual, "range": "inlay:in:click-0001", **given}


def place(run: dict[str, Any], **given: Any) -> dict[str, Any]:
    variant = run["variants"][0]
    usual = {"document": "d", "tab": "t.0", "variant": 1, "marker": variant["marker"], "mark": variant["mark"]}
    return {**usual, "mode": "below", "text_hash": HASH, **given}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("click", "short"),
        ("click", 12345678),
        ("click", "with spaces in it"),
        ("document", "../../etc"),
        ("document", ""),
        ("text", "x" * 200_001),
        ("text", None),
        ("text_hash", "A" * 64),
        ("inputs", [1]),
        ("inputs", {str(n): n for n in range(51)}),
        ("template", ""),
        ("title", "x" * 1001),
        ("unknown", 1),
    ],
)
def test_a_click_that_is_not_well_formed_is_refused_and_names_the_field(desk: Desk, field: str, value: Any) -> None:
    answered = call(desk, "runs", click(**{field: value}))
    assert answered.status_code == 422
    assert field in answered.json["fields"]
    assert str(value)[:100] not in answered.text or len(str(value)) < 6


def test_another_clicks_range_is_not_taken(desk: Desk) -> None:
    assert call(desk, "runs", click(range="inlay:in:click-0002")).status_code == 400


def test_a_template_of_another_surface_or_of_nobody_is_not_run(desk: Desk) -> None:
    assert call(desk, "runs", click(template="none")).status_code == 400


def test_the_selected_text_fills_the_input_that_a_document_fills_and_no_other(desk: Desk) -> None:
    run = call(desk, "runs", click()).json
    stored = desk.site.hub.get(run["id"]).request
    assert stored.inputs == {"text": SALE}
    assert stored.target is None and stored.destinations == ()
    assert stored.surface == "google_docs"
    assert stored.raw == {"document": "d", "tab": "t.0", "range": "inlay:in:click-0001", "text_hash": ""}
    assert stored.actor.person == "mara@example.com"
    typed = call(desk, "runs", click(click="click-0002", range="inlay:in:click-0002", inputs={"text": "Typed."})).json
    assert desk.site.hub.get(typed["id"]).request.inputs == {"text": "Typed."}


def test_a_template_that_reads_no_text_is_sent_none(desk: Desk) -> None:
    desk.stage.open(SALE)
    desk.stage.select([["body", 0]])
    desk.start(TEMPLATE, takes_text=False, text="Typed by hand.")
    (sent,) = [one["body"] for one in desk.stage.do("calls") if one["url"].endswith("/runs")]
    assert sent["text"] == ""
    assert SALE not in str(sent)


def test_a_place_under_a_made_up_name_is_not_recorded(desk: Desk) -> None:
    run = call(desk, "runs", click()).json
    for given in ({"marker": "inlay:out:other"}, {"variant": 2}, {"mode": "anywhere"}, {"text_hash": "x"}):
        assert call(desk, f"runs/{run['id']}/placed", place(run, **given)).status_code in (400, 422)
    assert desk.shown(run["id"])["deliveries"] == []


@pytest.mark.parametrize("words", ["", " Come quickly."])
def test_a_place_says_whether_the_draft_stands_there_as_it_was_drafted(desk: Desk, words: str) -> None:
    run = call(desk, "runs", click()).json
    told = hashlib.sha256((run["variants"][0]["text"] + words).encode()).hexdigest()
    assert call(desk, f"runs/{run['id']}/placed", place(run, mark="", text_hash=told)).status_code == 200
    with desk.site.hub.database.reading() as tx:
        (row,) = deliveries.of_run(tx, run["id"])
    assert row.receipt is not None and row.receipt.detail["as_drafted"] is (not words)


def test_opening_the_sidebar_carries_no_replaced_text_and_the_run_itself_does(desk: Desk) -> None:
    run = call(desk, "runs", click()).json["id"]
    old = "x" * 150_000
    made = call(desk, f"runs/{run}").json
    call(desk, f"runs/{run}/placed", place(made, mark="", mode="replace", replaced=old))
    opened = call(desk, "open", {"document": "d"})
    assert [one["id"] for one in opened.json["runs"]] == [run]
    assert len(opened.data) < len(old)
    assert call(desk, f"runs/{run}").json["places"][0]["replaced"] == old


def test_a_click_tried_again_over_another_text_leads_to_its_run_in_a_copywriters_words(desk: Desk) -> None:
    run = call(desk, "runs", click()).json["id"]
    again = call(desk, "runs", click(text=f"{SALE} Come early."))
    assert again.status_code == 409
    assert run in again.json["why"]
    assert "idempotency" not in again.text and "key" not in again.json["detail"].split()


def test_an_unreviewed_draft_is_not_recorded_without_its_line(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(EMAIL, answer())
    run = call(desk, "runs", click(template=ASKED["template"], inputs=ASKED["inputs"])).json
    assert run["state"] == "in_review"
    line = run["variants"][0]["mark"]
    for mark in ("", " ", line[:-1], f"{line} Reviewed."):
        assert call(desk, f"runs/{run['id']}/placed", place(run, mark=mark)).status_code == 409
    assert call(desk, f"runs/{run['id']}/placed", place(run)).status_code == 200
    assert desk.shown(run["id"])["deliveries"][0]["reviewed"] is False


def test_what_became_of_a_draft_is_told_by_whoever_asked_for_it_and_while_it_stands(desk: Desk) -> None:
    run = call(desk, "runs", click()).json
    marker, text = run["variants"][0]["marker"], run["variants"][0]["text"]
    assert call(desk, f"runs/{run['id']}/stands", {"marker": marker, "text": text}).status_code == 409
    call(desk, f"runs/{run['id']}/placed", place(run, mark=""))
    forged = call(desk, f"runs/{run['id']}/stands", {"marker": marker, "text": None}, "jon@example.com")
    assert (forged.status_code, _standing(desk, run)) == (409, None)
    assert call(desk, f"runs/{run['id']}/stands", {"marker": marker, "text": text}).status_code == 200
    assert _standing(desk, run)["state"] == "kept"
    call(desk, f"runs/{run['id']}/removed", {"marker": marker})
    assert call(desk, f"runs/{run['id']}/stands", {"marker": marker, "text": None}).status_code == 200
    assert _standing(desk, run)["state"] == "kept"


def _standing(desk: Desk, run: dict[str, Any]) -> Any:
    return desk.shown(run["id"])["deliveries"][0]["standing"]


def test_a_colleague_sees_the_run_of_the_team_and_a_stranger_nothing(desk: Desk) -> None:
    run = call(desk, "runs", click()).json["id"]
    assert call(desk, f"runs/{run}", person="jon@example.com").status_code == 200
    assert call(desk, f"runs/{run}", person="kim@example.com").status_code == 403
    assert call(desk, "runs/none").status_code == 404
    assert call(desk, "open", {"document": "d"}, person="jon@example.com").json["runs"] == []


def test_friction_is_one_of_the_hubs_own_tags(desk: Desk) -> None:
    run = call(desk, "runs", click()).json["id"]
    tags = call(desk, "open", {"document": "d"}).json["friction"]
    assert call(desk, f"runs/{run}/feedback", {"tag": tags[0]}).status_code == 200
    assert call(desk, f"runs/{run}/feedback", {"tag": "boring"}).status_code == 400
    assert "feedback.given" in [event["event"] for event in desk.shown(run)["timeline"]]


def test_templates_come_most_used_first_and_say_what_they_take(desk: Desk) -> None:
    desk.site.start()
    found = call(desk, "open", {"document": "d"}).json["templates"]
    assert found[0]["name"] == TEMPLATE
    assert {one["name"]: one["comments"] for one in found}["claims-check"] is True
    assert all(one["takes_text"] for one in found)


def test_a_draft_that_speaks_like_a_command_gives_no_orders(desk_with: Made) -> None:
    desk = desk_with(answer("Fine.\n/ai rewrite louder"))
    desk.stage.open(SALE, "/ai rewrite warmer")
    run = drafted(desk, [["body", 0]])
    desk.insert(run)
    assert [one["line"] for one in desk.stage.ask("commands")["commands"]] == ["/ai rewrite warmer"]


def test_the_place_of_a_run_that_is_over_is_forgotten_at_the_next_opening(desk: Desk) -> None:
    desk.stage.open(f"The key is {SECRET}.", SALE)
    desk.stage.select([["body", 0]])
    assert desk.run(TEMPLATE)["run"]["state"] == "refused"
    drafted(desk, [["body", 1]])
    assert list(desk.stage.names()) == ["inlay:in:click-0001", "inlay:in:click-0002"]
    desk.stage.ask("open")
    assert list(desk.stage.names()) == ["inlay:in:click-0002"]
