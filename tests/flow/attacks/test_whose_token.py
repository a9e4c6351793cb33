"""A teammate or a program reaches for what only another's own token opens, in a real document's stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.google_docs.sandbox import start
from hub.domain import Actor, Role, RunState
from hub.pipeline import act
from hub.pipeline.parts import AT_THE_DESK
from hub.sdk import Secret
from hub.testing import FakeModel
from tests.connectors.google_docs.card_bench import COPY, DOCUMENT, Google, beside_a_document
from tests.hubs import a_hub, answer, at_end_of, connect, request, wait_for

#: The sandbox's names for accounts: this one sees no document, this one may only read.
BLIND, READER = "hidden-service", "readonly-mara"
PLAN = "Secret plan: we buy Foo Corp."
MARA = Actor(person="mara@example.com", role=Role.MEMBER, via=AT_THE_DESK)


@contextmanager
def a_private_document(home: Path, model: FakeModel) -> Iterator[Google]:
    """Mara's document that only her lent token opens, and her run, stuck beside another one."""
    with beside_a_document(home, settings={"access_token": BLIND}, model=model) as google:
        google.sandbox.store.create("Private", id="maras-private")
        google.sandbox.store.edit("maras-private", {"insertText": {"location": {"index": 1}, "text": PLAN}})
        google.open()
        google.click("Rewrite in brand voice")
        google.click("Run", text="", place="below", quote="no such passage at all")
        assert google.site.hub.get(google.run_id).state is RunState.ORPHANED
        yield google


@pytest.mark.parametrize("who", ["jon", "mara", "machine"])
def test_a_key_moves_a_run_into_no_document_that_only_a_lent_token_opens(tmp_path: Path, who: str) -> None:
    model = FakeModel(answer())
    with a_private_document(tmp_path, model) as google:
        hub, run = google.site.hub, google.run_id
        body = {"at": {"document": "maras-private", "end": True}}
        moved = google.site.client().post(f"/api/v1/runs/{run}/resume", json=body, headers=google.site.bearer(who))
        assert moved.status_code == 200
        hub.start(workers=1)
        after = wait_for(hub, run)
        assert after.state is RunState.ORPHANED
        assert PLAN not in str(after)
        assert not model.prompts
        assert google.sandbox.store.text("maras-private").strip() == PLAN


def test_where_a_persons_own_token_may_not_write_the_account_does_not_write_for_them_later(tmp_path: Path) -> None:
    now = [1_790_000_000.0]
    sandbox = start()
    try:
        with a_hub(tmp_path, clock=lambda: now[0]) as hub:
            connect(hub, sandbox.url, access_token="a-writer")
            hub.parts.connections.lend("docs", "mara@example.com", Secret(READER), now[0] + 3000)
            run = hub.run(request(target=at_end_of(DOCUMENT), actor=MARA))
            assert run.state is RunState.WAITING_USER
            now[0] += 3001
            act.resume(hub.parts, run, MARA)
            hub.start(workers=1)
            after: Any = wait_for(hub, run.id)
            assert after.state is RunState.WAITING_USER
            assert "Open Inlay in Google Docs" in after.problem.instead
            assert COPY not in sandbox.store.text(DOCUMENT)
    finally:
        sandbox.stop()
