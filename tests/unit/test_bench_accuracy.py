"""``inlay bench checks``: what the checks find in the labelled texts, counted honestly, and never less than today."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.bench import accuracy
from hub.cli import main
from hub.errors import BadRequest

#: Of each kind: how many labels may be missed and how many false alarms there may be. Lower a figure when it gets
#: better; raise one only together with a reason in the change.
FLOORS = {
    "accessibility": (0, 0),
    "ad-platforms": (0, 0),
    "ai-transparency": (0, 0),
    "card": (0, 0),
    "claims-us": (1, 3),
    "comparative": (0, 0),
    "core": (0, 0),
    "email": (0, 1),
    "email-law": (0, 0),
    "endorsements": (0, 0),
    "green": (1, 1),
    "iban": (0, 0),
    "inclusive": (0, 0),
    "injection": (3, 0),
    "ip": (0, 0),
    "offers": (0, 0),
    "phone": (0, 0),
    "plain-language": (0, 1),
    "privacy": (0, 0),
    "secrets": (0, 0),
    "ssn": (0, 1),
    "trademark": (0, 0),
}


@cache
def shipped() -> accuracy.Result:
    return accuracy.run()


def test_no_kind_is_found_worse_than_its_floor() -> None:
    worse = {
        score.kind: (score.missed, score.false)
        for score in shipped().scores.values()
        if score.missed > FLOORS[score.kind][0] or score.false > FLOORS[score.kind][1]
    }
    assert not worse, [m for m in shipped().misses if m.kind in worse]
    assert set(shipped().scores) == set(FLOORS)


def test_the_set_is_large_and_half_of_it_is_copy_in_which_nothing_is_wrong() -> None:
    lines = accuracy.labelled()
    assert len(lines) >= 300
    assert sum(not line.labels for line in lines) >= 100
    assert len({(line.text, line.template) for line in lines}) == len(lines)


def test_every_label_is_counted_once_as_found_or_missed() -> None:
    result = shipped()
    labels = [label.kind for line in accuracy.labelled() for label in line.labels]
    for kind, score in result.scores.items():
        assert score.found + score.missed == labels.count(kind)
        assert score.missed == sum(m.kind == kind and not m.false_alarm for m in result.misses)
        assert score.false == sum(m.kind == kind and m.false_alarm for m in result.misses)


def test_a_planted_miss_and_a_planted_false_alarm_are_reported(tmp_path: Path) -> None:
    planted = tmp_path / "planted.yaml"
    planted.write_text(
        '- about: planted\n  lines:\n    - "⟦phone|nine nine nine⟧ is a number"\n    - "Write to ada@example.com"\n'
        '    - "Write to ⟦email|bo@example.com⟧"\n',
        encoding="utf-8",
    )
    said = CliRunner().invoke(main, ["bench", "checks", "--no-speed", "--json", "--texts", str(planted)])
    assert said.exit_code == 0, said.output
    told = json.loads(said.output)
    assert told["lines"] == 3
    assert [(m["kind"], m["words"], m["false_alarm"]) for m in told["misses"]] == [
        ("phone", "nine nine nine", False),
        ("email", "ada@example.com", True),
    ]
    assert {s["kind"]: (s["precision"], s["recall"]) for s in told["scores"]} == {
        "email": ("1/2", "1/1"),
        "phone": ("0/0", "0/1"),
    }
    people = CliRunner().invoke(main, ["bench", "checks", "--no-speed", "--verbose", "--texts", str(planted)])
    assert "nine nine nine" in people.output
    assert "ada@example.com" in people.output


def test_half_an_address_is_a_miss_and_no_false_alarm() -> None:
    result = accuracy.run(accuracy.read('- lines: ["⟦email|write ada@example.com today⟧"]'))
    assert (result.scores["email"].found, result.scores["email"].missed, result.scores["email"].false) == (0, 1, 0)


@pytest.mark.parametrize("text", ["- lines: [⟦email|x]", "- lines: [x⟧]", "- about: nothing", "[", "5", "- lines: [5]"])
def test_labels_that_cannot_be_read_are_refused_in_words(text: str) -> None:
    with pytest.raises(BadRequest, match="cannot be read"):
        accuracy.read(text)
