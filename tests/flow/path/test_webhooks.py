"""The hub's own events reach a receiver once, signed as Standard Webhooks say, whatever the receiver does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from hub.pipeline import webhooks as module
from hub.pipeline.webhooks import SCHEDULE
from hub.store import Database, endpoints
from tests.flow.path.telling import Place, a_place
from tests.hubs import KEY, TEAM
from tests.receiver import NEW, OLD, Act, Receiver, a_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, receiver: Receiver) -> Iterator[Place]:
    with a_place(tmp_path, receiver) as opened:
        yield opened


@pytest.fixture
def both(tmp_path: Path, receiver: Receiver, database_url: str) -> Iterator[Place]:
    with a_place(tmp_path, receiver, database_url) as opened:
        yield opened


def test_what_happens_is_told_once_in_order_and_the_reference_library_believes_it(both: Place) -> None:
    both.runs(2)
    both.declare("run.received", "run.delivered")
    runs = both.runs(3, start=2)
    assert both.sender.send() == 6
    assert both.sender.send() == 0
    said = both.receiver.verified()
    assert [one["type"] for one in said] == ["run.received", "run.delivered"] * 3, "and nothing of before"
    assert [one["data"]["run"] for one in said] == [run for run in runs for _ in range(2)]
    with pytest.raises(WebhookVerificationError):
        both.receiver.verified(OLD)


def test_while_a_secret_is_changed_both_sign_and_then_the_new_one_alone(place: Place) -> None:
    place.declare(secret=OLD)
    place.declare(secret=NEW, secret_previous=OLD)
    place.runs(1)
    place.sender.send()
    assert place.receiver.verified(NEW) == place.receiver.verified(OLD)
    assert place.receiver.got[0][0]["webhook-signature"].count("v1,") == 2
    place.declare(secret=NEW)
    place.runs(1, start=1)
    place.sender.send()
    assert len(place.receiver.verified(NEW)) == 2
    with pytest.raises(WebhookVerificationError):
        place.receiver.verified(OLD)


def test_an_event_that_is_not_taken_comes_again_under_the_same_id_and_holds_no_other_up(both: Place) -> None:
    both.receiver.does = [500, 204, 302, 400, 204]
    both.receiver.headers = {"location": both.receiver.url.replace("hook", "elsewhere")}
    both.declare()
    first, second = both.runs(2)
    assert both.sender.send() == 1
    assert [one["data"]["run"] for one in both.receiver.said()] == [first, second]
    (late,) = both.late()
    assert late.attempts == 1
    assert SCHEDULE[0] * 0.5 < (late.due_at or 0.0) - both.clock() < SCHEDULE[0] * 1.11
    assert both.sender.send() == 0, "not before its time"
    sent = []
    for _ in range(3):
        both.everything_is_due()
        sent.append(both.sender.send())
    assert sent == [0, 0, 1]
    other = both.receiver.got.pop(1)
    assert len(both.receiver.verified()) == 4
    assert len(set(both.receiver.ids())) == 1
    assert len({body for _, body in both.receiver.got}) == 1
    assert other[0]["webhook-id"] not in both.receiver.ids()
    assert both.late() == []
    assert both.receiver.led_astray == [], "a redirect is not followed"


def test_a_receiver_that_is_away_is_left_alone_and_then_told_everything(both: Place) -> None:
    away: list[Act] = [429, 502, 503, 504, "drop"]
    both.receiver.does = [*away, 204]
    both.declare()
    both.runs(3)
    for number in range(1, len(away) + 1):
        assert both.sender.send() == 0
        assert len(both.receiver.got) == number
        assert both.sender.send() == 0, "not before its time"
        both.everything_is_due()
    assert both.sender.send() == 3
    assert len(both.receiver.verified()) == len(away) + 3
    assert len(set(both.receiver.ids())) == 3
    assert both.stands().attempts == 0


def test_a_sender_that_froze_and_woke_late_changes_nothing(both: Place) -> None:
    def freeze() -> None:
        both.everything_is_due()
        assert both.sender.send() == 2, "another process has taken over"

    both.receiver.does = [freeze, 204]
    both.declare()
    both.runs(2)
    assert both.sender.send() == 0
    assert both.late() == [], "it does not note its own failure"
    assert both.stands().problem == ""
    assert both.sender.send() == 0
    ids = both.receiver.ids()
    assert ids[0] == ids[1] != ids[2]
    assert len(ids) == 3


def test_a_receiver_that_hangs_is_away_and_holds_no_other_receiver_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    place.receiver.does = ["hang", 204]
    with a_receiver() as other:
        place.declare(name="slow")
        place.declare(name="quick", url=other.url)
        place.runs(3)
        assert place.sender.send() == 3
        assert len(other.got) == 3
    assert "did not answer in time" in place.stands("slow").problem
    place.ahead += 10
    assert place.sender.send() == 3


def test_a_receiver_that_is_slow_does_not_put_off_what_others_hear_next(place: Place) -> None:
    asked, quick = threading.Event(), threading.Event()

    def slow() -> None:
        asked.set()
        assert quick.wait(30)

    place.receiver.does = [slow, 204]
    place.sender.wait = 0.1
    with a_receiver() as other:
        place.declare(name="slow")
        place.runs(1)
        assert place.sender.send() == 0
        assert asked.wait(30)
        place.declare(name="quick", url=other.url)
        place.runs(1, start=1)
        place.sender.wait = 30.0
        assert place.sender.send() == 1, "while the other still waits for its answer"
        assert len(place.receiver.got) == 1, "and is not called twice meanwhile"
        quick.set()


def test_a_receiver_in_a_private_network_is_called_only_where_the_operator_says_so(place: Place) -> None:
    port = place.receiver.url.partition("//127.0.0.1:")[2]
    addresses = {"number": place.receiver.url, "name": f"http://localhost:{port}", "inner": "https://10.1.2.3/"}
    for name, url in addresses.items():
        place.declare(name=name, url=url, private=False)
    place.runs(1)
    assert place.sender.send() == 0
    assert place.receiver.got == []
    assert all("private network" in place.stands(name).problem for name in addresses)
    place.declare(name="number", private=True)
    assert place.sender.send() == 1


def test_a_receiver_that_stays_away_is_called_more_and_more_seldom(place: Place) -> None:
    place.receiver.does = ["drop"]
    place.declare()
    place.runs(1)
    pauses = []
    for _ in range(8):
        place.runs(1, start=100 + len(pauses))
        place.sender.send()
        pauses.append(place.stands().due_at - place.clock())
        place.ahead += pauses[-1] + 1
    wanted = [5, 10, 20, 40, 80, 160, 300, 300]
    assert all(want * 0.7 < pause < want * 1.11 for want, pause in zip(wanted, pauses, strict=True))


@pytest.mark.parametrize(("status", "as_date"), [(429, False), (503, True)])
def test_a_receiver_that_says_when_is_not_asked_before(place: Place, status: int, as_date: bool) -> None:
    place.receiver.does = [status, 204]
    place.receiver.headers = {"retry-after": formatdate(place.clock() + 600, usegmt=True) if as_date else "600"}
    place.declare()
    place.runs(2)
    place.sender.send()
    place.ahead += 580
    assert place.sender.send() == 0
    place.ahead += 30
    assert place.sender.send() == 2


def test_a_receiver_that_asks_for_nonsense_is_asked_again_within_a_day(place: Place) -> None:
    nonsense = ["soon", "-5", "nan", "", "9" * 400, "Thu, 99 Foo", "Thu, 01 Jan 1970 00:00:00 GMT"]
    place.receiver.does = [503]
    place.declare()
    place.runs(1)
    for asked in nonsense:
        place.receiver.headers = {"retry-after": asked}
        place.sender.send()
        place.ahead += module.DAY * 1.11
    place.receiver.does = [204]
    assert place.sender.send() == 1
    assert len(place.receiver.got) == len(nonsense) + 1


def test_a_receiver_that_wants_nothing_more_is_left_alone_and_what_it_missed_is_kept(place: Place) -> None:
    place.receiver.does = [410, 204]
    place.declare()
    runs = place.runs(2)
    place.sender.send()
    place.ahead += 1e6
    assert place.sender.send() == 0
    assert (place.stands().state, len(place.receiver.got)) == ("gone", 1)
    with place.hub.database.transaction() as tx:
        endpoints.resume(tx, "ops")
    assert place.sender.send() == 2
    assert [one["data"]["run"] for one in place.receiver.said()][1:] == runs


def test_an_event_is_given_up_after_the_last_attempt_of_the_schedule_and_can_be_sent_again(place: Place) -> None:
    place.receiver.does = [500]
    place.declare()
    place.runs(1)
    waits = []
    for number in range(len(SCHEDULE) + 3):
        place.receiver.does = [500]
        place.sender.send()
        waits += [late.due_at - place.clock() for late in place.late() if late.due_at and len(waits) == number]
        place.receiver.does = [204]
        place.runs(1, start=10 + number)
        place.sender.send()
        place.ahead += 100_000
    assert len(waits) == len(SCHEDULE)
    assert all(want * 0.99 < wait < want * 1.11 for want, wait in zip(SCHEDULE, waits, strict=True))
    (late,) = place.late()
    assert (late.due_at, late.attempts) == (None, len(SCHEDULE) + 1)
    assert place.stands().state == "on", "others arrive"
    place.receiver.got.clear()
    assert not place.sender.again("ops", late.seq).problem
    assert place.late() == []
    assert len(place.receiver.got) == 1


def test_an_endpoint_that_took_nothing_for_days_waits_for_an_admin_and_loses_nothing(both: Place) -> None:
    both.receiver.does = [500]
    both.declare()
    runs = both.runs(2)
    for _ in range(len(SCHEDULE) + 3):
        both.sender.send()
        both.ahead += 100_000
    assert both.stands().state == "failing"
    assert len(both.receiver.got) <= 2 * (len(SCHEDULE) + 1)
    runs += both.runs(1, start=2)
    both.receiver.does = [204]
    both.receiver.got.clear()
    assert both.sender.send() == 0
    with both.hub.database.transaction() as tx:
        endpoints.resume(tx, "ops")
    assert both.sender.send() == 3
    assert [one["data"]["run"] for one in both.receiver.said()] == runs


def test_a_process_that_is_killed_while_it_sends_loses_nothing_and_another_sends_under_the_same_id(
    both: Place, tmp_path: Path
) -> None:
    both.declare()
    runs = both.runs(3)  # Stored by this process, which sends nothing.
    workers: list[subprocess.Popen[bytes]] = []
    dead = threading.Event()

    def kill() -> None:
        workers[0].send_signal(signal.SIGKILL)
        workers[0].wait(30)
        dead.set()

    both.receiver.does = [204, kill, 204]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INLAY_")}
    url = both.hub.database.url.render_as_string(hide_password=False)
    mine = {"INLAY_HOME": str(tmp_path), "INLAY_DATABASE_URL": url, "INLAY_SECRET_KEY": KEY}
    workers.append(subprocess.Popen([sys.executable, "-m", "hub", "work"], env=kept | mine, stderr=subprocess.DEVNULL))
    try:
        assert dead.wait(60)
    finally:
        workers[0].kill()
    assert both.sender.send() == 0, "its lease still runs"
    both.everything_is_due()
    assert both.sender.send() == 2
    said = [one["data"]["run"] for one in both.receiver.verified()]
    assert said == [runs[0], runs[1], runs[1], runs[2]]
    ids = both.receiver.ids()
    assert ids[1] == ids[2]
    assert len(set(ids)) == 3


def test_of_many_processes_one_tells_and_nothing_is_told_twice(both: Place) -> None:
    both.declare("run.received", "run.delivered")
    both.runs(5)
    threads = [threading.Thread(target=both.sender.send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(both.receiver.ids()) == len(set(both.receiver.ids())) == 10


def test_a_long_backlog_leaves_in_one_turn(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    place.declare("run.held", "run.delivered")
    runs = place.runs(8)
    assert place.sender.send() == 8
    assert [one["data"]["run"] for one in place.receiver.said()] == runs


def test_a_turn_that_is_over_is_gone_on_with_in_the_next(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN", 0.0)
    place.declare()
    place.runs(2)
    assert place.sender.send() == 0
    monkeypatch.setattr(module, "TURN", 20.0)
    assert place.sender.send() == 2


def test_an_endpoint_of_a_team_hears_of_that_team_alone(place: Place) -> None:
    place.declare(team="another")
    place.declare(name="mine", team=TEAM)
    place.runs(1)
    assert place.sender.send() == 1


def test_one_that_is_switched_off_hears_nothing_until_it_is_on_again(place: Place) -> None:
    place.declare()
    place.declare(state="off")
    place.runs(1)
    assert place.sender.send() == 0
    place.declare()
    assert place.sender.send() == 1


def test_without_an_endpoint_nothing_is_written(place: Place) -> None:
    place.runs(1)
    before = _changes(place.hub.database)
    assert place.sender.send() == 0
    assert _changes(place.hub.database) == before


def test_a_run_writes_nothing_for_its_webhooks(both: Place) -> None:
    both.declare("run.received", "run.delivered")
    before = both.stands()
    both.runs(2)
    assert both.stands() == before
    assert both.late() == []


def _changes(database: Database) -> int:
    with database.reading() as tx:
        return tx.exec_driver_sql("PRAGMA data_version").scalar() or 0


def test_an_endpoint_that_wants_rare_events_does_not_look_through_the_ledger_for_ever(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE", 5)
    place.declare("run.cancelled")
    start = place.stands().cursor
    place.runs(3)
    assert place.sender.send() == 0
    assert place.stands().cursor > start
    assert place.receiver.got == []


def test_a_hub_that_works_tells_by_itself(place: Place) -> None:
    told = threading.Event()
    place.receiver.does = [told.set]
    place.declare()
    place.runs(1)
    place.hub.start(workers=1)
    assert told.wait(30)
