"""Attacks on rest and on storing: runs woken that wait for a person, events taken while the database stumbles."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.google_docs.sandbox import Sandbox
from hub.domain import RunState, Target
from hub.errors import Unavailable
from hub.pipeline import act, receive, run
from tests import hubs
from tests.hubs import a_hub, at_end_of, request

KEY = "sk-ant-api03-" + "Ab3dEf6hIj9kLmNoPqRs" * 2


def test_a_delivered_run_whose_undo_died_half_way_is_not_made_to_look_broken(tmp_path: Path, sandbox: Sandbox) -> None:
    now = [1_000.0]
    with a_hub(tmp_path, clock=lambda: now[0]) as hub:
        hubs.connect(hub, sandbox.url)
        made = hub.run(request(destinations=(at_end_of("demo-newsletter"),)))
        assert made.state is RunState.DELIVERED, made.problem
        from hub.store import runs

        with hub.database.transaction() as tx:
            # What undo takes before it calls the vendor; the process dies there.
            assert runs.take_waiting(tx, made.id, [made.state], token="dead", now=now[0], until=now[0] + 15)
        now[0] += 60
        run.advance(hub.parts, made.id)
        after = hub.get(made.id)
        assert (after.state, after.problem) == (RunState.DELIVERED, None)
        act.undo(hub.parts, after, hubs.AUTHOR)
        assert "Spring sale, from Monday" not in sandbox.store.text("demo-newsletter")


def test_an_event_that_comes_while_the_database_stumbles_is_sent_again_and_not_buried(tmp_path: Path) -> None:
    with a_hub(tmp_path) as hub:
        real = hub.parts.connections.for_team

        def away(name: str, team: str) -> object:
            raise Unavailable("The database does not answer.")

        hub.parts.connections.for_team = away  # type: ignore[method-assign]
        event = request(target=Target(connection="docs", at={"document": "x", "end": True}))
        with pytest.raises(Unavailable):
            receive.receive(hub.parts, event, strict=False)
        hub.parts.connections.for_team = real  # type: ignore[method-assign]
