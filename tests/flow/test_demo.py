"""The demo as a person starts it: its own process, one request, the text in the document once, with its receipt."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest

from hub.demo import Journey, Setting, free_port, journeys, open_door, set_up, tell
from hub.domain import Actor, RunState
from hub.pipeline import act

STAGES = ["receive", "compose", "check input", "ask", "check output", "deliver", "done"]
TO_TWO_PLACES = [*STAGES[:-1], "deliver", "review"]


def environ(folder: Path) -> dict[str, str]:
    """No settings of whoever runs the tests, and a place for temporary folders that can be looked at."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INLAY_")}
    return {**kept, "TMPDIR": str(folder)}


def test_demo_once_exits_0_with_a_line_per_stage_of_each_journey_and_its_receipts_last(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hub", "demo", "--once"],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=tmp_path,
        env=environ(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    told = {line["journey"]: [one for one in lines if one["journey"] == line["journey"]] for line in lines}
    assert list(told) == ["in a document", "on a campaign", "from a document to a campaign"]
    for name, (*stages, last) in told.items():
        both = name == "from a document to a campaign"
        assert [stage["stage"] for stage in stages] == (TO_TWO_PLACES if both else STAGES)
        assert all(stage["ms"] >= 0 for stage in stages)
        after = ["answered"] * (4 if both else 3) + ["in_review" if both else "delivered"]
        assert [stage["state"] for stage in stages] == ["queued"] * 3 + after
        assert (last["result"], last["state"], last["simulated"]) == ("stands once", after[-1], True)
        assert [place["times"] for place in last["places"]] == [1] * len(last["places"])
        assert all(place["receipt"]["content_hash"] for place in last["places"])
    assert "Sommerlicht" in told["in a document"][-1]["places"][0]["text"]
    asked = told["on a campaign"]
    assert (asked[0]["trigger"], asked[0]["surface"]) == ("webhook", "salesforce")
    assert "leads: 412" in asked[-1]["places"][0]["text"]
    both = told["from a document to a campaign"][-1]["places"]
    assert [place["connection"] for place in both] == ["docs", "crm"]
    assert list(tmp_path.iterdir()) == [], "a folder was left behind"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Setting]:
    with set_up(tmp_path, port=free_port("127.0.0.1", 0), sandbox_port=0, log_level="ERROR") as setting:
        yield setting


def journey(name: str) -> Journey:
    return next(one for one in journeys() if one.name == name)


def test_the_demo_asks_the_configured_model(tmp_path: Path, fake_model) -> None:
    copy = "Sommerlicht: warm light for your balcony. In shops on 3 June."
    envelope = {"claims": [], "disclosures": [], "assumptions": [], "missing_inputs": []}
    fake_model.answers({"variants": [{"copy": copy, "channel": "newsletter"}], **envelope})
    settings = {"model": "any", "model_base_url": fake_model.base_url, "model_api_key": "any"}
    settings["model_prices"] = {"any": (1.0, 2.0)}
    with set_up(tmp_path, port=1, sandbox_port=0, log_level="ERROR", **settings) as setting:
        ending = tell(setting, journey("in a document"), "demo:1")
        assert ending.good, ending.run.problem
        assert copy in ending.placed[0].text
        assert not ending.run.simulated
        again = tell(setting, journey("in a document"), "demo:1")
        assert again.run.id == ending.run.id
        assert again.placed[0].times == 1
    assert len(fake_model.journal()) == 1


def test_an_ending_is_not_good_when_the_text_is_gone_from_the_document(stage: Setting) -> None:
    ending = tell(stage, journey("in a document"), "demo:1")
    assert ending.good
    act.undo(stage.hub.parts, ending.run, Actor(via="test"))
    assert not tell(stage, journey("in a document"), "demo:1").good


def test_an_ending_is_not_good_when_one_of_two_places_has_no_text(stage: Setting) -> None:
    ending = tell(stage, journey("from a document to a campaign"), "demo:1")
    assert ending.good
    assert ending.run.state is RunState.IN_REVIEW
    store = stage.stand_ins["crm"].store  # pyright: ignore[reportAttributeAccessIssue]
    store.delete(store.schema.get("AI_Output__c"), store.rows("AI_Output__c")[0].id)
    again = tell(stage, journey("from a document to a campaign"), "demo:1")
    assert [place.times for place in again.placed] == [1, 0]
    assert not again.good


def test_an_ending_is_not_good_when_the_org_refuses_the_output(stage: Setting) -> None:
    stage.stand_ins["crm"].faults.add("validation", on="*", times=None, type="AI_Output__c")  # pyright: ignore[reportAttributeAccessIssue]
    with open_door(stage):
        ending = tell(stage, journey("on a campaign"))
    assert ending.run.state is RunState.FAILED
    assert ending.placed[0].receipt is None
    assert not ending.good
    assert ending.stages[-1].said["what"]


def test_a_home_that_is_kept_takes_the_requests_of_the_next_demo_for_new_ones(tmp_path: Path) -> None:
    endings = []
    for _ in range(2):
        port = free_port("127.0.0.1", 0)
        with set_up(tmp_path, port=port, sandbox_port=0, log_level="ERROR") as setting, open_door(setting):
            endings.append(tell(setting, journey("on a campaign")))
    assert [ending.good for ending in endings] == [True, True]
    assert endings[0].run.id != endings[1].run.id


def test_no_secret_of_a_stand_in_stands_in_the_demo_s_plan(stage: Setting) -> None:
    said = repr(stage.plan) + repr(stage.stand_ins["crm"])
    secrets = [value for key, value in stage.stand_ins["crm"].settings().items() if "token" in key or "secret" in key]
    assert len(secrets) == 2
    assert [one for one in secrets if one in said] == []


def test_a_busy_port_gives_way_to_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) != port


