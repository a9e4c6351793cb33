"""The runner fails closed: whatever a check does, its verdict is never an allow it did not earn."""

import gc
import logging
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import pytest

from hub.domain import Finding, Outcome, Verdict
from hub.errors import ConfigurationError
from hub.governance.policy import CheckRule, Policy
from hub.governance.runner import Runner, worst
from hub.sdk.check import Check, Subject

SECRET = "hunter2-in-the-text"


class Does(Check):
    """A check that does what it is told."""

    name = "does"

    def __init__(self, act: Callable[[Subject], Any], seconds: float = 5.0) -> None:
        self.act = act
        self.seconds = seconds  # type: ignore[misc]

    def examine(self, subject: Subject) -> Sequence[Finding]:
        return self.act(subject)


def finding(outcome: Outcome) -> Finding:
    return Finding(rule="r", outcome=outcome, message="m", why="w", instead="i")


def policy(*names: str, **options: Any) -> Policy:
    return Policy(checks=tuple(CheckRule(name=name, **options) for name in names))


def subject(side: Literal["input", "output"] = "input") -> Subject:
    return Subject(side=side, team="t", template="x", texts={"notes": SECRET})


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Checks that hang wait for this; it opens when the test ends."""
    event = threading.Event()
    yield event
    event.set()


def raising(error: BaseException) -> Callable[[Subject], Any]:
    def act(subject: Subject) -> Any:
        raise error

    return act


def test_a_clean_text_is_allowed_and_timed() -> None:
    verdicts = Runner({"a": Does(lambda s: ())}).run(policy("a"), subject())
    assert [(v.check, v.outcome, v.findings) for v in verdicts] == [("a", Outcome.ALLOW, ())]
    assert verdicts[0].ms > 0


def test_the_worst_finding_is_the_verdict_and_the_rest_still_runs_after_a_deny() -> None:
    checks = {
        "a": Does(lambda s: [finding(Outcome.ALLOW), finding(Outcome.DENY), finding(Outcome.HOLD)]),
        "b": Does(lambda s: [finding(Outcome.HOLD)]),
    }
    verdicts = Runner(checks).run(policy("a", "b"), subject())
    assert [v.outcome for v in verdicts] == [Outcome.DENY, Outcome.HOLD]
    assert worst(verdicts) is Outcome.DENY


def test_no_verdict_at_all_is_a_hold() -> None:
    assert worst([]) is Outcome.HOLD
    verdicts = Runner({"a": Does(lambda s: ())}).run(policy("a", sides=["output"]), subject("input"))
    assert worst(verdicts) is Outcome.HOLD
    assert "no check" in verdicts[0].findings[0].message


@pytest.mark.parametrize("error", [ValueError(SECRET), SystemExit(SECRET), KeyboardInterrupt(), MemoryError()])
def test_a_check_that_raises_holds_and_its_words_appear_nowhere(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    runner = Runner({"a": Does(raising(error)), "b": Does(lambda s: ())})
    with caplog.at_level(logging.DEBUG):
        first, second = runner.run(policy("a", "b"), subject())
    assert (first.outcome, second.outcome) == (Outcome.HOLD, Outcome.ALLOW)
    assert first.findings[0].message and first.findings[0].why and first.findings[0].instead
    assert SECRET not in repr(first)
    assert SECRET not in caplog.text
    assert type(error).__name__ in caplog.text


@pytest.mark.parametrize(
    "answer",
    [None, True, "fine", b"", {}, [None], ["finding"], iter(()), (f for f in ()), [{"rule": "r"}], 0],
    ids=lambda value: type(value).__name__,
)
def test_an_answer_that_is_no_list_of_findings_holds(answer: object) -> None:
    verdict = Runner({"a": Does(lambda s: answer)}).run(policy("a"), subject())[0]
    assert verdict.outcome is Outcome.HOLD
    assert verdict.findings[0].rule == "check.malformed"


def test_a_finding_with_an_unknown_outcome_holds() -> None:
    odd = Finding(rule="r", outcome="allow!", message="", why="", instead="")  # type: ignore[arg-type]
    assert Runner({"a": Does(lambda s: [odd])}).run(policy("a"), subject())[0].outcome is Outcome.HOLD


def test_a_check_that_is_not_registered_holds() -> None:
    verdict = Runner({}).run(policy("gone"), subject())[0]
    assert verdict.outcome is Outcome.HOLD
    assert "gone" in verdict.findings[0].message
    assert "admin" in verdict.findings[0].instead


def test_a_policy_can_make_a_failure_a_deny() -> None:
    runner = Runner({"a": Does(raising(ValueError()))})
    assert worst(runner.run(policy("a", on_failure="deny"), subject())) is Outcome.DENY
    assert worst(runner.run(policy("gone", on_failure="deny"), subject())) is Outcome.DENY


def test_a_flagged_failure_lets_pass_and_says_that_nobody_looked(gate: threading.Event) -> None:
    checks = {
        "raises": Does(raising(ValueError(SECRET))),
        "hangs": Does(lambda s: gate.wait(), seconds=0.05),
        "talks": Does(lambda s: None),
    }
    for name, rule in (("raises", "check.failed"), ("hangs", "check.slow"), ("talks", "check.malformed")):
        (verdict,) = Runner(checks).run(policy(name, on_failure="flag"), subject())
        assert verdict.outcome is Outcome.ALLOW
        assert verdict.findings[0].rule == rule
        assert verdict.findings[0].message.startswith("Not checked")
        assert SECRET not in repr(verdict)


def test_flag_is_of_checks_that_fail_and_not_of_those_that_are_not_there() -> None:
    class OutputOnly(Does):
        sides = frozenset({"output"})

    assert worst(Runner({}).run(policy("gone", on_failure="flag"), subject())) is Outcome.HOLD
    runner = Runner({"a": OutputOnly(lambda s: ())})
    wrong = Policy(checks=(CheckRule(name="a", sides=("input",), on_failure="flag"),))
    assert worst(runner.run(wrong, subject("input"))) is Outcome.HOLD


def test_a_check_wanted_on_a_side_it_does_not_serve_holds() -> None:
    class OutputOnly(Does):
        sides = frozenset({"output"})

    runner = Runner({"a": OutputOnly(lambda s: ()), "b": Does(lambda s: ())})
    both = Policy(checks=(CheckRule(name="a", sides=("input", "output")), CheckRule(name="b")))
    assert worst(runner.run(both, subject("input"))) is Outcome.HOLD
    assert worst(runner.run(both, subject("output"))) is Outcome.ALLOW
    assert [v.check for v in runner.run(policy("a", "b"), subject("input"))] == ["b"]


def test_a_check_that_hangs_holds_and_those_after_it_still_run(gate: threading.Event) -> None:
    checks = {
        "before": Does(lambda s: [finding(Outcome.ALLOW)]),
        "hangs": Does(lambda s: gate.wait(), seconds=0.05),
        "after": Does(lambda s: [finding(Outcome.DENY)]),
    }
    verdicts = Runner(checks).run(policy("before", "hangs", "after"), subject())
    assert [(v.check, v.outcome) for v in verdicts] == [
        ("before", Outcome.ALLOW),
        ("hangs", Outcome.HOLD),
        ("after", Outcome.DENY),
    ]
    assert verdicts[1].findings[0].rule == "check.slow"


def test_each_check_has_its_own_seconds(gate: threading.Event) -> None:
    checks = {"a": Does(lambda s: gate.wait(), seconds=0.05), "b": Does(lambda s: gate.wait(), seconds=0.1)}
    verdicts = Runner(checks).run(policy("a", "b"), subject())
    assert [v.ms for v in verdicts] == [pytest.approx(50), pytest.approx(100)]


def test_too_many_stuck_checks_hold_every_run_at_once_until_they_come_back(gate: threading.Event) -> None:
    calls: list[str] = []
    ended = threading.Semaphore(0)

    def hang(s: Subject) -> Sequence[Finding]:
        gate.wait()
        ended.release()
        return ()

    checks = {"hangs": Does(hang, seconds=0.02), "good": Does(lambda s: calls.append("ran") or ())}
    runner = Runner(checks, max_hung=2)
    for _ in range(2):
        assert worst(runner.run(policy("hangs"), subject())) is Outcome.HOLD
    assert runner.hung == 2
    verdict = runner.run(policy("good"), subject())[0]
    assert (verdict.outcome, verdict.findings[0].rule, calls) == (Outcome.HOLD, "check.overloaded", [])
    stuck = [thread for thread in threading.enumerate() if thread.name == "checks"]
    gate.set()
    assert ended.acquire(timeout=5) and ended.acquire(timeout=5)
    for thread in stuck:
        if thread.is_alive() and runner.hung:
            thread.join(timeout=5)
    assert worst(runner.run(policy("good"), subject())) is Outcome.ALLOW


def test_a_hung_check_does_not_keep_the_process_from_ending() -> None:
    code = """
