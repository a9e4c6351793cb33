"""``inlay reviews``: what waits and who could decide, and how reviews go, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main
from tests.flow.path.review_desk import a_desk
from tests.hubs import KEY


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INLAY_HOME", str(tmp_path))
    monkeypatch.setenv("INLAY_SECRET_KEY", KEY)
    return tmp_path


def test_what_waits_is_listed_with_how_many_could_decide_and_no_planted_error_is_given_away(typed: Path) -> None:
    with a_desk(typed) as desk:
        desk.run(2)
    said = CliRunner().invoke(main, ["reviews", "list", "--json"])
    assert said.exit_code == 0, said.output
    (one,) = json.loads(said.output)
    assert (one["kind"], one["tier"], one["could_decide"], one["late"]) == ("review", 2, 3, False)
    assert "tier-2" in CliRunner().invoke(main, ["reviews"]).output
    assert "Nothing waits" in CliRunner().invoke(main, ["reviews", "list", "--team", "other"]).output


def test_how_reviews_go_names_the_tier_that_one_person_alone_can_review(typed: Path) -> None:
    with a_desk(typed) as desk:
        desk.rules(specialists=["kim@example.com"])
    said = CliRunner().invoke(main, ["reviews", "quality", "--json"])
    (team,) = json.loads(said.output)
    assert (team["team"], team["alone"], team["nobody"]) == ("brand", [3], [])
    assert "One person alone" in " ".join(CliRunner().invoke(main, ["reviews", "quality"]).output.split())
