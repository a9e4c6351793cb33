"""Nothing reaches the model or the document that the checks did not let through."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

from hub.domain import Outcome, RunState, Usage
from hub.sdk import Answer, Check, Finding, Subject, hookimpl
from hub.testing import FakeModel
from tests import hubs
from tests.hubs import a_hub, answer, request


def test_a_secret_in_the_text_never_reaches_the_model(tmp_path: Path) -> None:
    model = FakeModel(answer())
    with a_hub(tmp_path, model=model) as hub:
        refused = hub.run(request(inputs=hubs.inputs("Use key AKIAIOSFODNN7EXAMPLE for the upload, please.")))
        assert refused.state in (RunState.REFUSED, RunState.HELD)
        assert model.calls == 0
        assert refused.problem is not None
        assert refused.problem.instead
        assert "AKIA" not in repr(refused.problem) + repr(refused.input_verdicts)


def test_personal_data_is_masked_before_the_model_and_restored_after(tmp_path: Path) -> None:
    class Echo(FakeModel):
        def ask(self, prompt):  # type: ignore[no-untyped-def]
            super().ask(prompt)
            return said(answer(f"Write to us. {prompt.inputs['text']}"))

    model = Echo()
    text = "Write to anna.berg@example.com before Monday."
    with a_hub(tmp_path, model=model) as hub:
        hubs.warm(hub)
        done = hub.run(request(inputs=hubs.inputs(text)))
        assert done.state is RunState.DELIVERED, done.problem
        assert done.draft is not None
        assert done.draft.variants[0].text == f"Write to us. {text}"
        assert all("anna.berg" not in m.content for p in model.prompts for m in p.messages)


def test_a_damaged_placeholder_holds_the_run_and_is_never_guessed(tmp_path: Path) -> None:
    class Mangles(FakeModel):
        def ask(self, prompt):  # type: ignore[no-untyped-def]
            super().ask(prompt)
            return said(answer(prompt.inputs["text"].replace("EMAIL_1", "EMAIL_2")))

    with a_hub(tmp_path, model=Mangles()) as hub:
        hubs.warm(hub)
        held = hub.run(request(inputs=hubs.inputs("Write to anna.berg@example.com before Monday.")))
        assert held.state is RunState.HELD
        assert held.draft is not None
        assert "anna.berg" not in held.draft.variants[0].text


def test_a_check_that_raises_holds_the_run(tmp_path: Path) -> None:
    class Breaks(Check):
        name = "copy_rules"

        def examine(self, subject):  # type: ignore[no-untyped-def]
            raise RuntimeError("private text")

    class Plugin:
        @hookimpl
        def register_checks(self, register):  # type: ignore[no-untyped-def]
            register(Breaks())

    model = FakeModel(answer())
    with a_hub(tmp_path, model=model) as hub:
        hub.parts.runner = type(hub.parts.runner)({**hub.registry.checks, "copy_rules": Breaks()})
        held = hub.run(request())
        assert held.state is RunState.HELD
        assert model.calls == 0
        assert "private text" not in repr(held)
        assert any(v.outcome is Outcome.HOLD for v in held.input_verdicts)


def test_what_the_checks_need_is_loaded_when_the_hub_starts_and_one_that_cannot_load_holds_up_no_other(
    tmp_path: Path,
) -> None:
    loaded = threading.Event()

    class Fails(Check):
        name = "fails"

        def warm(self) -> None:
            raise RuntimeError("private text")

        def examine(self, subject: Subject) -> list[Finding]:
            return []

    class Loads(Fails):
        name = "loads"

        def warm(self) -> None:
            loaded.set()

    class Plugin:
        @hookimpl
        def register_checks(self, register: Callable[[Check], None]) -> None:
            register(Fails())
            register(Loads())

    with a_hub(tmp_path, plugins=(("two", Plugin()),)) as hub:
        hub.start(workers=0)
        assert loaded.wait(30)


def said(content: dict) -> Answer:
    return Answer(text=json.dumps(content), usage=Usage(model="echo", calls=1))
