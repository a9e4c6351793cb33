"""``/ai …`` lines in the sidebar: found on a click, told apart, run one by one, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.testing import FakeModel
from tests.connectors.google_docs.addon_stage import Desk, problem_of
from tests.hubs import ENVELOPE, TEMPLATE, answer

TEXT = "Our spring sale starts on Monday."
Made = Callable[..., Desk]
NOTHING = {
    "variants": [
        {"quote": "", "risk": "none", "evidence": "none given", "why": "No claim.", "instead": "fine as it is"}
    ],
    **ENVELOPE,
}


def test_each_line_is_told_with_its_template_or_its_problem(desk: Desk) -> None:
    desk.stage.open(TEXT, "/ai rewrite warmer", "/ai dance", "/AI\u00a0rewrite: Come in.", "No /ai command")
    warmer, dance, beside = desk.stage.ask("commands")["commands"]
    assert (warmer["template"], warmer["inputs"], warmer["material"]) == (TEMPLATE, {"instruction": "warmer"}, "above")
    assert warmer["line"] == "/ai rewrite warmer" and warmer["title"] == "Rewrite in brand voice"
    assert "dance" in dance["problem"]["what"] and "/ai shorten" in dance["problem"]["instead"]
    assert beside["material"] == "Come in."


def test_a_command_works_on_the_text_above_and_the_same_click_again_is_the_same_run(desk_with: Made) -> None:
    model = FakeModel(answer())
    desk = desk_with(model=model)
    desk.stage.open(TEXT, "/ai rewrite warmer")
    (found,) = desk.stage.ask("commands")["commands"]
    given = {"click": "click-0001", "path": found["path"], "line": found["line"]}
    first = desk.stage.ask("command", **given)["run"]
    assert desk.stage.ask("command", **given)["run"]["id"] == first["id"]
    desk.settled(first["id"])
    assert [prompt.inputs["text"] for prompt in model.prompts] == [TEXT]
    assert model.prompts[0].inputs["instruction"] == "warmer"
    desk.insert(first["id"], "replace")
    assert not any("/ai" in str(one) for one in desk.stage.body())


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (3, "Drill\nSo quiet.\nNine hours\nBattery\nLasts 🌞"),
        (1, "Launch\nDrill\nSo quiet.\nNine hours\nBattery\nLasts 🌞\nPrice\nCheapest."),
    ],
)
def test_a_check_reads_the_section_its_line_stands_in(desk_with: Made, line: int, read: str) -> None:
    model = FakeModel(NOTHING)
    desk = desk_with(model=model)
    content: list[Any] = [
        {"p": "Launch", "heading": "TITLE"},
        {"p": "Drill", "heading": "HEADING1"},
        "So quiet.",
        {"table": [["Nine hours", "/ai rewrite"]]},
        {"p": "Battery", "heading": "HEADING2"},
        "Lasts 🌞",
        {"p": "Price", "heading": "HEADING1"},
        "Cheapest.",
    ]
    desk.stage.open(*content[:line], "/ai check claims", *content[line:])
    found = next(one for one in desk.stage.ask("commands")["commands"] if one["template"] == "claims-check")
    run = desk.stage.ask("command", click="click-0001", path=found["path"], line=found["line"])["run"]
    desk.settled(run["id"])
    assert [prompt.inputs["text"] for prompt in model.prompts] == [read]


def test_a_command_with_nothing_above_it_says_what_to_do(desk: Desk) -> None:
    desk.stage.open("/ai rewrite", "Below")
    (found,) = desk.stage.ask("commands")["commands"]
    told = problem_of(lambda: desk.stage.ask("command", click="click-0001", path=found["path"], line=found["line"]))
    assert "no text right above" in told["what"] and "colon" in told["instead"]
