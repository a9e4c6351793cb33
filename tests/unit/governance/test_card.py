"""The permission card says what the policy says: a way to do the work, what happens to data, and by which rule."""

from __future__ import annotations

import pytest

from hub.governance.additions import Additions, default_policy, policy_of
from hub.governance.card import Task, card, of_data
from hub.governance.policy import CheckRule, Policy

TASKS = [
    Task("rewrite", "Rewrite in brand voice", 1, ("google_docs", "adobe")),
    Task("ads", "Search ad set", 2, ("salesforce",)),
    Task("claims", "Claims check", 3, ("google_docs",)),
]


def says(lines: tuple) -> str:
    return "\n".join(line.says for line in lines)


def test_each_line_cites_what_it_comes_from() -> None:
    made = card(default_policy(), TASKS, team="Paid media", surface="google_docs")
    for part in (made.may, made.data, made.checked, made.kept, made.stopped):
        assert part
        assert all(line.because for line in part)
    assert made.revision == default_policy().revision


def test_it_lists_what_is_made_for_the_surface_with_who_looks_at_it() -> None:
    made = card(default_policy(), TASKS, team="Paid media", surface="google_docs")
    assert [line.because for line in made.may] == ["template rewrite", "template claims"]
    assert "at once" in made.may[0].says
    assert "reviewer" in made.may[1].says


@pytest.mark.parametrize("surface", ["", "google_docs", "salesforce", "adobe", "a place nobody has made one for"])
def test_there_is_always_a_way(surface: str) -> None:
    assert card(default_policy(), TASKS, team="t", surface=surface).may


def test_it_follows_the_policy_and_not_a_wish() -> None:
    without = Policy(checks=(CheckRule(name="copy_rules", rules={"rules": []}),))
    made = card(without, TASKS, team="t")
    assert "nothing masks it" in says(made.data)
    assert "nothing looks for them" in says(made.data)
    fewer = policy_of(Additions(packs=("core",)))
    assert "e-mail addresses" in says(card(fewer, TASKS, team="t").data)
    assert len(card(fewer, TASKS, team="t").checked) < len(card(default_policy(), TASKS, team="t").checked)


def test_a_pack_a_team_adds_stands_on_its_card_and_on_nobody_else_s() -> None:
    theirs = policy_of(Additions(), "wealth", Additions(packs=("finance",)))
    assert "Financial promotions" in says(card(theirs, TASKS, team="Wealth").checked)
    assert "Financial promotions" not in says(card(default_policy(), TASKS, team="Media").checked)


def test_every_class_of_data_has_an_answer() -> None:
    for data in ("public", "internal", "personal", "secret"):
        assert of_data(default_policy(), data).says
    assert "refused" in of_data(default_policy(), "secret").says
    assert "placeholder" in of_data(default_policy(), "personal").says


def test_money_is_said_where_there_is_a_budget() -> None:
    assert card(default_policy(), TASKS, team="t", budget="$12.00 are left.").stopped[-1].says == "$12.00 are left."


def test_it_says_whether_a_model_is_asked_the_policy_s_questions_or_nobody_is() -> None:
    asked = policy_of(Additions(packs=("core", "judge")))
    assert "Not checked, for want of a judge model: 3 questions" in says(card(asked, TASKS, team="t").checked)
    assert "A model is asked about each draft" in says(card(asked, TASKS, team="t", judge=True).checked)
    assert "question" not in says(card(default_policy(), TASKS, team="t").checked)
