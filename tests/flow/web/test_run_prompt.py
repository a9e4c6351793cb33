"""The page of a run: the prompt for leads, on record, and what changed against a text that was edited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.testing import FakeModel
from tests.flow.web.site import Site, open_site
from tests.hubs import answer, inputs, kinds

TEXT = "Our spring sale starts on Monday, and Jo (jo@example.com) says everybody is welcome."


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    edited = "Our spring sale starts on Monday, and everybody is welcome."
    with open_site(tmp_path, model=FakeModel(answer(edited), answer("Come in, it is time."))) as made:
        yield made


def test_a_lead_sees_the_prompt_with_masked_values_and_the_ledger_keeps_it(site: Site) -> None:
    run = site.run(inputs=inputs(TEXT))
    at, there = f"/runs/{run.id}", f"/runs/{run.id}/prompt"
    ada = site.browser("ada")
    assert "See the prompt" in ada.get(at).text
    page = ada.post(there, at=at)
    assert page.status_code == 200
    assert "Our spring sale starts on Monday" in page.text and "jo@example.com" not in page.text.partition("<main")[2]
    assert kinds(site.hub, run)[-1] == "prompt.shown"


def test_nobody_else_sees_it(site: Site) -> None:
    run = site.run(inputs=inputs(TEXT))
    at, there = f"/runs/{run.id}", f"/runs/{run.id}/prompt"
    for who, status in (("mara", 403), ("jon", 403)):
        browser = site.browser(who)
        assert "See the prompt" not in browser.get(at).text
        assert browser.post(there, at="/").status_code == status
    assert site.browser("kim").post(there, at="/").status_code == 404
    assert "prompt.shown" not in kinds(site.hub, run)


def test_a_run_that_asked_no_model_has_no_prompt(site: Site) -> None:
    run = site.run(inputs=inputs("The key is AKIAIOSFODNN7EXAMPLQ."))
    ada, at = site.browser("ada"), f"/runs/{run.id}"
    assert ada.post(f"{at}/prompt", at=at).headers["Location"] == at
    assert "No model was asked" in ada.get(at).text


def test_what_changed_is_shown_for_an_edited_text_and_not_for_a_new_one(site: Site) -> None:
    edited, new = site.run("one", inputs=inputs(TEXT)), site.run("two", inputs=inputs(TEXT))
    mara = site.browser()
    page = mara.get(f"/runs/{edited.id}").text
    assert "What changed against your text" in page and "<del>" in page
    assert "What changed against your text" not in mara.get(f"/runs/{new.id}").text
