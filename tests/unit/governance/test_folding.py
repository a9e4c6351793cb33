"""Folding gives one form for many spellings and leads back to the original characters."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.governance.folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Risk‑Free", "risk-free"),
        ("RI\u00adSK\u200b", "risk"),
        ("ＦＲＥＥ", "free"),
        ("world’s", "world's"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("cafe\u0301", "café"),
        ("\u1112\u1161\u11ab", "한"),
        ("“so”", '"so"'),
        ("", ""),
    ],
)
def test_different_spellings_fold_to_one_form(text: str, folded: str) -> None:
    assert fold(text).text == folded


def test_a_span_leads_back_over_hidden_and_widened_characters() -> None:
    text = "Das „Straßen\u00adfest‟ ﬁnden wir cafe\u0301 gut"
    folded = fold(text)
    for word, original in [
        ("strassenfest", "Straßen\u00adfest"),
        ("finden", "ﬁnden"),
        ("café", "cafe\u0301"),
        ("gut", "gut"),
    ]:
        start = folded.text.index(word)
        first, last = folded.span(start, start + len(word))
        assert text[first:last] == original


def test_case_can_be_kept() -> None:
    assert fold("AKIA\u200bＸ", case=False).text == "AKIAX"


@settings(deadline=None)
@given(st.text(max_size=300))
def test_every_folded_character_comes_from_where_its_span_says(text: str) -> None:
    folded = fold(text)
    last_end = 0
    for at in range(len(folded.text)):
        start, end = folded.span(at, at + 1)
        assert 0 <= start < end <= len(text)
        assert end >= last_end
        assert folded.text[at] in fold(text[start:end]).text
        last_end = end


@settings(deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=0x24F), max_size=200))
def test_latin_text_folds_as_unicode_folds_it(text: str) -> None:
    plain = text.replace("\u00ad", "")
    expected = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain).casefold())
    assert fold(text).text == expected
