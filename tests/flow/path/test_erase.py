"""Erasing a person takes them out of the whole database, stops no run, and leaves a ledger that holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from connectors.google_docs.sandbox import Sandbox
from hub.bootstrap import Hub
from hub.cli import main
from hub.domain import Actor, Role, RunState, Variant
from hub.errors import LeaseLost, UnknownName
from hub.ledger import Entry
from hub.pipeline import act, review
from hub.pipeline import run as running
from hub.pipeline.blackout import Blackout
from hub.pipeline.erase import erase
from hub.sdk import Fact
from hub.store import (
    accounts,
    budgets,
    clearing,
    deliveries,
    events,
    facts,
    links,
    passes,
    permits,
    reviews,
    runs,
    sessions,
    teams,
)
from hub.store.links import LinkKind
from hub.store.people import ERASED
from hub.store.reviews import Look
from hub.store.tables import delivery, metadata, run
from hub.testing import FakeModel
from tests import hubs
from tests.flow.web.test_api_acts import EMAIL
from tests.hubs import KEY, TEAM, a_hub, at_end_of, inputs, request

DOCUMENT = "demo-newsletter"
MARA, NAME = "mara@example.com", "Mara Lindqvist"
JON = Actor(person="jon@example.com", role=Role.MEMBER, via="test")
LOOK = {"kind": "sample", "team": TEAM, "template": "t", "tier": 0, "made_at": 0.0, "due_at": 0.0}
ASKED = {"offer": "Tyres by Friday", "segment": "drivers", "goal": "book"}


@pytest.fixture
def hub(tmp_path: Path, database_url: str, sandbox: Sandbox) -> Iterator[Hub]:
    with a_hub(tmp_path, database_url=database_url) as hub:
        hubs.connect(hub, sandbox.url)
        with hub.database.transaction() as tx:
            teams.put_person(tx, MARA, NAME, {TEAM: Role.MEMBER}, 0.0)
            teams.put_person(tx, "jon@example.com", "Jon Holm", {TEAM: Role.REVIEWER}, 0.0)
            teams.new_key(tx, team_id=TEAM, role=Role.MEMBER, email=MARA, name=f"{NAME}'s key", now=0.0, token="mara")
            permits.put(tx, "docs", MARA, "sealed", 9e12, 0.0)
            one = passes.Pass(kind=passes.Kind.TOKEN, connection="docs", panel="p", expires_at=9e12, person=MARA)
            passes.put(tx, "secret", one)
        yield hub


def everywhere(hub: Hub, *needles: str) -> list[str]:
    """Where in the whole database a wording stands: every column of every table."""
    found = []
    with hub.database.reading() as tx:
        for table in metadata.sorted_tables:
            for row in tx.execute(sa.select(*(sa.type_coerce(one, sa.Text) for one in table.columns if _texts(one)))):
                text = "\n".join(str(value) for value in row).lower()
                found += [f"{table.name}: {needle}" for needle in needles if needle.lower() in text]
    return found


def _texts(column: Any) -> bool:
    return not isinstance(column.type, sa.LargeBinary | sa.Boolean)


def change(hub: Hub, table: sa.Table, key: Any, **values: Any) -> None:
    with hub.database.transaction() as tx:
        (column,) = table.primary_key.columns
        tx.execute(sa.update(table).where(column == key).values(**values))


def holds(hub: Hub) -> bool:
    with hub.database.reading() as tx:
        return hub.parts.ledger.verify(tx)[1] is None


def test_afterwards_neither_address_nor_name_stands_anywhere_in_the_database(hub: Hub) -> None:
    about = f"Ask {NAME.upper()} or write to Mara@Example.com."
    own = hub.run(request("own", inputs=inputs(about), raw={"user": {MARA: NAME}}, target=at_end_of(DOCUMENT)))
    plain = hub.run(request(f"sync-{MARA}"))
    theirs = hub.run(request("theirs", actor=JON, inputs=inputs(about)))
    jons = hub.run(request("jons", actor=JON))
    change(hub, delivery, f"{own.id}.1", on_behalf_of=MARA)
    with hub.database.transaction() as tx:
        opinion = Fact(kind="opinion", vendor_id="x", at=1.0, data={"comment": about})
        facts.put(tx, "docs", opinion)
        one = Look(**LOOK, id="l1", run_id=jons.id, decided_by=MARA, decided_at=1.0, decision="reject", reason=about)
        reviews.add(tx, one)
        reviews.opened(tx, "l1", MARA, 1.0)
        theirs_alone = budgets.Scope("person", MARA)
        budgets.declare(tx, TEAM, [budgets.Allowance(theirs_alone, 1_000_000)])
        limits = [budgets.Allowance(theirs_alone, 1_000_000)]
        budgets.reserve(tx, own.id, TEAM, "2026-09", limits, 10, now=1.0)
        budgets.settle(tx, own.id, 10, 1.0)
        budgets.note_raise(tx, TEAM, "2026-09", theirs_alone, 1, reason=about, person=MARA, at=1.0)
        accounts.set_password(tx, MARA, "$argon2id$", 1.0)
        accounts.set_totp(tx, MARA, "sealed", 1, ["one", "two"], 1.0)
        sessions.start(tx, email=MARA, key_id=None, how="password", now=1.0, until=9e9)
        links.issue(tx, LinkKind.RESET, MARA, now=1.0, until=9e9)
    assert everywhere(hub, MARA, NAME)

    done = erase(hub.parts, " MARA@example.com", in_texts=True)

    assert everywhere(hub, MARA, NAME) == []
    shut = {"memberships": 1, "keys": 1, "permits": 1, "passes": 1}
    assert done.doors == {**shut, "sessions": 1, "links": 1, "recovery codes": 2, "accounts": 1}
    assert (done.known, done.runs, done.emptied, done.covered, done.busy) == (True, 2, 2, 0, 0)
    assert (done.deliveries, done.told, done.others, done.remains) == (1, 1, 0, {})
    assert hub.get(own.id).request.actor.person == ERASED
    for emptied in (own, theirs):
        with hub.database.reading() as tx:
            cleared = clearing.of(tx, emptied.id)
        assert cleared is not None and cleared.why == "erasure"
        assert cleared.draft_hash == review.content_hash(emptied.draft)  # type: ignore[arg-type]
    # What says nothing of them is the organisation's work and stays.
    assert hub.get(plain.id).draft == plain.draft
    assert hub.get(jons.id) == jons
    with hub.database.reading() as tx:
        assert teams.caller(tx, "mara") is None
        assert list(events.walk(tx))[-1][0].kind == "person.erased"
    assert holds(hub)


def test_without_in_texts_other_peoples_texts_stay_and_are_counted(hub: Hub) -> None:
    theirs = hub.run(request("theirs", actor=JON, inputs=inputs(f"Write to {MARA} today.")))
    hub.run(request("own"))
    done = erase(hub.parts, MARA)
    assert (done.runs, done.others, done.emptied) == (1, 1, 0)
    assert hub.get(theirs.id) == theirs
    assert {place.partition(":")[0] for place in everywhere(hub, MARA)} == {"run"}


def test_a_look_changes_nothing_and_tells_what_it_would_change(hub: Hub) -> None:
    own = hub.run(request("own", inputs=inputs(f"Write to {MARA} today.")))
    before = everywhere(hub, MARA, NAME)
    look = erase(hub.parts, MARA, in_texts=True, write=False)
    assert everywhere(hub, MARA, NAME) == before
    assert hub.get(own.id) == own
    done = erase(hub.parts, MARA, in_texts=True)
    assert (look.runs, look.emptied, look.doors) == (done.runs, done.emptied, done.doors)
    with pytest.raises(UnknownName):
        erase(hub.parts, MARA)


def test_another_person_whose_address_ends_the_same_is_left_alone(hub: Hub) -> None:
    other = hub.run(request("other", actor=JON, inputs=inputs("Write to tamara@example.com, mara@example.com.au.")))
    done = erase(hub.parts, MARA, in_texts=True)
    assert done.emptied == 0
    assert hub.get(other.id) == other


def test_a_draft_under_review_has_them_covered_and_is_still_reviewed_and_delivered(
    tmp_path: Path, database_url: str
) -> None:
    with a_hub(tmp_path, database_url=database_url, model=FakeModel(EMAIL)) as hub:
        with hub.database.transaction() as tx:
            teams.put_person(tx, "jon@example.com", "Jon Holm", {TEAM: Role.REVIEWER}, 0.0)
        own = hub.run(request("own", template="campaign-email", inputs={**ASKED, "offer": f"Write to {MARA}"}))
        assert own.state is RunState.IN_REVIEW
        done = erase(hub.parts, MARA)
        assert (done.runs, done.emptied, done.covered) == (1, 0, 1)
        assert everywhere(hub, MARA) == []
        waits = hub.get(own.id)
        assert waits.request.inputs["offer"] == "Write to " + "•" * len(MARA)
        assert waits.state is RunState.IN_REVIEW
        hubs.approve(hub, waits)
        ended = running.advance(hub.parts, own.id)
        assert ended is not None and ended.state is RunState.DELIVERED
        erase(hub.parts, "jon@example.com")
        assert everywhere(hub, "jon@example.com") == []
        reviewed = hub.get(own.id).review
        assert reviewed is not None and reviewed.by == ERASED
        assert holds(hub)


def test_a_run_that_waits_for_what_they_lent_goes_on_with_the_connections_account(hub: Hub, sandbox: Sandbox) -> None:
    own = hub.run(request("own", target=at_end_of(DOCUMENT)))
    waiting = {"state": "waiting_user", "on_behalf_of": MARA}
    change(hub, delivery, f"{own.id}.1", **waiting)
    change(hub, run, own.id, **waiting, stage="deliver", wake_at=None, token=None)
    assert erase(hub.parts, MARA).busy == 0
    lead = Actor(person="ada@example.com", role=Role.LEAD, via="web")
    act.resume(hub.parts, hub.get(own.id), lead)
    done = running.advance(hub.parts, own.id)
    assert done is not None and done.state is RunState.DELIVERED, done
    assert sandbox.store.text(DOCUMENT).count("Spring sale, from Monday") == 1
    with hub.database.reading() as tx:
        assert [row.on_behalf_of for row in deliveries.of_run(tx, own.id)] == [""]
        assert list(events.walk(tx))[-1][0].actor == "person:erased"


def test_a_run_somebody_works_on_is_left_and_told_and_done_the_next_time(hub: Hub) -> None:
    own = hub.run(request("own"))
    change(hub, run, own.id, token="a worker", wake_at=hub.parts.clock() + 60)
    done = erase(hub.parts, MARA)
    assert (done.busy, done.runs) == (1, 0)
    with hub.database.reading() as tx:
        assert teams.caller(tx, "mara") is None
        assert teams.person_of(tx, MARA) is None
    # The name is still known, so that the second try looks for it too.
    assert everywhere(hub, NAME)
    change(hub, run, own.id, token=None, wake_at=None)
    assert erase(hub.parts, MARA).runs == 1
    assert everywhere(hub, MARA, NAME) == []


def test_a_worker_that_froze_finds_its_lease_gone_and_writes_the_address_nowhere(hub: Hub) -> None:
    own = hub.run(request("own"))
    change(hub, run, own.id, token="frozen", wake_at=hub.parts.clock() - 1)
    erase(hub.parts, MARA)
    with pytest.raises(LeaseLost), hub.database.transaction() as tx:
        runs.save(tx, own.id, "frozen", {"request": own.request})
    assert everywhere(hub, MARA) == []


def test_rows_with_a_keyed_hash_of_the_address_still_verify_and_are_counted(hub: Hub) -> None:
    import hashlib
    import hmac

    hub.run(request("own"))
    key = hmac.digest(hub.vault.keys[0], b"inlay ledger", "sha256")
    old = "person:" + hmac.digest(key, MARA.encode(), hashlib.sha256).hex()[:16]
    with hub.database.transaction() as tx:
        hub.parts.ledger.append(
            tx, run_id="r", team=TEAM, actor=old, at=1.0, entries=[Entry("run.received", {}), Entry("run.composed", {})]
        )
    assert erase(hub.parts, MARA).old_rows == 2
    assert holds(hub)


def test_the_ledger_calls_a_person_who_comes_back_by_another_name(hub: Hub) -> None:
    def actor_of(key: str) -> str:
        made = hub.run(request(key))
        with hub.database.reading() as tx:
            return events.of_run(tx, made.id)[0].actor

    before = actor_of("one")
    erase(hub.parts, MARA)
    assert actor_of("two") not in (before, "person:erased")


def test_configuration_that_names_them_is_told_and_not_changed(hub: Hub) -> None:
    with hub.database.transaction() as tx:
        teams.put(tx, TEAM, "Brand team", {"note": f"ask {MARA}"}, 0.0)
    assert erase(hub.parts, MARA, in_texts=True).remains == {"team": 1}
    assert {place.partition(":")[0] for place in everywhere(hub, MARA)} == {"team"}


def test_the_command_shows_asks_and_does(tmp_path: Path) -> None:
    with a_hub(tmp_path / "home") as hub:
        hub.run(request("own"))
    run_it = CliRunner(env={"INLAY_HOME": str(tmp_path / "home"), "INLAY_SECRET_KEY": KEY})
    said = run_it.invoke(main, ["people", "erase", MARA], input="n\n", catch_exceptions=False)
    assert said.exit_code == 1 and "What would be erased" in said.output and "Nothing was erased." in said.output
    said = run_it.invoke(main, ["people", "erase", MARA], input="y\n", catch_exceptions=False)
    assert said.exit_code == 0, said.output
    assert "Take the person out of hub.yaml" in said.output
    said = run_it.invoke(main, ["people", "erase", MARA, "--yes"], catch_exceptions=False)
    assert said.exit_code == 1 and "holds nothing of this person" in said.output
    assert run_it.invoke(main, ["ledger", "verify"], catch_exceptions=False).exit_code == 0


@given(st.text(max_size=40), st.text(max_size=40))
def test_covering_keeps_every_place_of_a_text(before: str, after: str) -> None:
    black = Blackout([MARA, NAME])
    text = f"{before} {MARA} {NAME} {after}"
    covered = black.covered(text)
    assert len(covered) == len(text)
    assert not black.stands_in(covered)
    assert black.covered([{text: (text, 1, None)}]) == [{covered: [covered, 1, None]}]


def test_a_planted_error_whose_draft_held_the_person_is_decided_on_by_nobody(hub: Hub) -> None:
    done = hub.run(request(actor=JON))
    assert done.draft is not None
    theirs = Variant(text=f"Ask {NAME}.", fields={"text": f"Ask {NAME}."})
    planted = Look(
        **{**LOOK, "kind": "seeded"}, id="planted", run_id=done.id, draft=replace(done.draft, variants=(theirs,))
    )
    with hub.database.transaction() as tx:
        reviews.add(tx, replace(planted, planted={"kind": "figure", "says": "“2” was changed to “3”."}))
    erase(hub.parts, MARA)
    with hub.database.reading() as tx:
        after = reviews.get(tx, "planted")
        assert after is not None and (after.draft, after.decision) == (None, "dropped")
        assert reviews.waiting(tx, teams=None) == []
