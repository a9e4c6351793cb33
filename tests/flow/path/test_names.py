"""A name in a text never reaches the model, and stands in the draft again; a broken model for names holds the run."""

from __future__ import annotations

import json
from pathlib import Path

from hub.domain import RunState
from hub.sdk import Answer, Prompt
from hub.testing import FakeModel
from tests import hubs
from tests.unit.governance import spacy_models

TEXT = "Anna Schmidt of Acme opens the spring sale on Monday. Anna Schmidt and everybody are welcome."


class Echo(FakeModel):
    """Answers with the placeholder it was shown."""

    def ask(self, prompt: Prompt) -> Answer:
        said = repr(prompt)
        start = said.index("[NAME_1_")
        self._answers.clear()
        self.then(hubs.answer(f"Meet {said[start : said.index(']', start) + 1]} on Monday."))
        return super().ask(prompt)


def test_a_name_never_reaches_the_model_and_stands_in_the_draft(tmp_path: Path) -> None:
    folder = spacy_models.build(tmp_path / "model", "Anna Schmidt", more=("Acme",))
    model = Echo(hubs.answer())
    with hubs.a_hub(tmp_path, model=model, spacy_model=folder) as hub:
        run = hub.run(hubs.request(inputs=hubs.inputs(TEXT)))
        assert run.state is RunState.DELIVERED, run.problem
        assert run.draft is not None
        assert run.draft.variants[0].text == "Meet Anna Schmidt on Monday."
        assert model.prompts
        assert all("Schmidt" not in repr(prompt) and "Acme" in repr(prompt) for prompt in model.prompts)


def test_without_a_model_for_names_they_are_sent_as_they_are(tmp_path: Path) -> None:
    model = FakeModel(hubs.answer())
    with hubs.a_hub(tmp_path, model=model) as hub:
        hub.run(hubs.request(inputs=hubs.inputs(TEXT)))
        assert "Anna Schmidt" in repr(model.prompts)


def test_a_model_for_names_that_does_not_load_holds_the_run_and_nothing_is_sent(tmp_path: Path) -> None:
    model = FakeModel(hubs.answer())
    with hubs.a_hub(tmp_path, model=model, spacy_model="no_such_model") as hub:
        run = hub.run(hubs.request(inputs=hubs.inputs(TEXT)))
        assert run.state is RunState.HELD
        assert not model.prompts
        found = [finding for verdict in run.input_verdicts for finding in verdict.findings]
        assert [one.rule for one in found] == ["check.failed"]
        assert "Anna" not in json.dumps([one.message for one in found])