import threading
from hub.governance.policy import CheckRule, Policy
from hub.governance.runner import Runner
from hub.sdk.check import Check, Subject
class Hangs(Check):
    name, seconds = "hangs", 0.05
    def examine(self, subject): threading.Event().wait()
policy = Policy(checks=(CheckRule(name="hangs"),))
print(Runner({"hangs": Hangs()}).run(policy, Subject(side="input", team="t", template="x", texts={}))[0].outcome)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout.strip()) == (0, "hold")


def test_a_check_cannot_change_what_the_others_see() -> None:
    def tamper(s: Subject) -> Sequence[Finding]:
        s.texts["notes"] = "nothing here"  # type: ignore[index]
        return ()

    seen: list[str] = []
    checks = {"a": Does(tamper), "b": Does(lambda s: seen.append(s.texts["notes"]) or ())}
    verdicts = Runner(checks).run(policy("a", "b"), subject())
    assert verdicts[0].outcome is Outcome.HOLD
    assert seen == [SECRET]


def test_each_check_gets_its_own_rules() -> None:
    seen: dict[str, Any] = {}
    checks = {name: Does(lambda s, name=name: seen.update({name: dict(s.rules)}) or ()) for name in ("a", "b")}
    rules = Policy(checks=(CheckRule(name="a", rules={"x": 1}), CheckRule(name="b", rules={"y": [2]})))
    Runner(checks).run(rules, subject())
    assert seen == {"a": {"x": 1}, "b": {"y": [2]}}


