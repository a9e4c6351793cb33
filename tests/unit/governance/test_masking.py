"""Masking takes values out and restoring puts exactly them back, or reports damage and guesses nothing."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain import Finding, Outcome
from hub.governance.masking import Masked, mask, new_nonce, restore, restore_value
from hub.governance.texts import flatten, put_back

NONCE = "k3f9"


def found(where: str, start: int, end: int, kind: str = "email") -> Finding:
    return Finding(
        rule=f"personal-data.{kind}",
        outcome=Outcome.ALLOW,
        message="m",
        why="w",
        instead="i",
        where=where,
        span=(start, end),
    )


def masked_mail(text: str = "Write to anna@example.com today") -> Masked:
    start = text.index("anna@example.com")
    return mask({"notes": text}, [found("notes", start, start + 16)], NONCE)


def test_the_same_value_gets_the_same_placeholder_in_every_text() -> None:
    texts = {"a": "x@y.de, z@y.de and x@y.de", "b": "again x@y.de"}
    masked = mask(texts, [found("a", 0, 6), found("a", 8, 14), found("b", 6, 12)], NONCE)
    assert masked.texts == {
        "a": "[EMAIL_1_k3f9], [EMAIL_2_k3f9] and [EMAIL_1_k3f9]",
        "b": "again [EMAIL_1_k3f9]",
    }
    assert masked.placeholders == {"[EMAIL_1_k3f9]": "x@y.de", "[EMAIL_2_k3f9]": "z@y.de"}


def test_overlapping_spans_are_masked_as_one() -> None:
    masked = mask({"a": "call 030 1234567 ext"}, [found("a", 5, 12, "phone"), found("a", 9, 16, "iban")], NONCE)
    assert masked.texts["a"] == "call [PHONE_1_k3f9] ext"
    assert masked.placeholders["[PHONE_1_k3f9]"] == "030 1234567"


def test_findings_of_other_checks_and_of_unknown_texts_mask_nothing() -> None:
    other = Finding(rule="secrets.x", outcome=Outcome.DENY, message="", why="", instead="", where="a", span=(0, 2))
    masked = mask({"a": "text"}, [other, found("b", 0, 2), found("a", 9, 12)], NONCE)
    assert masked.texts == {"a": "text"}
    assert not masked.placeholders


@pytest.mark.parametrize("taken", ["[EMAIL_1_k3f9]", "K3F9", "k 3 f 9", "k3\u200bf9"])
def test_a_text_that_holds_the_nonce_gets_another_one(taken: str) -> None:
    text = f"{taken} anna@example.com"
    masked = masked_mail(text)
    assert masked.nonce != NONCE
    assert restore(masked.texts["notes"], masked.placeholders, masked.nonce).text == text


def test_a_text_that_says_email_in_brackets_itself_is_not_taken_for_damage() -> None:
    masked = masked_mail("Fill [EMAIL] and email_1 for anna@example.com")
    assert restore(masked.texts["notes"], masked.placeholders, masked.nonce).damaged == ()


@pytest.mark.parametrize(
    "answer",
    [
        "[email_1_k3f9]",
        "[EMAIL_1_K3F9]",
        "[EMAIL 1 k3f9]",
        "[EMAIL_1_k3f9",
        "EMAIL_1_k3f9",
        "[EMAIL_7_k3f9]",
        "[EMAIL_1]",
        "[EMAIL]",
        "[ Email 1 ]",
        "[EMAIL_1_k3 f9]",
        "[EMAIL_1_k\u200b3f9\u200b]",
        "[E-MAIL_k3f9]",
        "mailto:EMAIL_1",
        "[EMAIL_1_[EMAIL_1_k3f9]",
    ],
)
def test_a_damaged_placeholder_is_reported_and_not_replaced(answer: str) -> None:
    masked = masked_mail()
    restored = restore(f"Ask {answer} now", masked.placeholders, masked.nonce)
    assert restored.damaged
    exact = answer.count("[EMAIL_1_k3f9]")
    assert restored.text.count("anna@example.com") == exact


def test_an_answer_cut_off_inside_a_placeholder_is_damaged() -> None:
    masked = masked_mail()
    placeholder = next(iter(masked.placeholders))
    for length in range(2, len(placeholder)):
        restored = restore("Write to " + placeholder[:length], masked.placeholders, masked.nonce)
        assert restored.damaged, placeholder[:length]
        assert "anna" not in restored.text


def test_ordinary_words_are_not_damage() -> None:
    masked = masked_mail()
    for text in ("Email 1 of 3: welcome", "An email address, [1] and [link]", "your e-mail, 2 of them"):
        assert restore(text, masked.placeholders, masked.nonce).damaged == ()


def test_a_restored_value_is_not_looked_at_again() -> None:
    masked = Masked({}, {"[EMAIL_1_k3f9]": "[EMAIL_2_k3f9]", "[EMAIL_2_k3f9]": "secret"}, NONCE)
    assert restore("[EMAIL_1_k3f9]", masked.placeholders, NONCE).text == "[EMAIL_2_k3f9]"


def test_nothing_masked_shows_its_values_in_a_repr() -> None:
    masked = masked_mail()
    restored = restore(masked.texts["notes"], masked.placeholders, masked.nonce)
    assert "anna" not in repr(masked)
    assert "anna" not in repr(restored)


def test_structures_are_flattened_by_name_and_put_back() -> None:
    value = {"notes": "a", "channels": ["x", "y"], "n": 5, "ok": True, "none": None, "deep": {"anna@x.de": {"b": "c"}}}
    texts = flatten(value)
    assert texts == {
        "notes": "a",
        "channels[0]": "x",
        "channels[1]": "y",
        "n": "5",
        "deep{0}": "anna@x.de",
        "deep{0}.value.b": "c",
    }
    assert put_back(value, texts) == value
    changed = put_back(value, {**texts, "channels[1]": "Z", "n": "[PHONE_1_k3f9]", "deep{0}": "[M]"})
    assert changed["channels"] == ["x", "Z"]
    assert changed["n"] == "[PHONE_1_k3f9]"
    assert changed["deep"] == {"[M]": {"b": "c"}}


def test_a_json_value_is_restored_everywhere_in_it() -> None:
    masked = masked_mail()
    value, damaged = restore_value({"v": ["[EMAIL_1_k3f9]", "[EMAIL_3_k3f9]"], "n": 1}, masked.placeholders, NONCE)
    assert value == {"v": ["anna@example.com", "[EMAIL_3_k3f9]"], "n": 1}
    assert damaged == ("[EMAIL_3_k3f9]",)


def test_a_nonce_is_four_characters_that_make_no_word() -> None:
    assert all(re.fullmatch("[a-z][0-9][a-z][0-9]", new_nonce()) for _ in range(100))
    with pytest.raises(ValueError, match="nonce"):
        mask({}, [], "A b")


JSON = st.recursive(
    st.text(max_size=8) | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON)
def test_put_back_of_flatten_is_the_identity(value: object) -> None:
    assert put_back(value, flatten(value)) == value


PIECE = st.sampled_from(
    [
        "[EMAIL_1_k3f9]",
        "[EMAIL",
        "k3f9",
        "[PHONE_1_k3f9]",
        "anna@x.de",
        "030 12345",
        "]",
        "_1_",
        "é\u0301",
        "\u200b",
        " ",
    ]
)
TEXT = st.lists(PIECE | st.text(max_size=12), max_size=10).map("".join)
SPAN = st.tuples(st.integers(0, 60), st.integers(1, 14), st.sampled_from(["email", "phone", "iban"]))


@settings(deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=3), st.lists(st.tuples(st.integers(0, 2), SPAN), max_size=6))
def test_mask_then_restore_is_the_identity_and_leaves_no_original(
    texts: list[str], places: list[tuple[int, tuple[int, int, str]]]
) -> None:
    named = {str(index): text for index, text in enumerate(texts)}
    findings = [found(str(index), start, start + size, kind) for index, (start, size, kind) in places]
    masked = mask(named, findings, NONCE)
    placeholder = re.compile(rf"\[[A-Z_]+_\d+_{masked.nonce}\]")
    for name, text in named.items():
        for rest in placeholder.split(masked.texts[name]):
            assert not any(value in rest for value in masked.placeholders.values())
        assert restore(masked.texts[name], masked.placeholders, masked.nonce).text == text


@settings(deadline=None)
@given(TEXT)
def test_restore_changes_nothing_but_exact_placeholders(answer: str) -> None:
    placeholders = {"[EMAIL_1_k3f9]": "<<anna>>", "[PHONE_1_k3f9]": "<<phone>>"}
    restored = restore(answer, placeholders, NONCE)
    expected = answer.replace("[EMAIL_1_k3f9]", "<<anna>>").replace("[PHONE_1_k3f9]", "<<phone>>")
    assert restored.text == expected
    rest = answer.replace("[EMAIL_1_k3f9]", " ").replace("[PHONE_1_k3f9]", " ")
    if NONCE in rest:
        assert restored.damaged
