"""The simulator: labelled, deterministic, within the limits of any contract, and made of the inputs' own sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.offline import LABEL, SHORT_LABEL, Simulator
from hub.sdk import Prompt
from hub.templates import Contract, FieldSpec, Limit

NOTES = "We sell drills.\nAudience: site managers. Deadline is 12 March. See https://a.example/x."


def simulated(contract: Contract, inputs: dict[str, Any]) -> dict[str, Any]:
    prompt = Prompt(messages=(), schema={}, max_tokens=1, inputs=inputs, contract=contract.model_dump())
    answer = Simulator().ask(prompt)
    assert answer == Simulator().ask(prompt)
    assert contract.breaches(contract.parse(answer.text), inputs) == ()
    return json.loads(answer.text)


def test_it_says_that_it_is_simulated_and_costs_nothing() -> None:
    simulator = Simulator()
    assert simulator.simulated and simulator.name == "simulator" and simulator.price_micros(1000, 1000) == 0
    usage = simulator.ask(Prompt(messages=(), schema={}, max_tokens=1)).usage
    assert (usage.model, usage.cost_micros, usage.input_tokens) == ("simulator", 0, 0)


def test_a_field_is_filled_with_the_sentence_that_speaks_of_it() -> None:
    fields = {name: FieldSpec(minLength=1, maxLength=200) for name in ("title", "audience", "deadline", "budget")}
    found = simulated(Contract(fields=fields), {"notes": NOTES})
    variant = found["variants"][0]
    assert variant["title"].startswith(LABEL)
    assert variant["audience"] == "Site managers."
    assert variant["deadline"].startswith("Deadline is 12 March.")
    assert variant["budget"] == "Not in the material."
    assert "Nothing found for budget." in found["missing_inputs"]


def test_an_input_with_the_name_of_a_field_fills_it() -> None:
    fields = {"title": FieldSpec(), "audience": FieldSpec(), "other": FieldSpec()}
    found = simulated(Contract(fields=fields), {"notes": NOTES, "audience": "Dealers"})
    assert found["variants"][0]["audience"] == "Dealers"


def test_one_variant_is_made_for_each_item_that_has_to_be_covered() -> None:
    contract = Contract(
        max_variants=3,
        fields={"copy": FieldSpec(), "channel": FieldSpec(enum=("sms", "x", "mail"))},
        text="{{ copy }} ({{ channel }})",
        limits=(
            Limit(rule="covers", field="channel", input="channels"),
            Limit(rule="chars", field="copy", max=70, when={"channel": "sms"}),
            Limit(rule="keep_links", field="copy", input="notes", when={"channel": "mail"}),
            Limit(rule="distinct", field="copy"),
        ),
    )
    found = simulated(contract, {"notes": NOTES, "channels": ["sms", "mail"]})
    assert [variant["channel"] for variant in found["variants"]] == ["sms", "mail"]
    assert len(found["variants"][0]["copy"]) <= 70
    assert found["variants"][1]["copy"].endswith("https://a.example/x")


def test_words_that_must_stand_there_stand_there() -> None:
    limits = (
        Limit(rule="must_contain", field="body", values=("{{unsubscribe}}",)),
        Limit(rule="words", field="body", max=12),
    )
    found = simulated(Contract(fields={"body": FieldSpec(maxLength=300)}, limits=limits), {"notes": NOTES})
    assert found["variants"][0]["body"].endswith("{{unsubscribe}}")


def test_a_short_field_gets_the_short_label() -> None:
    found = simulated(Contract(fields={"subject": FieldSpec(maxLength=50)}), {"notes": NOTES})
    assert found["variants"][0]["subject"].startswith(SHORT_LABEL)


@pytest.mark.parametrize("inputs", [{}, {"notes": ""}, {"notes": "..."}, {"notes": "\n\n"}, {"count": 5, "names": []}])
def test_without_material_it_still_answers(inputs: dict[str, Any]) -> None:
    contract = Contract(
        fields={"a": FieldSpec(minLength=1, maxLength=80), "b": FieldSpec(type="array", minItems=2, maxItems=2)}
    )
    assert simulated(contract, inputs)["variants"][0]["a"].startswith(LABEL)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=400), most=st.integers(40, 500), words=st.integers(8, 60), items=st.integers(1, 4))
def test_any_text_fits_any_limit(text: str, most: int, words: int, items: int) -> None:
    contract = Contract(
        fields={
            "head": FieldSpec(minLength=1, maxLength=most),
            "list": FieldSpec(type="array", minItems=items, maxItems=items, minLength=1, maxLength=most),
            "body": FieldSpec(minLength=1, maxLength=most),
        },
        limits=(Limit(rule="words", field="body", max=words), Limit(rule="words", field="head", max=words)),
    )
    prompt = Prompt(messages=(), schema={}, max_tokens=1, inputs={"notes": text}, contract=contract.model_dump())
    draft = contract.parse(Simulator().ask(prompt).text)
    assert draft.variants[0].text.startswith("[Simulated draft")
    assert contract.breaches(draft, {"notes": text}) == ()
