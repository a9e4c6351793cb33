"""Documents that vanish, tokens that expire, permissions that lack: the draft is kept and a person can go on."""

from __future__ import annotations

from pathlib import Path

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.domain import RunState, Target
from hub.pipeline import act, run
from hub.testing import FakeModel
from tests import hubs
from tests.hubs import a_hub, answer, at_end_of, request

DOCUMENT = "demo-newsletter"

DOCUMENT = "demo-newsletter"


def test_lone_surrogates_and_control_characters_are_cleaned_on_the_way_in_and_out(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    model = FakeModel(
        '{"variants":[{"text":"Gr\\u00fc\\ud800n \\u0007now\\r\\nsecond"}],'
        '"claims":[],"disclosures":[],"assumptions":[],"missing_inputs":[]}'
    )
    with a_hub(tmp_path, model=model) as hub:
        hubs.connect(hub, sandbox.url)
        done = hub.run(request(inputs=hubs.inputs("a\ud83dlone\x00 text \U0001f680"), target=at_end_of(DOCUMENT)))
        assert done.state is RunState.DELIVERED, done.problem
        assert "Grü�n now\nsecond" in sandbox.store.text(DOCUMENT)


def test_a_document_that_is_gone_orphans_the_run_and_keeps_the_draft(hub: Hub, sandbox: Sandbox) -> None:
    sandbox.store.delete("demo-product-page")
    done = hub.run(request(target=at_end_of("demo-product-page")))
    assert done.state is RunState.ORPHANED
    assert done.problem is not None
    assert done.problem.who


def test_a_place_that_vanishes_while_the_run_waits_orphans_it_with_its_draft_and_another_place_saves_it(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    quote = sandbox.store.text(DOCUMENT).strip().splitlines()[2]

    class Slow(FakeModel):
        def ask(self, prompt):  # type: ignore[no-untyped-def]
            sandbox.store.delete(DOCUMENT)
            return super().ask(prompt)

    with a_hub(tmp_path, model=Slow(answer())) as hub:
        hubs.connect(hub, sandbox.url)
        target = Target(connection="docs", at={"document": DOCUMENT, "quote": quote, "mode": "below"})
        stuck = hub.run(request(target=target))
        assert stuck.state is RunState.ORPHANED, stuck.problem
        assert stuck.draft is not None
        act.resume(hub.parts, stuck, hubs.AUTHOR, at={"document": "demo-launch-brief", "end": True})
        done = run.advance(hub.parts, stuck.id)
        assert done is not None
        assert done.state is RunState.DELIVERED, done.problem
        assert "Spring sale, from Monday" in sandbox.store.text("demo-launch-brief")
        assert hub.parts.model.calls == 1


def test_an_expired_token_waits_for_the_person_and_goes_on_at_their_next_click(hub: Hub, sandbox: Sandbox) -> None:
    hubs.connect(hub, sandbox.url, access_token="expired-token")
    stuck = hub.run(request(target=at_end_of(DOCUMENT)))
    assert stuck.state is RunState.WAITING_USER
    assert stuck.problem is not None
    assert stuck.problem.instead or stuck.problem.why
    hubs.connect(hub, sandbox.url, access_token="fresh")
    act.resume(hub.parts, stuck, hubs.AUTHOR)
    done = run.advance(hub.parts, stuck.id)
    assert done is not None
    assert done.state is RunState.DELIVERED, done.problem


def test_a_read_only_document_waits_for_permission(hub: Hub, sandbox: Sandbox) -> None:
    hubs.connect(hub, sandbox.url, access_token="readonly-reader")
    unread = hub.run(request(target=at_end_of(DOCUMENT)))
    assert unread.state is RunState.WAITING_USER
    assert hub.parts.model.calls == 0
    unwritten = hub.run(request("two", destinations=(at_end_of(DOCUMENT),)))
    assert unwritten.state is RunState.WAITING_USER
    assert unwritten.draft is not None
