"""A held draft is put right with the fixes of the checks, and goes on only if it passes them then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.domain import Run, RunState
from hub.errors import Conflict
from hub.pipeline import mend, policies
from hub.sdk import Answer, Prompt
from hub.store import teams
from hub.testing import FakeModel
from tests import hubs
from tests.hubs import AUTHOR, TEAM, a_hub, answer, at_end_of, inputs, kinds, request

DOCUMENT = "demo-newsletter"
MAIL = "anna@example.com"
WHY = {"why": "We sell quality.", "instead": "Say what the price buys."}
CHEAP = {"id": "cheap", "terms": ["cheap"], "fix": "good value", **WHY}
NEVER = {"id": "never", "terms": ["never ever"], **WHY}


@pytest.fixture
def hub(tmp_path: Path, database_url: str, sandbox: Sandbox) -> Iterator[Hub]:
    with a_hub(tmp_path, database_url=database_url, model=FakeModel(answer())) as hub:
        hubs.connect(hub, sandbox.url)
        yield hub


def held(hub: Hub, copy: str, *rules: dict[str, Any]) -> Run:
    """A run whose draft these rules hold."""
    _forbid(hub, *rules)
    hub.parts.model = FakeModel(answer(copy))
    run = hub.run(request(inputs=inputs("Cheap tyres."), target=at_end_of(DOCUMENT)))
    assert run.state is RunState.HELD, run.problem
    return run


def test_one_click_puts_every_fix_in_and_the_draft_is_delivered(hub: Hub, sandbox: Sandbox) -> None:
    run = held(hub, "Cheap tyres, so cheap.", CHEAP)
    assert len(mend.fixes(run)) == 2
    done = mend.mend(hub.parts, run, AUTHOR)
    assert done.state is RunState.DELIVERED, done.problem
    text = sandbox.store.text(DOCUMENT)
    assert "good value tyres, so good value." in text.replace("Good", "good") and "heap" not in text
    assert kinds(hub, done).count("output.checked") == 2 and "draft.mended" in kinds(hub, done)
    assert "model.call_in_doubt" not in kinds(hub, done)


class Echo(FakeModel):
    """Writes the placeholder that it was given into its draft."""

    def ask(self, prompt: Prompt) -> Answer:
        said = "\n".join(message.content for message in prompt.messages)
        (found,) = set(re.findall(r"\[EMAIL_\d_\w+\]", said))
        return FakeModel(answer(f"Cheap tyres: {found}")).ask(prompt)


def test_a_value_that_was_masked_is_hidden_from_the_checks_again_and_stands_in_the_mended_text(
    hub: Hub, sandbox: Sandbox
) -> None:
    held(hub, "Cheap tyres.", CHEAP)
    hub.parts.model = Echo()
    asked = inputs(f"Cheap tyres. Write to {MAIL}.")
    run = hub.run(request("mail", inputs=asked, target=at_end_of(DOCUMENT)))
    assert run.state is RunState.HELD, run.problem
    done = mend.mend(hub.parts, run, AUTHOR)
    assert done.state is RunState.DELIVERED, done.problem
    assert f"tyres: {MAIL}" in sandbox.store.text(DOCUMENT)
    assert done.draft is not None and MAIL in done.draft.variants[0].text


def test_a_fix_leaves_words_alone_that_only_begin_with_the_forbidden_one(hub: Hub, sandbox: Sandbox) -> None:
    run = held(hub, "Cheap tyres, cheap and the cheapest there are.", CHEAP)
    done = mend.mend(hub.parts, run, AUTHOR)
    assert done.state is RunState.DELIVERED, done.problem
    assert "good value tyres, good value and the cheapest there are." in sandbox.store.text(DOCUMENT)


def test_what_has_no_fix_is_not_put_right_by_a_click(hub: Hub, sandbox: Sandbox) -> None:
    before = sandbox.store.text(DOCUMENT)
    run = held(hub, "Cheap tyres, never ever better.", CHEAP, NEVER)
    assert mend.fixes(run) == ()
    with pytest.raises(Conflict):
        mend.mend(hub.parts, run, AUTHOR)
    assert hub.get(run.id) == run
    assert sandbox.store.text(DOCUMENT) == before


def test_a_fix_that_another_rule_stops_leaves_the_draft_held(
    hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "KEPT", 0.0)
    before = sandbox.store.text(DOCUMENT)
    run = held(hub, "Cheap tyres.", CHEAP)
    _forbid(hub, {"id": "value", "terms": ["good value"], **WHY})
    still = mend.mend(hub.parts, run, AUTHOR)
    assert still.state is RunState.HELD
    assert sandbox.store.text(DOCUMENT) == before


def test_a_run_that_is_not_held_is_left_as_it_is(hub: Hub) -> None:
    run = hub.run(request())
    with pytest.raises(Conflict):
        mend.mend(hub.parts, run, AUTHOR)
    assert hub.get(run.id) == run


def _forbid(hub: Hub, *rules: dict[str, Any]) -> None:
    policy = {"checks": [{"name": "copy_rules", "rules": {"rules": list(rules)}}]}
    with hub.database.transaction() as tx:
        teams.put(tx, TEAM, "Brand team", policy, 0.0)
