"""A connector of somebody else, installed by an entry point, is held to the contract, and the contract has teeth."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guides import wiki
from tests.guides.guides import blocks, guide
from tests.shape.tree import ROOT

# A whole run of pytest each, which other tests slow down.
pytestmark = pytest.mark.timeout(400)
PARTS = blocks(guide("write-a-connector"), "python")
CONNECTOR, TESTS = "\n".join(PARTS[1:5]), PARTS[5]
(FIXTURE,) = blocks(guide("write-a-connector"), "json")


def outside(folder: Path, connectors: dict[str, str], *options: str) -> str:
    """What pytest says in a project of its own, with these connectors by name, installed as pip leaves them."""
    (folder / "wiki_stand_in.py").write_bytes(Path(wiki.__file__).read_bytes())
    (folder / "fixtures").mkdir()
    (folder / "fixtures" / "draft.wanted.json").write_text(FIXTURE, encoding="utf-8")
    points = ["[hub.connectors]"]
    for name, code in connectors.items():
        named = code.replace('name, title, settings = "wiki"', f'name, title, settings = "{name}"')
        (folder / f"inlay_connector_{name}.py").write_text(named, encoding="utf-8")
        test = TESTS.replace("inlay_connector_wiki", f"inlay_connector_{name}")
        (folder / f"test_{name}.py").write_text(test, encoding="utf-8")
        points.append(f"{name} = inlay_connector_{name}")
    installed = folder / "inlay_connector_wiki-0.1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: inlay-connector-wiki\nVersion: 0.1.0\n")
    (installed / "entry_points.txt").write_text("\n".join(points))
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--tb=no", *options]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=380)
    return ran.stdout + ran.stderr


def test_the_connector_of_the_guide_keeps_the_contract(tmp_path: Path) -> None:
    said = outside(tmp_path, {"wiki": CONNECTOR})
    assert not re.findall(r"^(?:FAILED|ERROR).*", said, re.MULTILINE)
    assert len(re.findall(r"^PASSED test_wiki.py::TestWiki::", said, re.MULTILINE)) >= 40, said


NEW = "{__import__('time').time_ns()}"
#: What is broken: where in the connector, what stands there instead, and which test of the contract finds it.
BROKEN = {
    "a forged event is taken": ("if not any([", "if False and not any([", "forged"),
    "the key before is forgotten": ("settings.signing_key_previous) if key", ") if key", "key_before"),
    "any body is taken": ("hmac.new(key, request.body,", "hmac.new(key, b'',", "forged or stored"),
    "a fault of Python comes out": ("except (ValueError, RecursionError):", "except KeyError:", "garbage"),
    "an unknown event is a fault": ('return [Ignored(event=event["event"]', "return [dict(event=1", "unknown_event"),
    "one event is many runs": ('key=event["id"]', f'key=f"{NEW}"', "same_event_twice"),
    "parse calls out": ("    place = Target(", "    call(connection, 'GET', '')\n    place = Target(", "pure"),
    "each try writes anew": ("/blocks/{delivery.key}", "/blocks/{delivery.key}" + NEW, "writing_twice or lost"),
    "what was deleted comes back": ("delivery.earlier is not None", "False", "person_deleted"),
    "an edit is thrown away": ('if digest(stands["text"]) != receipt.content_hash', "if False", "person_edited"),
    "the mark stays": ("text if delivery.reviewed else MARK + text", "MARK + text", "mark_stands"),
    "an expired token is a refusal": ("if reply.status in (401, 403)", "if reply.status in (403,)", "expired"),
    "a busy vendor is a refusal": ("if reply.status == 429", "if reply.status == 430", "busy_vendor"),
    "a probe has no fix": ('fix = error.instead or "', 'fix = "" and "', "failing_probe"),
    "an error quotes the token": ('NeedsPermission("', 'NeedsPermission(settings.token.reveal() + "', "reaches_a_log"),
    "an error quotes the text": ('raise Conflict("', 'raise Conflict(stands["text"] + "', "reaches_a_log"),
    "a log holds the text": ("    saved = stands", "    print(text)\n    saved = stands", "reaches_a_log"),
    "a secret is plain text": ("signing_key: Secret =", "signing_key: str =", "show_no_secret or stored"),
    "it goes out by itself": ("connection.http.request(", "type(connection.http)(settings.hosts()).request(", "hosts"),
}  # fmt: skip


def test_a_connector_that_breaks_the_contract_is_found(tmp_path: Path) -> None:
    connectors, chosen = {}, []
    for number, (right, wrong, tests) in enumerate(BROKEN.values()):
        assert right in CONNECTOR
        connectors[f"broken_{number}_"] = CONNECTOR.replace(right, wrong)
        chosen.append(f"(broken_{number}_ and ({tests}))")
    said = outside(tmp_path, connectors, "-k", " or ".join(chosen))
    # A test that failed found it. An error would say that the connector does not even load.
    found = {int(number) for number in re.findall(r"^FAILED test_broken_(\d+)_\.py", said, re.MULTILINE)}
    assert [name for number, name in enumerate(BROKEN) if number not in found] == [], said
    assert not re.findall(r"^ERROR.*", said, re.MULTILINE)
