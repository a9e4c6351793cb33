"""Each check in turn breaks in each way while many runs go through a hub to a model on a socket: nothing is delivered
that the policy stops, and no personal value arrives at the model."""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hub import configure
from hub.bootstrap import Hub, build
from hub.domain import Run, RunState
from hub.settings import load
from hub.store import teams
from tests.flow.attacks.test_checks_in_trouble import troubled
from tests.hubs import KEY, TEAM, answer, request, warm

CHECKS = ["secrets", "personal_data", "injection", "copy_rules", "output_contract"]
TROUBLES = ["raises", "exits", "hangs", "none", "things"]
FINE = "The sale starts on Monday."
#: What the policy stops, by the check that stops it.
STOPPED = {
    "copy_rules": "The sale starts on Monday. A clinically proven lamp.",
    "secrets": "The sale starts on Monday. Use sk-ant-api03-Zq8Lm2Xv7Rt4Bn6Kc9Wd1Fh3Js5Gp now.",
    "personal_data": "The sale starts on Monday. Write to invented.person@example.org.",
    "output_contract": "The sale starts on Monday, and 4711 people come.",
}
RUNS, THREADS = 20, 8


@dataclass
class ModelServer:
    """Answers each request with the next draft, whatever is asked, and keeps what arrived."""

    url: str = ""
    journal: list[str] = field(default_factory=list)
    drafts: Iterator[str] = field(default_factory=lambda: itertools.cycle([FINE, *STOPPED.values()]))
    lock: threading.Lock = field(default_factory=threading.Lock)


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    mine = ModelServer()

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["content-length"])).decode()
            with mine.lock:
                mine.journal.append(asked)
                draft = next(mine.drafts)
            said = {"role": "assistant", "content": json.dumps(answer(draft))}
            body: dict[str, Any] = {"id": "1", "object": "chat.completion", "created": 1, "model": "fake"}
            body["choices"] = [{"index": 0, "finish_reason": "stop", "message": said}]
            body["usage"] = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            sent = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    mine.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield mine
    server.shutdown()
    server.server_close()
    thread.join(5)


@contextmanager
def a_hub_on_a_socket(home: Path, model: ModelServer) -> Iterator[Hub]:
    given = {"model": "fake", "model_base_url": model.url, "model_api_key": "none", "secret_key": KEY}
    hub = build(load(home=home, log_level="CRITICAL", **given))
    with hub.database.transaction() as tx:
        teams.put(tx, TEAM, "Brand team", {}, 0.0)
    warm(hub)
    try:
        yield hub
    finally:
        hub.close()


@pytest.fixture(scope="module")
def hub(model: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with a_hub_on_a_socket(tmp_path_factory.mktemp("load"), model) as hub:
        yield hub


def blow(hub: Hub, name: str, trouble: str, every: int = 2) -> list[Run]:
    """Many runs at once, each with values of its own, while calls of one check go wrong, every second one or all."""
    whole = hub.parts.runner
    check = troubled(hub, name, trouble, every)

    def one(number: int) -> Run:
        text = f"Write to zoe.quist{number}@example.com or +1 415 555 01{number:02}: the sale starts on Monday."
        return hub.run(request(f"{name}-{trouble}-{number}", inputs={"text": text}))

    try:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(one, range(RUNS)))
    finally:
        check.free.set()
        hub.parts.runner = whole


def written(runs: list[Run]) -> list[str]:
    return [run.draft.variants[0].text for run in runs if run.state is RunState.DELIVERED and run.draft]


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("name", CHECKS)
def test_nothing_passes_a_broken_check_under_load(hub: Hub, model: ModelServer, name: str, trouble: str) -> None:
    runs = blow(hub, name, trouble)
    assert len(runs) == RUNS
    assert set(written(runs)) <= {FINE}
    assert {run.state for run in runs} <= {RunState.DELIVERED, RunState.HELD, RunState.REFUSED}
    for run in runs:
        broken = [one.rule for v in (*run.input_verdicts, *run.output_verdicts) for one in v.findings]
        assert run.state is not RunState.DELIVERED or not [rule for rule in broken if rule.startswith("check.")]
    assert not [asked for asked in model.journal if "zoe.quist" in asked or "415 555" in asked]


@pytest.mark.parametrize("name", ["copy_rules", "injection"])
def test_a_check_that_may_be_flagged_lets_pass_what_it_stops_alone_and_says_so(
    tmp_path: Path, model: ModelServer, name: str
) -> None:
    bold = f"policy: {{checks: [{{name: {name}, on_failure: flag}}]}}"
    with a_hub_on_a_socket(tmp_path, model) as hub:
        configure.apply(hub, configure.read(bold, name="hub.yaml"), actor="system:test")
        runs = blow(hub, name, "raises", 1)
    assert set(written(runs)) <= {FINE, *([STOPPED["copy_rules"]] if name == "copy_rules" else [])}
    flagged: Counter[str] = Counter()
    for run in runs:
        notes = [one for v in (*run.input_verdicts, *run.output_verdicts) for one in v.findings]
        unseen = [one for one in notes if one.rule == "check.failed"]
        assert all(one.message.startswith("Not checked") for one in unseen)
        if run.state is RunState.DELIVERED and run.draft and run.draft.variants[0].text == STOPPED["copy_rules"]:
            assert unseen, "what passes unseen says so"
        flagged[run.state] += bool(unseen)
    assert flagged[RunState.DELIVERED]
    assert not [asked for asked in model.journal if "zoe.quist" in asked or "415 555" in asked]
