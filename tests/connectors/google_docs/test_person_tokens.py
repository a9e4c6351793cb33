"""Who writes: a person's own token goes with their own calls, whoever else works on the connection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.google_docs.client import client_of
from connectors.google_docs.sandbox import start
from hub.domain import Actor, RunState
from hub.pipeline import act
from hub.pipeline.parts import AT_THE_DESK
from hub.sdk import NeedsPermission, Secret
from hub.store import calls, deliveries
from tests import hubs
from tests.connectors.google_docs.connector_bench import Bench
from tests.hubs import a_hub, at_end_of, request, wait_for

DOCUMENT = "demo-launch-brief"
MARA = Actor(person="mara@example.com", via=AT_THE_DESK)


@pytest.fixture
def bench() -> Iterator[Bench]:
    sandbox = start()
    yield Bench(sandbox)
    sandbox.stop()


def accounts(sandbox: Any) -> list[str]:
    return [entry.by for entry in sandbox.journal.entries()]


def test_a_persons_token_goes_before_the_connections_own(bench: Bench) -> None:
    shared = bench.connection()
    client_of(shared).document(DOCUMENT)
    client_of(replace(shared, token=Secret("ya29.mara"))).document(DOCUMENT)
    client_of(shared).document(DOCUMENT)
    first, mara, last = accounts(bench.sandbox)
    assert first == last != mara


def test_two_people_at_once_never_call_with_each_others_token(bench: Bench) -> None:
    shared = bench.connection()
    people = {name: replace(shared, token=Secret(f"ya29.{name}")) for name in ("mara", "jon", "kim")}
    alone = {}
    for name, connection in people.items():
        client_of(connection).document(DOCUMENT)
        alone[name] = accounts(bench.sandbox)[-1]
    assert len(set(alone.values())) == 3
    before = len(accounts(bench.sandbox))

    def call(name: str) -> None:
        client_of(people[name]).document(DOCUMENT)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(call, list(people) * 20))
    made = accounts(bench.sandbox)[before:]
    assert {account: made.count(account) for account in alone.values()} == dict.fromkeys(alone.values(), 20)


def test_a_lent_token_that_ended_sends_the_person_to_the_add_on(bench: Bench) -> None:
    ended = replace(bench.connection(), token=Secret("expired"))
    with pytest.raises(NeedsPermission) as caught:
        client_of(ended).document(DOCUMENT)
    assert "add-on" in caught.value.instead
    assert ended.token and ended.token.reveal() not in str(vars(caught.value))


def test_without_any_account_the_run_waits_for_the_person(tmp_path: Path) -> None:
    sandbox = start()
    try:
        with a_hub(tmp_path) as hub:
            hubs.connect(hub, sandbox.url, access_token=None)
            run = hub.run(request(target=at_end_of(DOCUMENT), actor=MARA))
            assert run.state is RunState.WAITING_USER
            assert run.problem is not None and "add-on" in run.problem.instead
            hub.parts.connections.lend("docs", "mara@example.com", Secret("ya29.mara"), hub.parts.clock() + 60)
            act.resume(hub.parts, run, MARA)
            hub.start(workers=1)
            assert wait_for(hub, run.id).state is RunState.DELIVERED
    finally:
        sandbox.stop()


def test_an_event_that_merely_names_a_person_does_not_write_with_their_token(tmp_path: Path) -> None:
    sandbox = start()
    try:
        with a_hub(tmp_path) as hub:
            hubs.connect(hub, sandbox.url, access_token=None)
            hub.parts.connections.lend("docs", "mara@example.com", Secret("ya29.mara"), hub.parts.clock() + 60)
            named = Actor(person="mara@example.com", via="google_docs")
            run = hub.run(request(target=at_end_of(DOCUMENT), actor=named))
            assert run.state is RunState.WAITING_USER
            assert not sandbox.journal.entries()
    finally:
        sandbox.stop()


def test_twenty_people_at_once_stay_within_sixty_writes_a_minute_of_a_shared_account_and_all_get_their_text(
    tmp_path: Path,
) -> None:
    ahead = 0.0

    def clock() -> float:
        return time.time() + ahead

    sandbox = start(quota=True, clock=clock)
    try:
        with a_hub(tmp_path, clock=clock) as hub:
            hubs.connect(hub, sandbox.url)
            # 45 writes were made in this minute already: 15 are left for 20 people.
            connector, connection = hub.parts.connections.get("docs")
            with hub.database.transaction() as tx:
                account = f"{connection.name}:{connection.account}"
                assert calls.take(tx, account, connector.limits, {"write": 45}, hub.parts.clock()) == 0

            def ask(number: int) -> Any:
                person = Actor(person=f"person{number}@example.com", via=AT_THE_DESK)
                return hub.run(request(f"click-{number}", target=at_end_of(DOCUMENT), actor=person))

            with ThreadPoolExecutor(20) as pool:
                found = list(pool.map(ask, range(20)))
            written = [run for run in found if run.state is RunState.DELIVERED]
            waiting = [run for run in found if run.state is RunState.ANSWERED]
            assert (len(written), len(waiting)) == (15, 5)
            assert all(run.wake_at is not None and run.wake_at > hub.parts.clock() for run in waiting)
            with hub.database.reading() as tx:
                assert [deliveries.of_run(tx, run.id)[0].attempts for run in waiting] == [0] * 5
            ahead = 90.0  # The minute goes by.
            hub.start(workers=2)
            assert {wait_for(hub, run.id).state for run in waiting} == {RunState.DELIVERED}
            names = [one.name for tab in Bench(sandbox).read(DOCUMENT).tabs for one in tab.ranges]
            for run in found:
                assert sum(name.startswith(f"inlay:out:{run.id}.1") for name in names) == 1
            assert sandbox.store.text(DOCUMENT).count("Spring sale, from Monday. Come in.") == 20
            assert not [entry for entry in sandbox.journal.entries() if entry.status == 429]
    finally:
        sandbox.stop()


def test_twenty_people_with_tokens_of_their_own_all_write_at_once(tmp_path: Path) -> None:
    sandbox = start(quota=True)
    try:
        with a_hub(tmp_path) as hub:
            hubs.connect(hub, sandbox.url, access_token=None)
            for number in range(20):
                person = f"person{number}@example.com"
                hub.parts.connections.lend("docs", person, Secret(f"ya29.{number}"), hub.parts.clock() + 600)

            def ask(number: int) -> Any:
                person = Actor(person=f"person{number}@example.com", via=AT_THE_DESK)
                return hub.run(request(f"click-{number}", target=at_end_of(DOCUMENT), actor=person))

            with ThreadPoolExecutor(8) as pool:
                found = list(pool.map(ask, range(20)))
            hub.start(workers=2)
            # One document and twenty writers: who meets another's revision looks again.
            assert {wait_for(hub, run.id).state for run in found} == {RunState.DELIVERED}
            writers = {e.by for e in sandbox.journal.entries() if e.operation.endswith("batchUpdate") and e.committed}
            assert len(writers) == 20
    finally:
        sandbox.stop()
