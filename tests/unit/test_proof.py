"""Whether evidence says what a claim says: its figures, its names, its words, its market."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import Claim
from hub.pipeline.markets import holds_in, market_of
from hub.pipeline.proof import proofs
from hub.store.evidence import Evidence

SAYS = "The LT-114 lantern lasts 9 hours on one charge, 40 % longer than before, for $1,200."


def fault(claim: str, says: str = SAYS) -> str:
    known = Evidence(id="ev-1", claim=says, owner="x", source="y")
    found = proofs([Claim(text=claim, evidence_id="ev-1")], {"ev-1": known}, team="brand", market="", day="2026-11-26")
    return found[0]["fault"]


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        ("The LT-114 lantern lasts 9 hours.", ""),
        ("The LT-114 lantern lasts nine hours.", ""),
        ("One charge lasts the LT-114 lantern 40 percent longer.", ""),
        ("The lantern lasts 9 hours, for $1.200.", ""),
        ("The LT-114 lantern lasts 10 hours.", "numbers"),
        ("The LT-114 lantern lasts ten hours.", "numbers"),
        ("The LT-114 lantern lasts 114 hours.", "numbers"),
        ("The LT-200 lantern lasts 9 hours.", "numbers"),
        ("The LT-114 lantern lasts 9 % longer.", "numbers"),
        ("The LT-114 lantern lasts 9 hours, for €1,200.", "numbers"),
        ("The LT-114 lantern lasts 9½ hours.", "numbers"),
        ("Everybody in Spain camps with us.", "words"),
        ("And the", "words"),
    ],
)
def test_figures_names_and_words_are_those_of_the_evidence(claim: str, wrong: str) -> None:
    assert fault(claim) == wrong


@given(st.text(max_size=300))
def test_any_text_is_answered_and_what_the_evidence_says_itself_is_proven(text: str) -> None:
    assert fault(text) in ("", "numbers", "words")
    if fault(text, text) == "numbers":
        raise AssertionError(text)


@pytest.mark.parametrize(
    ("inputs", "market"),
    [
        ({"market": "UK"}, "gb"),
        ({"locale": "de-AT"}, "at"),
        ({"locale": "de"}, ""),
        ({"region": " United  States "}, "united states"),
        ({"text": "for Germany"}, ""),
        ({"market": ""}, ""),
        ({"market": 3}, ""),
    ],
)
def test_the_market_is_what_an_input_of_that_name_says(inputs: dict[str, object], market: str) -> None:
    assert market_of(inputs) == market


@pytest.mark.parametrize(
    ("markets", "market", "holds"),
    [
        ([], "us", True),
        (["US"], "us", True),
        (["USA"], "us", True),
        (["EU"], "de", True),
        (["DE"], "eu", False),
        (["EU"], "gb", False),
        (["worldwide"], "jp", True),
        (["US"], "worldwide", False),
        (["US"], "", True),
    ],
)
def test_what_holds_in_the_eu_holds_in_its_countries_and_not_the_other_way_round(
    markets: list[str], market: str, holds: bool
) -> None:
    assert holds_in(markets, market) is holds
