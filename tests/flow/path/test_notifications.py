"""People are told what waits for them: by mail, at once, once a day or never, and no mail goes out twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.bootstrap import Hub
from hub.domain import Actor, Event, Role, Run, RunState
from hub.errors import NotAllowed
from hub.pipeline import notifications, second_look
from hub.pipeline.erase import erase
from hub.pipeline.notify import APART, MOST, Notify
from hub.store import Tx, teams
from hub.store import notifications as stored
from hub.store.events import event_of
from hub.store.notifications import Batch
from hub.store.tables import ledger
from hub.testing import FakeModel
from tests.hubs import TEAM, TEMPLATE, Clock, a_hub, approve, request
from tests.mail_server import MailServer, a_mail_server

URL = "https://hub.example.com"
JON, MARA, LIA = "jon@example.com", "mara@example.com", "lia@example.com"


@dataclass
class Place:
    hub: Hub
    clock: Clock
    server: MailServer

    def later(self, seconds: float) -> int:
        """Let time pass, then send what is due."""
        self.clock.now += seconds
        return self.hub.notify.send()

    def review(self, key: str) -> Run:
        """A run that waits for its review."""
        run = self.hub.run(request(key, template="strict"))
        assert run.state is RunState.IN_REVIEW, run.problem
        return run

    def choose(self, email: str, role: Role = Role.REVIEWER, **chosen: str) -> None:
        notifications.choose(self.hub.parts, Actor(person=email, role=role, via="web"), TEAM, chosen)


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Iterator[Place]:
    with opened(tmp_path, database_url) as place:
        yield place


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    """The same, on SQLite alone."""
    with opened(tmp_path, "") as place:
        yield place


@contextmanager
def opened(home: Path, database_url: str) -> Iterator[Place]:
    clock = Clock()
    # A Tuesday at ten, in working hours.
    clock.now = 1_790_071_200.0
    with (
        a_mail_server() as (server, at),
        a_hub(
            home,
            database_url=database_url,
            clock=clock,
            smtp_url=f"smtp://{at}",
            mail_from="inlay@example.com",
            public_url=URL,
        ) as hub,
    ):
        with hub.database.transaction() as tx:
            for email, role in ((JON, Role.REVIEWER), (MARA, Role.MEMBER), (LIA, Role.LEAD)):
                teams.put_person(tx, email, email.partition("@")[0].capitalize(), {TEAM: role}, 0.0)
        shelf = hub.parts.shelf
        shelf.add(shelf.current(TEMPLATE).model_copy(update={"tier": 2, "name": "strict", "revision": "strict"}))
        yield Place(hub, clock, server)


class Killed(BaseException):
    """What nothing catches: the process is gone."""


class DiesBeforeTheSecond(Notify):
    def _take(self, person: str) -> Batch | None:
        found = super()._take(person)
        if found is not None and found.person != JON:
            raise Killed
        return found


class DiesBeforeItNotes(Notify):
    def _over(self, batch: Batch, *, sent: bool = False, problem: str = "") -> None:
        raise Killed


def test_whoever_may_review_is_written_to_once_with_the_page_and_the_term_and_without_the_draft(place: Place) -> None:
    run = place.review("one")
    assert place.later(60) == 0, "somebody at the desk already needs no mail"
    assert place.later(70) == 2
    assert sorted(place.server.to) == [JON, LIA]
    assert place.server.subjects == ["A draft waits for your review"] * 2
    text = place.server.text()
    assert f"{URL}/reviews/" in text and "Brand team" in text and "until " in text and "(UTC)" in text
    assert f"{URL}/notifications" in text
    assert run.draft is not None and run.draft.variants[0].text[:12] not in text
    assert MARA not in text and "Mara" not in text
    assert place.later(3600) == 0


def test_what_comes_within_ten_minutes_of_a_mail_waits_for_the_next_and_comes_in_one(here: Place) -> None:
    here.choose(LIA, Role.LEAD, reviews="never")
    here.review("one")
    assert here.later(130) == 1
    for key in ("two", "three"):
        here.review(key)
    assert here.later(APART - 10) == 0
    assert here.later(20) == 1
    assert here.server.subjects[-1] == "2 drafts wait for your review"
    assert "In all 3 wait for you" in here.server.text()


def test_what_was_done_meanwhile_is_left_out_and_a_mail_with_nothing_in_it_is_not_sent(here: Place) -> None:
    run = here.review("one")
    approve(here.hub, run)
    assert here.later(130) == 0
    assert here.later(86_400) == 0
    assert here.server.got == []


def test_once_a_day_is_when_the_working_day_begins(here: Place) -> None:
    here.choose(LIA, Role.LEAD, reviews="never")
    here.choose(JON, reviews="daily", late="never")
    here.review("one")
    assert here.later(7 * 3600) == 0
    assert here.later(16 * 3600 - 60) == 0
    assert here.later(120) == 1
    assert here.server.to == [JON]


def test_never_is_never_and_holds_for_what_waits_already(place: Place) -> None:
    place.review("one")
    place.hub.notify.send()
    for email, role in ((JON, Role.REVIEWER), (LIA, Role.LEAD)):
        place.choose(email, role, reviews="never", late="never")
    assert place.later(3 * 86_400) == 0
    place.choose(JON, reviews="now")
    place.review("two")
    assert place.later(130) == 1


def test_a_review_that_is_nearly_late_is_told_of_once_and_the_choice_is_on_record(place: Place) -> None:
    place.choose(LIA, Role.LEAD, late="never", reviews="never")
    place.choose(JON, reviews="never")
    place.review("one")
    place.clock.now += 2.9 * 3600
    assert second_look.remind(place.hub.parts) == 0
    place.clock.now += 0.2 * 3600
    assert second_look.remind(place.hub.parts) == 1
    assert second_look.remind(place.hub.parts) == 0
    assert place.later(130) == 1
    assert place.server.to == [JON]
    with place.hub.database.reading() as tx:
        told = [row.data for row in _ledger(tx) if row.kind == "notifications.chosen"]
    assert told == [{"late": "never", "reviews": "never"}, {"reviews": "never"}]


def test_whoever_asked_hears_of_a_run_that_is_held_and_the_lead_the_next_morning(place: Place) -> None:
    place.hub.parts.model = FakeModel({"variants": []})  # type: ignore[assignment]
    run = place.hub.run(request("one"))
    assert run.state is RunState.HELD
    assert place.later(60) == 0
    assert place.later(70) == 1
    assert place.server.to == [MARA]
    assert place.server.subjects == ["A run of yours needs you"]
    assert f"{URL}/runs/{run.id}" in place.server.text()
    assert place.later(86_400) == 1
    assert place.server.to == [MARA, LIA]


def test_a_process_that_is_killed_between_two_mails_sends_none_twice(place: Place) -> None:
    place.review("one")
    place.later(60)

    place.clock.now += 70
    with pytest.raises(Killed):
        DiesBeforeTheSecond(place.hub.parts, place.hub.notify.mail).send()
    assert place.server.to == [JON]
    assert place.hub.notify.send() == 0, "the other one is still that process's"
    assert place.later(400) == 1
    assert place.server.to == [JON, LIA]


def test_a_mail_whose_answer_was_lost_comes_again_under_the_same_id(here: Place) -> None:
    here.choose(LIA, Role.LEAD, reviews="never")
    here.review("one")
    here.later(60)

    here.clock.now += 70
    with pytest.raises(Killed):
        DiesBeforeItNotes(here.hub.parts, here.hub.notify.mail).send()
    here.review("two")
    assert here.later(400) == 1
    first, second = here.server.got
    assert first["Message-ID"] == second["Message-ID"]
    assert here.server.subjects == ["A draft waits for your review"] * 2, "the same mail, and nothing more in it"
    assert here.later(APART) == 1
    assert here.server.got[-1]["Message-ID"] != first["Message-ID"]


def test_a_server_that_is_away_is_tried_again_later_and_nothing_is_lost(here: Place) -> None:
    here.choose(LIA, Role.LEAD, reviews="never")
    here.review("one")
    here.server.says = ["451 come again", "421 I close", ""]
    assert here.later(130) == 0
    with here.hub.database.reading() as tx:
        (box,) = stored.boxes(tx)
    assert (box.waiting, box.sent_at, "451" in box.problem) == (1, None, True)
    assert here.later(59) == 0 and here.server.got == []
    assert here.later(2) == 0
    assert here.later(119) == 0
    assert here.later(2) == 1
    with here.hub.database.reading() as tx:
        (box,) = stored.boxes(tx)
    assert (box.waiting, box.problem) == (0, "")


def test_a_mailbox_that_is_not_there_is_given_up_and_keeps_nobody_else_waiting(here: Place) -> None:
    with here.hub.database.transaction() as tx:
        teams.put_person(tx, "nobody@example.com", "Gone", {TEAM: Role.REVIEWER}, 0.0)
    here.review("one")
    assert here.later(130) == 2
    with here.hub.database.reading() as tx:
        box = next(box for box in stored.boxes(tx) if box.person.startswith("nobody"))
    assert box.waiting == 0 and "550" in box.problem
    assert "secret" not in box.problem, "a server's words repeat what is nobody's business"


def test_a_mail_that_cannot_go_out_for_two_days_is_given_up(here: Place) -> None:
    here.choose(LIA, Role.LEAD, reviews="never")
    here.review("one")
    here.server.says = ["451 never"]
    here.later(130)
    for _ in range(MOST):
        here.later(3601)
    with here.hub.database.reading() as tx:
        (box,) = stored.boxes(tx)
    assert box.waiting == 0 and box.problem.endswith("It was given up.")


def test_what_happened_while_there_was_no_mail_server_is_told_to_nobody_later(here: Place) -> None:
    here.review("one")
    Notify(here.hub.parts, None).send()
    assert here.later(3600) == 0
    here.review("two")
    assert here.later(130) == 2


def test_a_title_cannot_add_a_header_or_a_line_to_a_mail(here: Place) -> None:
    with here.hub.database.transaction() as tx:
        teams.put(tx, TEAM, "Brand\r\nBcc: everybody@example.com\r\n\r\nhello", {}, 0.0)
    here.review("one")
    assert here.later(130) == 2
    assert set(here.server.to) == {JON, LIA}
    (line,) = [line for line in here.server.text().splitlines() if "Bcc" in line]
    assert line.startswith("- ")
    assert here.server.got[-1]["Bcc"] is None


def test_a_key_that_is_nobody_s_chooses_nothing(here: Place) -> None:
    with pytest.raises(NotAllowed):
        notifications.choose(here.hub.parts, Actor(via="web"), TEAM, {"runs": "never"})


def test_somebody_who_is_erased_is_written_to_no_more(place: Place) -> None:
    place.choose(JON, late="daily")
    place.review("one")
    place.hub.notify.send()
    erase(place.hub.parts, JON)
    assert place.later(130) == 1
    assert place.server.to == [LIA]
    with place.hub.database.reading() as tx:
        assert [box.person for box in stored.boxes(tx)] == [LIA]
        assert stored.choices(tx, JON) == {}


def _ledger(tx: Tx) -> list[Event]:
    return [event_of(row) for row in tx.execute(sa.select(ledger).order_by(ledger.c.seq))]
