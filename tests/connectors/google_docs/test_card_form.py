"""The form of a template as a card, and Google's events: every kind of input, and whatever Google may send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.google_docs import card_event, card_form
from connectors.google_docs.card_event import CardEvent
from connectors.google_docs.card_parts import LONGEST, Buttons, escaped
from connectors.google_docs.place import address
from tests.connectors.google_docs.card_bench import check, widgets

BUTTONS = Buttons("https://hub.example.com/connect/google_docs/docs", common={"document": "1abc"})
DOCUMENT = "1AbC-d_e"


def spec(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    """An input as the hub lists it."""
    given = {"required": False, "label": "", "help": "", "default": None, "choices": [], "max_length": 500}
    return {"name": name, "kind": kind, **given, "min": None, "max": None, "source": None, **more}


def template(*inputs: dict[str, Any]) -> dict[str, Any]:
    said = {"name": "t", "title": "A <title>", "description": "What & why", "owner": "Brand", "version": "1.0"}
    return {**said, "help": {"text": "Say more.", "channel": "#ask", "guide": ""}, "inputs": list(inputs)}


def sent(**said: Any) -> CardEvent:
    """An event with these inputs filled in."""
    values = {f"in.{name}": (value,) if isinstance(value, str) else tuple(value) for name, value in said.items()}
    return CardEvent(document=DOCUMENT, inputs=values)


EVERY_KIND = template(
    spec("line", required=True, help="One <b>line</b>"),
    spec("material", "text", source="target.text", max_length=20_000),
    spec("title", source="target.title"),
    spec("words", "integer", min=5, max=50, default=20),
    spec("share", "number", min=0.5),
    spec("loud", "boolean", default=True),
    spec("quiet", "boolean"),
    spec("tone", "choice", choices=["dry", "very_warm"]),
    spec("level", "choice", choices=["a", "b"], default="b", required=True),
    spec("keep", "list"),
    spec("channels", "list", choices=["x", "sms"], default=["sms"]),
)


def test_a_form_of_every_kind_of_input_is_a_card_of_googles() -> None:
    card = card_form.form(EVERY_KIND, BUTTONS)
    check(card)
    kinds = [next(iter(widget)) for widget in card["sections"][1]["widgets"]]
    assert kinds == [
        *("textInput", "textInput", "textInput", "textInput", "textInput", "decoratedText", "decoratedText"),
        *("selectionInput", "selectionInput", "textInput", "selectionInput"),
    ]


def test_a_template_without_inputs_has_a_form_too() -> None:
    check(card_form.form({**template(), "help": {}}, BUTTONS))


def test_google_asks_for_what_nothing_else_gives_and_for_nothing_more() -> None:
    action = card_form.form(EVERY_KIND, BUTTONS)["fixedFooter"]["primaryButton"]["onClick"]["action"]
    assert action["requiredWidgets"] == ["in.line"]


def test_each_form_carries_a_click_of_its_own() -> None:
    def click() -> str:
        action = card_form.form(EVERY_KIND, BUTTONS)["fixedFooter"]["primaryButton"]["onClick"]["action"]
        return {one["key"]: one["value"] for one in action["parameters"]}["click"]

    assert click() != click()


def test_defaults_stand_in_the_form() -> None:
    card = card_form.form(EVERY_KIND, BUTTONS)
    texts = {w["textInput"]["name"]: w["textInput"].get("value") for w in widgets(card) if "textInput" in w}
    chosen = {
        w["selectionInput"]["name"]: [i["value"] for i in w["selectionInput"]["items"] if i["selected"]]
        for w in widgets(card)
        if "selectionInput" in w
    }
    switches = {
        w["decoratedText"]["switchControl"]["name"]: w["decoratedText"]["switchControl"]["selected"]
        for w in widgets(card)
        if "switchControl" in w.get("decoratedText", {})
    }
    assert texts["in.words"] == "20"
    assert (chosen["in.tone"], chosen["in.level"], chosen["in.channels"]) == ([""], ["b"], ["sms"])
    assert switches == {"in.loud": True, "in.quiet": False}


def test_what_is_typed_becomes_each_inputs_type() -> None:
    event = sent(line="x", words=" 12 ", share="0,75", loud="true", tone="dry", keep="a\n\n b ", channels=["x", "sms"])
    assert card_form.inputs(EVERY_KIND, event) == {
        **{"line": "x", "words": 12, "share": 0.75, "loud": True, "quiet": False, "tone": "dry"},
        **{"keep": ["a", "b"], "channels": ["x", "sms"]},
    }


def test_what_is_empty_or_unticked_is_left_to_its_default_and_a_switch_is_off() -> None:
    assert card_form.inputs(EVERY_KIND, sent(line="  ", words="", keep="\n")) == {"loud": False, "quiet": False}


@pytest.mark.parametrize("words", ["twelve", "1.5", "1e3", "nan", "9" * 5000, "１２x"])
def test_what_is_no_whole_number_is_named(words: str) -> None:
    with pytest.raises(card_form.NotFilledIn, match="Words: type a whole number"):
        card_form.inputs(EVERY_KIND, sent(words=words))


@pytest.mark.parametrize("words", ["half", "inf", "nan", "1e999"])
def test_what_is_no_number_is_named(words: str) -> None:
    with pytest.raises(card_form.NotFilledIn, match="Share: type a number"):
        card_form.inputs(EVERY_KIND, sent(share=words))


def test_an_input_named_like_a_widget_of_ours_is_no_place() -> None:
    card = card_form.form(template(spec("place"), spec("quote")), BUTTONS)
    names = [next(iter(widget.values())).get("name") for widget in widgets(card)]
    assert sorted(name for name in names if name) == ["in.place", "in.quote", "place", "quote"]


@pytest.mark.parametrize("chosen", [value for value, _ in card_form.PLACES])
def test_every_place_offered_is_one_the_connector_can_write_to(chosen: str) -> None:
    event = CardEvent(document=DOCUMENT, inputs={"place": (chosen,), "quote": ("Some words",)})
    found = address(card_form.place(event))
    assert (found.document, found.kind == "end") == (DOCUMENT, chosen == "end")
    assert (found.mode == "replace") == (chosen == "replace")


def test_the_documents_own_id_goes_before_the_one_a_click_carries() -> None:
    carried = {"commonEventObject": {"parameters": {"document": "carried"}}}
    assert card_event.read({**carried, "docs": {"id": "open-now"}}).document == "open-now"
    assert card_event.read({**carried, "docs": {"addonHasFileScopePermission": True}}).document == "carried"
    assert card_event.read(carried).document == "carried"


@pytest.mark.parametrize("wrong", ["", "a", "../x", "a b", "x" * 201, "a/b", 7, None, ["abc"], "abc\n"])
def test_what_is_no_id_of_a_document_is_none(wrong: Any) -> None:
    parameters = {"document": wrong}
    assert card_event.read({"docs": {"id": wrong}, "commonEventObject": {"parameters": parameters}}).document == ""


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_STRANGE = st.fixed_dictionaries(
    {},
    optional={
        "docs": _JSON | st.fixed_dictionaries({}, optional={"id": _JSON, "title": _JSON}),
        "commonEventObject": _JSON
        | st.fixed_dictionaries(
            {},
            optional={
                "parameters": _JSON,
                "formInputs": _JSON
                | st.dictionaries(st.text(max_size=3), st.fixed_dictionaries({"stringInputs": _JSON})),
            },
        ),
    },
)


@given(_STRANGE)
def test_no_event_breaks_the_reading(body: dict[str, Any]) -> None:
    event = card_event.read(body)
    assert isinstance(event.title, str)
    assert all(isinstance(one, str) for said in event.inputs.values() for one in said)
    card_form.place(CardEvent(document=event.document))


@given(st.text(alphabet="<>&\"'a \n;#x3", max_size=60), st.integers(1, 40))
def test_no_text_is_ever_markup_however_it_is_cut(words: str, longest: int) -> None:
    shown = escaped(words, longest).replace("<br>", "")
    assert "<" not in shown
    assert ">" not in shown
    assert len(escaped("x" * 10_000)) == LONGEST
