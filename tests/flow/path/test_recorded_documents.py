"""The whole path on every recorded document, with a model over a socket, under every fault the vendor can show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest

from connectors.google_docs.sandbox import Sandbox, start
from connectors.google_docs.sandbox_faults import KINDS
from hub.domain import Request, RunState, Target
from hub.model import Endpoint, OpenAIModel
from hub.pipeline.receive import receive
from hub.store import deliveries
from tests import hubs
from tests.connectors.google_docs.connector_bench import FIT
from tests.fake_model_server import FakeModelServer, envelope
from tests.hubs import a_hub

COPY = "Neu: 🎯 Schöne Überschrift für alle 🇫🇷"
#: Somebody else types while the write is on its way: this is what they type.
TYPED = re.compile(r"\(Somebody typed this\.\) ")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = start(sample=False, check_replies=True)
    yield sandbox
    sandbox.stop()


def document_of(sandbox: Sandbox, document: str) -> dict[str, Any]:
    """The document as Google's API gives it."""
    call = HttpRequest(f"{sandbox.url}/v1/documents/{document}?includeTabsContent=true")
    call.add_header("Authorization", "Bearer reader-of-the-test")
    with urlopen(call) as reply:
        return json.load(reply)


def units_of(tab: dict[str, Any]) -> bytes:
    """The body's text, each UTF-16 unit at its own index: what an index really points at."""
    units = bytearray()

    def put(element: dict[str, Any]) -> None:
        at, end = element.get("startIndex", 0) * 2, element["endIndex"] * 2
        units.extend(b"\0" * (end - len(units)))
        text = element.get("textRun", {}).get("content")
        if text is not None:
            units[at:end] = text.encode("utf-16-le")

    def walk(content: list[dict[str, Any]]) -> None:
        for piece in content:
            for element in piece.get("paragraph", {}).get("elements", []):
                put(element)
            for row in piece.get("table", {}).get("tableRows", []):
                for cell in row["tableCells"]:
                    walk(cell["content"])

    walk(tab["documentTab"]["body"]["content"])
    return bytes(units)


def text_of(document: dict[str, Any]) -> str:
    return units_of(document["tabs"][0]).decode("utf-16-le").replace("\0", "")


def marked(document: dict[str, Any], name: str) -> list[str]:
    """The text under each named range of this name."""
    tab = document["tabs"][0]
    units = units_of(tab)
    found = []
    for group in tab["documentTab"].get("namedRanges", {}).values():
        for named in group["namedRanges"]:
            if named["name"] == name:
                parts = [units[r.get("startIndex", 0) * 2 : r["endIndex"] * 2] for r in named["ranges"]]
                found.append(b"".join(parts).decode("utf-16-le"))
    return found


def test_each_document_gets_one_insertion_and_keeps_the_rest_under_every_fault(
    tmp_path: Path, sandbox: Sandbox, recordings: Path, fake_model: FakeModelServer
) -> None:
    fake_model.answers(envelope(COPY))
    model = OpenAIModel(Endpoint(base_url=fake_model.base_url, model="gpt-4o-mini"))
    with a_hub(tmp_path, model=model, reap_seconds=0.05, workers=8) as hub:
        runs: dict[str, str] = {}
        before: dict[str, str] = {}
        for number, name in enumerate(FIT):
            hubs.connect(hub, sandbox.url, name=f"docs{number}", access_token=f"writer-{number}")
            raw = json.loads((recordings / "google_docs" / f"{name}.json").read_text(encoding="utf-8"))
            for fault in (None, *KINDS):
                document = sandbox.store.load(raw, id=f"{name.split('/')[-1]}-{number}-{fault}").id
                before[document] = text_of(document_of(sandbox, document))
                if fault:
                    sandbox.faults.add(fault, on="batchUpdate", document=document, seconds=0.05)
                target = Target(connection=f"docs{number}", at={"document": document, "end": True})
                request = Request(
                    key=document,
                    team=hubs.TEAM,
                    template=hubs.TEMPLATE,
                    inputs=hubs.inputs(),
                    destinations=(target,),
                    actor=hubs.AUTHOR,
                )
                runs[document] = receive(hub.parts, request).run_id
        hub.start()
        for document, run_id in runs.items():
            done = hubs.wait_for(hub, run_id, seconds=120)
            assert done.state is RunState.DELIVERED, (document, done.problem)
            with hub.database.reading() as tx:
                (row,) = deliveries.of_run(tx, run_id)
            now = document_of(sandbox, document)
            text = TYPED.sub("", text_of(now))
            assert text.count(COPY) == 1, document
            marker = f"inlay:out:{row.key} {done.template}@{done.revision[:16]}"
            assert marked(now, marker) == [COPY], document
            assert text.replace(COPY, "").rstrip("\n") == before[document].rstrip("\n"), document
            assert row.receipt is not None
            assert row.receipt.vendor_id == document
    assert len(runs) == len(FIT) * (len(KINDS) + 1)
    assert len(fake_model.journal()) == len(runs)
    assert sandbox.faults.waiting() == []
    assert sandbox.violations == []
