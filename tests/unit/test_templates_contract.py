"""The output contract: its schema, what is read as a draft, and which limits are broken."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.domain import Claim, Draft, Variant
from hub.errors import BadAnswer
from hub.templates import Contract, ContractBroken, FieldSpec, Limit

CONTRACT = Contract(
    fields={
        "title": FieldSpec(minLength=1, maxLength=20),
        "points": FieldSpec(type="array", minItems=1, maxItems=2, maxLength=30),
        "kind": FieldSpec(enum=("a", "b")),
    },
    text="{{ title }}\n{% for point in points %}- {{ point }}\n{% endfor %}",
)
GOOD = {"title": "Hello", "points": ["One", "Two"], "kind": "a"}


def answer(*variants: Any, **rest: Any) -> str:
    return json.dumps({"variants": list(variants), **rest})


def rules(contract: Contract, fields: dict[str, Any], values: dict[str, Any] | None = None) -> list[str]:
    draft = contract.parse(answer(fields))
    return [breach.rule for breach in contract.breaches(draft, values or {})]


def test_the_schema_is_closed_and_requires_everything() -> None:
    schema = CONTRACT.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert node["additionalProperties"] is False
                assert node["required"] == list(node["properties"])
            assert not {"maxLength", "minLength", "minItems", "maxItems"} & set(node)
            for child in node.values():
                walk(child)

    walk(schema)
    assert schema["required"] == ["variants", "claims", "disclosures", "assumptions", "missing_inputs"]
    full = {"variants": [GOOD], "claims": [{"text": "x", "evidence_id": None}]}
    full |= {name: [] for name in ("disclosures", "assumptions", "missing_inputs")}
    jsonschema.validate(full, schema)
    assert "1 to 2 items" in json.dumps(schema) or "At most 2 items" in json.dumps(schema)


def test_a_whole_answer_becomes_a_draft() -> None:
    text = answer(
        GOOD,
        claims=[{"text": "True", "evidence_id": "E1"}, {"text": "Maybe", "evidence_id": None}],
        disclosures=["Ad"],
        assumptions=["Spring"],
        missing_inputs=["Price"],
    )
    draft = CONTRACT.parse(text)
    assert draft.variants == (Variant(text="Hello\n- One\n- Two", fields=GOOD),)
    assert draft.claims == (Claim(text="True", evidence_id="E1"), Claim(text="Maybe"))
    assert (draft.disclosures, draft.assumptions, draft.missing_inputs) == (("Ad",), ("Spring",), ("Price",))
    assert draft.raw == text and not draft.simulated


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{answer(GOOD)}\n```",
        f"Sure! Here is {{your}} draft:\n{answer(GOOD)}\nAnything else?",
        f"<think>A {{}} first.</think>{answer(GOOD)}",
        answer({**GOOD, "extra": 1}, notes="x"),
        answer(GOOD).replace("Hello", "Hel\\u0000lo").replace("One", "O\x07ne"),
    ],
)
def test_an_answer_with_something_around_it_is_read(text: str) -> None:
    assert CONTRACT.parse(text).variants[0] == Variant(text="Hello\n- One\n- Two", fields=GOOD)


def test_half_characters_of_a_model_never_reach_a_draft() -> None:
    draft = CONTRACT.parse(answer({**GOOD, "title": "a\ud800b"}, claims=[{"text": "c\udfffd", "evidence_id": None}]))
    assert draft.variants[0].fields["title"] == "a\ufffdb"
    f"{draft}".encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "answered nothing"),
        (" \n ", "answered nothing"),
        ("<!DOCTYPE html><html>{}</html>", "web page"),
        ("<html><body>502</body></html>", "web page"),
        ("I cannot help with that.", "plain text"),
        (answer(GOOD)[:-12], "stops in the middle"),
        ('{"variants": [{"title": "He', "stops in the middle"),
        ("{'variants': []}", "cannot be read"),
        ("{}", "without variants"),
        ('{"text": "Hello"}', "without variants"),
        ('{"variants": []}', "no variant"),
        ('{"variants": {"title": "x"}}', "no variant"),
        ('{"variants": ["Hello"]}', "Variant 1 is no object"),
        (answer({"title": "Hello", "kind": "a"}), "Variant 1 has no 'points'"),
        (answer({**GOOD, "title": 5}), "'title' should be text"),
        (answer({**GOOD, "title": None}), "'title' should be text"),
        (answer({**GOOD, "points": "One"}), "'points' should be a list of texts"),
        (answer({**GOOD, "points": [1]}), "'points' should be a list of texts"),
        (answer(GOOD, claims="none"), "'claims' should be a list"),
        (answer(GOOD, claims=[{"text": 3}]), "A claim should have a text"),
        (answer(GOOD, disclosures=[{}]), "'disclosures' should be a list of texts"),
        (answer(*[GOOD] * 51), "more than 50 variants"),
        ("x" * 1_000_001, "1,000,000"),
        ('{"variants":' + "[" * 100_000 + "]" * 100_000 + "}", "cannot be read"),
        ("{" * 100_000, "stops in the middle"),
    ],
)
def test_what_is_no_draft_is_said_plainly(text: str, said: str) -> None:
    with pytest.raises(ContractBroken) as caught:
        CONTRACT.parse(text)
    assert isinstance(caught.value, BadAnswer)
    assert any(said in breach for breach in caught.value.breaches), caught.value.breaches
    assert "Hello" not in f"{caught.value} {caught.value.why}"


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet='{}[]":,variantstext \n\\u0d8', max_size=80))
def test_any_text_is_a_draft_or_a_broken_contract(text: str) -> None:
    try:
        assert CONTRACT.parse(text).variants
    except ContractBroken as error:
        assert error.breaches


def test_field_lengths_counts_and_choices_are_limits() -> None:
    assert rules(CONTRACT, GOOD) == []
    assert rules(CONTRACT, {**GOOD, "title": "x" * 21}) == ["length"]
    assert rules(CONTRACT, {**GOOD, "title": " "}) == ["length"]
    assert rules(CONTRACT, {**GOOD, "points": []}) == ["length"]
    assert rules(CONTRACT, {**GOOD, "points": ["a", "b", "c"]}) == ["length"]
    assert rules(CONTRACT, {**GOOD, "points": ["a" * 31]}) == ["length"]
    assert rules(CONTRACT, {**GOOD, "kind": "c"}) == ["choice"]


def limited(**limit: Any) -> Contract:
    return Contract(
        fields={"copy": FieldSpec(), "place": FieldSpec()}, text="{{ place }}: {{ copy }}", limits=(Limit(**limit),)
    )


@pytest.mark.parametrize(
    ("limit", "kept", "broken"),
    [
        ({"rule": "words", "field": "copy", "max": 3}, "one two three", "one two three four"),
        ({"rule": "words", "field": "copy", "min": 2}, "one two", "one"),
        ({"rule": "chars", "field": "copy", "max": 5}, "12345", "123456"),
        ({"rule": "must_contain", "field": "copy", "values": ["Terms"]}, "see terms.", "see nothing"),
        ({"rule": "must_not_contain", "field": "copy", "values": ["cheap"]}, "good", "so CHEAP"),
        ({"rule": "sections", "field": "copy", "values": ["Goal"]}, "x\n## Goal:\ny", "my goal is"),
        ({"rule": "chars", "field": "copy", "max": 2, "when": {"place": "sms"}}, "12", "123"),
        ({"rule": "keep_links", "field": "copy", "input": "text"}, "go https://a.example/x", "go"),
    ],
)
def test_a_limit_is_kept_or_broken(limit: dict[str, Any], kept: str, broken: str) -> None:
    contract = limited(**limit)
    values = {"text": "Read https://a.example/x."}
    assert rules(contract, {"copy": kept, "place": "sms"}, values) == []
    assert rules(contract, {"copy": broken, "place": "sms"}, values) == [limit["rule"]]


@pytest.mark.parametrize(
    ("values", "kept", "broken"),
    [
        (["re:"], "More: tyres", "Re: tyres"),
        (["gay"], "gayety", "a Gay bar"),
        (["%"], "percent", "25% off"),
        (["€"], "euro", "only €39"),
    ],
)
def test_a_whole_word_is_no_part_of_another_and_a_sign_stands_anywhere(
    values: list[str], kept: str, broken: str
) -> None:
    contract = limited(rule="must_not_contain", field="copy", values=values, whole_words=True)
    assert rules(contract, {"copy": kept, "place": "sms"}) == []
    draft = contract.parse(answer({"copy": broken, "place": "sms"}))
    (breach,) = contract.breaches(draft, {})
    assert breach.span is not None
    assert draft.variants[0].text[slice(*breach.span)].casefold() == values[0]


def test_a_limit_that_asks_for_a_review_says_so_and_is_marked() -> None:
    for whole_words in (True, False):
        contract = limited(rule="must_not_contain", values=["free"], raise_tier=3, whole_words=whole_words)
        (breach,) = contract.breaches(contract.parse(answer({"copy": "It is free", "place": "x"})), {})
        assert (breach.raise_tier, breach.message) == (3, "'free' asks for a review of tier 3.")


def test_enough_items_mention_one_of_a_list() -> None:
    contract = Contract(
        fields={"heads": FieldSpec(type="array")},
        limits=(Limit(rule="mentions", field="heads", input="keywords", min=2),),
    )
    words = {"keywords": ["drill repair", "shop"]}
    assert rules(contract, {"heads": ["Drill Repair now", "A shop near you", "Fixed"]}, words) == []
    assert rules(contract, {"heads": ["Drill repair now", "Fixed"]}, words) == ["mentions"]
    assert rules(contract, {"heads": ["Fixed"]}, {"keywords": []}) == []


def test_each_item_of_a_list_is_a_quotation() -> None:
    contract = Contract(
        fields={"lines": FieldSpec(type="array")}, limits=(Limit(rule="quotes", field="lines", input="text"),)
    )
    values = {"text": "Company: Ada\nStatus: Open"}
    assert rules(contract, {"lines": ["Status: Open", "Company: Ada"]}, values) == []
    assert rules(contract, {"lines": ["Status: Open", "Company: Bob"]}, values) == ["quotes"]


def test_a_limit_for_one_channel_leaves_the_others_alone() -> None:
    contract = limited(rule="chars", field="copy", max=2, when={"place": "sms"})
    assert rules(contract, {"copy": "123", "place": "x"}) == []


def test_a_breach_shows_where_and_carries_the_words_of_the_template() -> None:
    contract = limited(
        rule="must_not_contain", field="copy", values=["cheap"], why="It sounds poor.", instead="Say fair."
    )
    draft = contract.parse(answer({"copy": "very Cheap", "place": "sms"}))
    (breach,) = contract.breaches(draft, {})
    assert (breach.where, breach.why, breach.instead) == ("variant 1", "It sounds poor.", "Say fair.")
    assert breach.span is not None
    assert draft.variants[0].text[slice(*breach.span)] == "Cheap"


def test_variants_are_counted_and_compared() -> None:
    contract = Contract(min_variants=2, max_variants=3, fields={"t": FieldSpec()}, limits=(Limit(rule="distinct"),))
    found = contract.breaches(contract.parse(answer({"t": "a"})), {})
    assert [(breach.rule, breach.where) for breach in found] == [("variants", "draft")]
    found = contract.breaches(contract.parse(answer({"t": "a"}, {"t": "A"})), {})
    assert [(breach.rule, breach.where) for breach in found] == [("distinct", "draft")]
    assert contract.breaches(contract.parse(answer({"t": "a"}, {"t": "b"})), {}) == ()
    assert [breach.rule for breach in contract.breaches(Draft(), {})] == ["variants"]


@pytest.mark.parametrize(
    ("given_text", "draft_text", "invented"),
    [
        ("1,200 people on 3 May", "1200 people, 3 May", []),
        ("1.200 Gäste, 2,50 Euro", "1,200 guests, 2.5 euros", []),
        ("ten shops", "10 shops", []),
        ("shops", "10 shops", ["10"]),
        ("save 5", "save 5%, then 50%", ["50"]),
        ("a and b", "1. a\n2. b", []),
        ("see https://a.example/x", "see https://a.example/x.", []),
        ("see https://a.example/x", "see https://b.example/2", ["https://b.example/2"]),
        ("drill LT-114", "test LT-115", ["115"]),
    ],
)
def test_numbers_and_links_come_from_the_inputs(given_text: str, draft_text: str, invented: list[str]) -> None:
    contract = Contract(fields={"t": FieldSpec()}, facts="subset")
    found = contract.breaches(contract.parse(answer({"t": draft_text})), {"text": given_text, "count": 7})
    assert [breach.message.split("'")[1] for breach in found] == invented
    for breach in found:
        assert breach.span is not None


def test_a_contract_that_contradicts_itself_is_refused() -> None:
    for bad in (
        {"limits": [{"rule": "figures"}]},
        {"limits": [{"rule": "mentions", "field": "t", "input": "x"}]},
        {"min_variants": 3},
        {"limits": [{"rule": "words", "max": 1, "field": "nose"}]},
        {"fields": {}},
    ):
        with pytest.raises(ValidationError):
            Contract.model_validate({"fields": {"t": {}}, **bad})


def test_a_contract_survives_the_round_trip_through_json() -> None:
    contract = limited(rule="words", max=4)
    assert Contract.model_validate_json(contract.model_dump_json()) == contract
