"""Each check in turn raises, hangs or talks nonsense under load: nothing is delivered that nobody looked at, and no
personal value reaches the model."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hub.bootstrap import Hub
from hub.domain import Run, RunState
from hub.governance.runner import Runner
from hub.sdk import Check, Finding, Subject
from hub.testing import FakeModel
from tests.hubs import a_hub, answer, request

ADDRESS, NUMBER = "anna.lindqvist@acme-mail.com", "+1 415 555 0132"
TEXT = f"Write to {ADDRESS} or call {NUMBER}: the sale starts on Monday."
CHECKS = ["secrets", "personal_data", "injection", "copy_rules", "output_contract", "claims"]
RUNS = 6


class Troubled(Check):
    """The real check, which now and then does something else."""

    def __init__(self, real: Check, trouble: str, every: int) -> None:
        self.name = real.name  # type: ignore[misc]
        self.sides = real.sides  # type: ignore[misc]
        self.real, self.trouble, self.every = real, trouble, every
        if trouble == "hangs":
            self.seconds = 0.2  # type: ignore[misc]
        self.free = threading.Event()
        self._lock, self._asked = threading.Lock(), 0

    def examine(self, subject: Subject) -> Sequence[Finding]:
        with self._lock:
            self._asked += 1
            strange = self._asked % self.every == 0
        if not strange:
            return self.real.examine(subject)
        match self.trouble:
            case "raises":
                raise RuntimeError(f"no luck with {TEXT}")
            case "exits":
                raise SystemExit
            case "hangs":
                self.free.wait(20)
                return []
            case "none":
                return None  # type: ignore[return-value]
            case _:
                return [{"outcome": "allow"}]  # type: ignore[list-item]


def troubled(hub: Hub, name: str, trouble: str, every: int) -> Troubled:
    check = Troubled(hub.registry.checks[name], trouble, every)
    hub.parts.runner = Runner({**hub.registry.checks, name: check}, max_hung=64)
    return check


def blow(hub: Hub) -> list[Run]:
    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(lambda n: hub.run(request(f"r{n}", inputs={"text": TEXT})), range(RUNS)))


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize(
    ("trouble", "every"), [("raises", 1), ("raises", 3), ("exits", 1), ("hangs", 1), ("none", 3), ("things", 1)]
)
def test_what_a_broken_check_did_not_see_goes_nowhere(tmp_path: Path, name: str, trouble: str, every: int) -> None:
    model = FakeModel(answer("The sale starts on Monday. A clinically proven lamp."))
    with a_hub(tmp_path, model=model) as hub:
        hub.run(
            request("warm", inputs={"text": "Nothing personal."})
        )  # What finds personal data takes a while to load.
        asked = model.calls
        check = troubled(hub, name, trouble, every)
        runs = blow(hub)
        check.free.set()
        # The draft says "clinically proven": with every check whole each run is held, with a broken one each is too.
        assert {run.state for run in runs} <= {RunState.HELD, RunState.REFUSED}
        for prompt in model.prompts:
            assert ADDRESS not in str(prompt)
            assert NUMBER not in str(prompt)
        if every == 1 and name not in ("output_contract", "claims"):
            assert model.calls == asked, "the first side of the check already stops it"


@pytest.mark.parametrize("name", CHECKS)
def test_runs_that_a_whole_check_saw_go_on_beside_those_that_are_held(tmp_path: Path, name: str) -> None:
    model = FakeModel(answer("The sale starts on Monday."))
    with a_hub(tmp_path, model=model) as hub:
        troubled(hub, name, "raises", 3)
        states: dict[Any, int] = {}
        for run in blow(hub):
            states[run.state] = states.get(run.state, 0) + 1
            broken = [one.rule for v in (*run.input_verdicts, *run.output_verdicts) for one in v.findings]
            assert (run.state is RunState.DELIVERED) is ("check.failed" not in broken)
        assert states[RunState.DELIVERED]
        assert sum(states.values()) == RUNS