def test_many_runs_at_once_each_get_their_own_verdicts() -> None:
    def say(s: Subject) -> Sequence[Finding]:
        return [Finding(rule=s.texts["n"], outcome=Outcome.ALLOW, message="", why="", instead="")]

    runner = Runner({"a": Does(say), "b": Does(say)})
    wrong: list[str] = []

    def caller(number: int) -> None:
        for turn in range(50):
            text = f"{number}.{turn}"
            verdicts = runner.run(policy("a", "b"), Subject(side="input", team="t", template="x", texts={"n": text}))
            if [v.findings[0].rule for v in verdicts] != [text, text]:
                wrong.append(text)

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_idle_thread_holds_nobodys_text() -> None:
    class Text(str):
        pass

    runner = Runner({"a": Does(lambda s: ())})
    text = Text("private")
    gone = weakref.ref(text)
    runner.run(policy("a"), Subject(side="input", team="t", template="x", texts={"n": text}))
    runner.run(policy("a"), subject())
    del text
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), "5", None])
def test_seconds_that_are_no_time_stop_the_start(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="seconds"):
        Runner({"a": Does(lambda s: (), seconds=seconds)})


def test_worst_orders_allow_hold_deny() -> None:
    verdicts = [Verdict(check="x", outcome=outcome) for outcome in (Outcome.ALLOW, Outcome.DENY, Outcome.HOLD)]
    assert worst(verdicts) is Outcome.DENY
    assert worst(verdicts[:1]) is Outcome.ALLOW
