"""Names of people are found by the models an operator has named, by nothing else, and only where one is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain import Finding, Outcome
from hub.governance.masking import mask, new_nonce, restore
from hub.governance.names import Names, NoModel
from hub.governance.personal_data import PersonalData
from hub.governance.policy import CheckRule, Policy
from hub.governance.rules import RuleData
from hub.governance.runner import Runner, worst
from hub.sdk.check import Subject
from tests.unit.governance import spacy_models

KNOWN = (
    "Anna Schmidt",
    "Tom O'Brien",
    "Jean-Luc Moreau",
    "Ursula von der",
    "Mark",
    "Müller",
    "CTR",
    "Ford Focus",
    "anna",
    "Name_1",
    "José Núñez",
    "王小明",
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return spacy_models.build(tmp_path_factory.mktemp("model") / "en", *KNOWN, more=("Acme",))


@pytest.fixture(scope="module")
def check(model: str) -> PersonalData:
    found = PersonalData([model])
    found.warm()
    return found


def subject(text: str, side: Any = "input", **rules: Any) -> Subject:
    return Subject(side=side, team="t", template="x", texts={"notes": text}, rules=RuleData(rules))


def names(check: PersonalData, text: str, **rules: Any) -> list[str]:
    found = check.examine(subject(text, **rules))
    return [text[f.span[0] : f.span[1]] for f in found if f.span and f.rule == "personal-data.name"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We met Anna Schmidt in Berlin.", ["Anna Schmidt"]),
        ("Anna Schmidt's brief, and Tom O’Brien’s", ["Anna Schmidt", "Tom O’Brien"]),
        ("- Jean-Luc Moreau\n- José Núñez", ["Jean-Luc Moreau", "José Núñez"]),
        ("Ursula von der Leyen opened it", ["Ursula von der Leyen"]),
        ("Mark called", ["Mark"]),
        ("Anna\u200b Schmidt called", ["Anna\u200b Schmidt"]),
        ("王小明", ["王小明"]),
    ],
)
def test_a_name_is_found_as_it_is_written(check: PersonalData, text: str, found: list[str]) -> None:
    assert names(check, text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Müller GmbH and Mark & Co.",
        "Müller™ is new",
        "CTR rose",
        "Ford Focus 2.0",
        "anna",
        "[NAME_1_k3f9] and Name_1",
        "Acme wrote",
        "Markets rise",
        "no capital at all",
        "",
    ],
)
def test_what_a_model_takes_for_a_person_and_is_not_written_as_one_stays(check: PersonalData, text: str) -> None:
    assert names(check, text) == []


def test_only_persons_count_whatever_a_model_calls_them(tmp_path: Path) -> None:
    german = spacy_models.build(tmp_path / "de", "Lena Hoffmann", language="de", label="PER", more=("Haus Berlin",))
    assert names(PersonalData([german]), "Lena Hoffmann im Haus Berlin") == ["Lena Hoffmann"]


def test_several_models_find_what_any_of_them_knows(model: str, tmp_path: Path) -> None:
    german = spacy_models.build(tmp_path / "de", "Lena Hoffmann", "Anna Schmidt", language="de", label="PER")
    assert names(PersonalData([model, german]), "Anna Schmidt, Tom O'Brien, Lena Hoffmann") == [
        "Anna Schmidt",
        "Tom O'Brien",
        "Lena Hoffmann",
    ]


def test_an_installed_package_is_named_like_a_folder(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(spacy_models.package(tmp_path, "en_names_for_a_test", model)))
    try:
        assert names(PersonalData(["en_names_for_a_test"]), "Anna Schmidt") == ["Anna Schmidt"]
    finally:
        sys.modules.pop("en_names_for_a_test", None)


def test_without_a_model_nothing_is_found_and_the_check_says_so() -> None:
    without = PersonalData()
    without.warm()
    assert names(without, "Anna Schmidt of Acme met Tom O'Brien.") == []
    assert without.finds_names is False


def test_a_text_without_capitals_never_loads_a_model() -> None:
    assert Names(["no_such_model"]).find("all of it is small, 3 of 4 lines " * 500) == []


def test_a_policy_may_leave_names_out_or_allow_a_brand(check: PersonalData) -> None:
    assert names(check, "Anna Schmidt", kinds=["email"]) == []
    assert names(check, "ANNA SCHMIDT and Tom O'Brien by Anna Schmidt", allow=["Anna Schmidt"]) == ["Tom O'Brien"]


def test_a_draft_with_a_name_is_pointed_at_and_not_held(check: PersonalData) -> None:
    (finding,) = check.examine(subject("So says Anna Schmidt, and Mark.", "output"))
    assert (finding.rule, finding.outcome) == ("personal-data.name", Outcome.ALLOW)


@pytest.mark.parametrize("broken", ["no_such_model", "", "knows no persons"])
def test_a_model_that_cannot_be_used_holds_every_text_that_may_hold_a_name(broken: str, tmp_path: Path) -> None:
    if broken != "no_such_model":
        folder = tmp_path / "model"
        folder.mkdir()
        if broken:
            spacy_models.build(folder, more=("Acme",))
        broken = str(folder)
    check = PersonalData([broken])
    with pytest.raises(NoModel) as raised:
        check.load_names()
    assert broken in raised.value.what and raised.value.instead
    policy = Policy(checks=(CheckRule(name="personal_data"),))
    runner = Runner({"personal_data": check})
    verdicts = runner.run(policy, subject("Anna Schmidt called"))
    runner.close()
    assert worst(verdicts) is Outcome.HOLD
    assert "Anna" not in repr(verdicts)


def test_a_name_at_any_place_of_a_long_text_is_found(check: PersonalData) -> None:
    text = "Some words and more. " * 190
    for extra in range(0, 60, 7):
        long = (text + "x" * extra + " Anna Schmidt ") * 3
        assert set(names(check, long)) == {"Anna Schmidt"}
        masked = mask({"notes": long}, check.examine(subject(long)), "k3f9").texts["notes"]
        assert masked.count("[NAME_1_k3f9]") == 3 and "Schmidt" not in masked


def test_the_same_name_has_one_placeholder_and_stands_for_whole_words_only() -> None:
    text = "Mark asks Mark: Markets? Mark's, Mark\nBenchMark Mark"
    found = Finding(
        rule="personal-data.name", outcome=Outcome.ALLOW, message="", why="", instead="", where="a", span=(0, 4)
    )
    masked = mask({"a": text, "b": "Mark-up, Marké, Mark"}, [found], "k3f9")
    one = "[NAME_1_k3f9]"
    assert masked.texts["a"] == f"{one} asks {one}: Markets? {one}'s, {one}\nBenchMark {one}"
    assert masked.texts["b"] == f"{one}-up, Marké, {one}"
    assert masked.placeholders == {one: "Mark"}


PIECES = st.sampled_from(
    [*KNOWN, "anna@example.com", "Mark@x.de", "Markets", "+1 415 555 2671", " ", "\n", "[NAME_1_", "é"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=6), max_size=14), st.sampled_from(["", " "]))
def test_masking_and_restoring_is_the_identity_with_names(check: PersonalData, pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    masked = mask({"notes": text}, check.examine(subject(text)), new_nonce())
    restored = restore(masked.texts["notes"], masked.placeholders, masked.nonce)
    assert restored.text == text
    assert restored.damaged == ()
