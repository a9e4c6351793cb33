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
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest

from connectors.dam.sandbox_samples import picture
from hub.demo import Journey, Setting, free_port, journeys, open_door, set_up, tell
from hub.demo.ending import in_parts
from hub.domain import Actor, RunState
from hub.pipeline import act
from hub.store import runs

STAGES = ["receive", "compose", "check input", "ask", "check output", "deliver", "done"]
#: Which stages each journey tells of.
PATHS = {
    "in a document": STAGES,
    "on a campaign": STAGES,
    "from a document to a campaign": [*STAGES[:-1], "deliver", "review"],
    "into the DAM": STAGES,
    "approved in the DAM": [*STAGES[:-1], "review"],
}


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
    assert list(told) == [*PATHS]
    for name, (*stages, last) in told.items():
        assert [stage["stage"] for stage in stages] == PATHS[name]
        assert all(stage["ms"] >= 0 for stage in stages)
        end = "in_review" if "review" in PATHS[name] else "delivered"
        after = ["answered"] * (len(PATHS[name]) - 4) + [end]
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
    dropped, approved = told["into the DAM"], told["approved in the DAM"]
    assert (dropped[0]["trigger"], dropped[0]["surface"], dropped[3]["picture_bytes"] > 0) == ("webhook", "dam", True)
    assert [place["connection"] for one in (dropped, approved) for place in one[-1]["places"]] == ["dam", "crm"]
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


def dam(stage: Setting) -> Any:
    return stage.stand_ins["dam"]


def test_a_dropped_picture_gets_alt_text_and_the_approved_one_copy_on_the_campaign(stage: Setting) -> None:
    with open_door(stage):
        dropped = tell(stage, journey("into the DAM"))
        approved = tell(stage, journey("approved in the DAM"))
    assert dropped.good, dropped.run.problem
    assert approved.good, approved.run.problem
    assert dropped.run.request.target == approved.run.request.target
    asset, *others = dam(stage).store.every()
    assert asset.status == "approved"
    texts = dam(stage).shown({"asset": asset.id}).splitlines()
    assert texts[1].startswith("[Simulated draft")
    assert not any("Simulated" in dam(stage).shown({"asset": one.id}) for one in others)
    (output,) = stage.stand_ins["crm"].store.rows("AI_Output__c")  # pyright: ignore[reportAttributeAccessIssue]
    assert output.values["Review_Status__c"] == "Not reviewed"
    # What Inlay wrote itself started nothing more.
    with stage.hub.database.reading() as tx:
        assert len(runs.newest(tx, teams=None)) == 2


def test_an_ending_is_not_good_when_one_of_an_asset_s_texts_is_gone(stage: Setting) -> None:
    with open_door(stage):
        ending = tell(stage, journey("into the DAM"))
    text, fields = ending.run.draft.variants[0].text, ending.run.draft.variants[0].fields  # type: ignore[union-attr]
    assert text
    at = ending.placed[0].receipt.vendor_id  # type: ignore[union-attr]
    assert in_parts(fields, dam(stage).shown({"asset": at})) == 1
    dam(stage).store.change(at, {dam(stage).vendor.shows["alt_text"]: "My own"}, by="mika")
    assert in_parts(fields, dam(stage).shown({"asset": at})) == 0


def test_a_text_in_parts_stands_there_as_often_as_the_part_that_stands_there_most() -> None:
    fields = {"alt_text": "A lantern", "tags": ["lake", "dusk"], "title": ""}
    assert in_parts(fields, "A lantern\nlake, dusk") == 1
    assert in_parts(fields, "A lantern\nlake, dusk\nA lantern") == 2
    assert in_parts(fields, "A lantern at a\nlake, dusk") == 0
    assert in_parts({}, "A lantern") == 0


def test_a_home_that_is_kept_takes_the_requests_of_the_next_demo_for_new_ones(tmp_path: Path) -> None:
    endings = []
    for _ in range(2):
        port = free_port("127.0.0.1", 0)
        with set_up(tmp_path, port=port, sandbox_port=0, log_level="ERROR") as setting, open_door(setting):
            endings.append(tell(setting, journey("on a campaign")))
    assert [ending.good for ending in endings] == [True, True]
    assert endings[0].run.id != endings[1].run.id


def test_no_secret_of_a_stand_in_stands_in_the_demo_s_plan(stage: Setting) -> None:
    said = repr(stage.plan) + repr(stage.stand_ins["crm"]) + repr(stage.stand_ins["dam"])
    secrets = [value for key, value in stage.stand_ins["crm"].settings().items() if "token" in key or "secret" in key]
    assert len(secrets) == 2
    secrets.append(stage.stand_ins["dam"].settings()["client_secret"])
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
            assert "Sign in as Ada Lindgren: the runs are of several teams" in text
            document, campaign = shown_at(said, "in Google Docs"), shown_at(said, "in Salesforce")
            assert "Sommerlicht" in answered(document, process)
            assert answered(f"{shown_at(said, 'the hub')}/healthz", process)
            before = answered(campaign, process).count('class="output"')
            assert before == 3
            ask(campaign, template="search-ad-set", instructions="")
            while answered(campaign, process).count('class="output"') == before:
                threading.Event().wait(0.1)
            library = shown_at(said, "in DAM").partition("#")[0]
            before = answered(library, process).count("Simulated draft")
            drop(library, "lantern.png", picture(7))
            while answered(library, process).count("Simulated draft") == before:
                threading.Event().wait(0.1)
            process.send_signal(signal.SIGINT)
            assert process.wait(40) in (0, 130, -signal.SIGINT)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("inlay-demo")] == []


def drop(library: str, name: str, data: bytes) -> None:
    """Drop a picture into the library, as a browser does."""
    headers = {"Origin": library.rstrip("/"), "Content-Type": "image/png"}
    with urlopen(HttpRequest(f"{library}assets?name={name}", data, headers), timeout=10) as answer:
        assert answer.status == 201


def ask(page: str, **form: str) -> None:
    """Send the form of a record's page, as a browser does."""
    headers = {"Origin": f"http://{urlsplit(page).netloc}"}
    sent = HttpRequest(page.replace("/view", "/ask"), urlencode(form).encode(), headers)
    with urlopen(sent, timeout=10) as answer:
        assert answer.status == 200