@contextmanager
def started(tmp_path: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A running demo, and what it said up to the point where it stays up."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "demo", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env=environ(tmp_path),
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line.rstrip("\n"))
            if "Ctrl-C" in line:
                break
        yield process, said
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def answered(url: str, process: subprocess.Popen[str]) -> str:
    """The page at a URL, as soon as the server listens."""
    while process.poll() is None:
        try:
            with urlopen(url, timeout=10) as page:
                return page.read().decode()
        except OSError as error:
            if not isinstance(getattr(error, "reason", error), ConnectionError):
                raise
            threading.Event().wait(0.05)
    raise AssertionError("the demo ended")


def shown_at(said: list[str], name: str) -> str:
    """The address behind a name in the closing words."""
    closing = said[said.index("Look at it") :]
    return next(line.split()[-1] for line in closing if line.strip().startswith(name))


def test_the_demo_says_where_to_look_and_takes_what_a_visitor_asks_until_ctrl_c(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with started(tmp_path, port) as (process, said):
            text = "\n".join(said)
            assert f"Port {port} is taken" in text
            document, campaign = shown_at(said, "in Google Docs"), shown_at(said, "in Salesforce")
            assert "Sommerlicht" in answered(document, process)
            assert answered(f"{shown_at(said, 'the hub')}/healthz", process)
            before = answered(campaign, process).count('class="output"')
            assert before == 2
            ask(campaign, template="search-ad-set", instructions="")
            while answered(campaign, process).count('class="output"') == before:
                threading.Event().wait(0.1)
            process.send_signal(signal.SIGINT)
            assert process.wait(40) in (0, 130, -signal.SIGINT)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("inlay-demo")] == []


def ask(page: str, **form: str) -> None:
    """Send the form of a record's page, as a browser does."""
    headers = {"Origin": f"http://{urlsplit(page).netloc}"}
    sent = HttpRequest(page.replace("/view", "/ask"), urlencode(form).encode(), headers)
    with urlopen(sent, timeout=10) as answer:
        assert answer.status == 200
