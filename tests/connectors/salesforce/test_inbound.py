"""Outbound messages: the sender is proven, each request is one run, and nothing is acknowledged before it is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.salesforce import inbound
from connectors.salesforce.ids import record_id
from connectors.salesforce.sandbox_soap import acknowledged
from connectors.salesforce.settings import SalesforceSettings
from hub.pipeline.arrive import note
from hub.sdk import Connection, GuardedHttp, Ignored, Inbound, Notice, Secret, Unverified
from hub.store import notices
from tests.connectors.salesforce.connector_bench import recorded, settings
from tests.connectors.salesforce.hub_bench import ACTION, Place, connected, message
from tests.connectors.salesforce.written import ask
from tests.hubs import ORG_TOKEN

NEW, OLD = "the-new-token-of-this-connection", "the-old-token-of-this-connection"
ORG = "00DHs0000000001MAA"
REQUEST = "a01Hs0000000901IAA"


def opened(**more: object) -> Connection:
    given = {"inbound_token": Secret(NEW), "organization_id": ORG, "action_ids": (ACTION,), **more}
    return _connection(settings(**given))


def _connection(filled: SalesforceSettings) -> Connection:
    return Connection(name="crm", settings=filled, http=GuardedHttp(()))


def came(body: bytes, token: str = NEW) -> Inbound:
    return Inbound(method="POST", path=f"/in/crm/{token}" if token else "/in/crm", headers={}, query={}, body=body)


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Iterator[Place]:
    with connected(tmp_path, database_url=database_url) as place:
        yield place


def test_a_recorded_message_proves_its_org_and_what_it_tells_of_other_records_starts_nothing() -> None:
    # The recording's ids are made up: no settings would take them.
    made_up = {"organization_id": "0123456789ABCDE", "action_ids": ("05h370200108OsU",)}
    connection = _connection(opened().settings.model_copy(update=made_up))
    call = came(recorded("outbound_aspnetwebhooks/OutboundMessage1.xml"))
    assert call.body.startswith(b"\xef\xbb\xbf")
    inbound.verify(connection, call)
    found = inbound.parse(connection, call)
    assert [one.event for one in found if isinstance(one, Ignored)] == ["Lead1", "Lead2", "Lead3"]
    with pytest.raises(Unverified):
        inbound.verify(opened(), call)


def test_a_recorded_message_that_names_nobody_proves_nothing() -> None:
    with pytest.raises(Unverified):
        inbound.verify(opened(), came(recorded("outbound_aspnetwebhooks/OutboundMessage2.xml")))


def test_the_acknowledgement_says_what_a_recorded_one_says() -> None:
    said = inbound.acknowledge(opened(), came(b""))
    assert said.status == 200 and said.content_type.startswith("text/xml")
    assert acknowledged(said.body) and acknowledged(recorded("outbound_aspnetwebhooks/NotificationResponse.xml"))


def test_ids_prove_the_org_with_15_and_with_18_characters() -> None:
    for org in (ORG, ORG[:15]):
        for action in (ACTION, ACTION[:15]):
            call = came(message([REQUEST], org=org, action=action))
            inbound.verify(opened(), call)
            inbound.verify(opened(organization_id=ORG[:15], action_ids=(ACTION[:15],)), call)


def test_a_request_s_id_of_15_characters_is_the_same_request() -> None:
    long, short = (inbound.parse(opened(), came(message([id]))) for id in (REQUEST, REQUEST[:15]))
    assert long == short == [Notice(key=REQUEST, at={"request": REQUEST})]


def test_both_tokens_are_taken_while_one_is_changed_for_the_other() -> None:
    both = opened(inbound_token_previous=Secret(OLD))
    for token in (NEW, OLD):
        inbound.verify(both, came(message([REQUEST]), token))
    with pytest.raises(Unverified):
        inbound.verify(opened(), came(message([REQUEST]), OLD))


@pytest.mark.parametrize("closed", [{"inbound_token": None}, {"action_ids": ()}], ids=["no token", "no message"])
def test_a_connection_that_takes_no_messages_takes_none(closed: dict[str, object]) -> None:
    for token in (NEW, "", "None", "x" * 30):
        with pytest.raises(Unverified):
            inbound.verify(opened(**closed), came(message([REQUEST]), token))


def test_a_hundred_new_requests_are_one_message_one_transaction_and_a_hundred_runs(place: Place) -> None:
    ids = [ask(place.org) for _ in range(100)]
    whole = {"org": place.org.organization, "action": place.org.outbound.action}
    # The first call of all loads what the next ones find loaded.
    assert place.message(message([record_id("a01Hs0000000999")], **whole))[0] == 200
    assert place.look_up() == 1
    body = message(ids, **whole)
    began = time.perf_counter()
    status, said = place.message(body)
    took = (time.perf_counter() - began) * 1000
    # Only a measurement: it is shown with pytest -s, and holds nobody to anything.
    print(f"\n100 notifications were stored and acknowledged in {took:.1f} ms ({place.hub.database.dialect})")  # noqa: T201
    assert status == 200 and acknowledged(said)
    assert place.waiting() == 100
    assert place.look_up() == 100
    assert {run.request.key for run in place.runs()} == {f"in:crm:{id}" for id in ids}


def test_the_org_s_own_messages_arrive_twice_and_out_of_order_and_are_one_run_each(place: Place) -> None:
    place.org.outbound.configure(endpoint=place.endpoint, twice=True, shuffled=True, bom=True, batch=7)
    ids = {ask(place.org) for _ in range(40)}
    assert place.org.outbound.drained()
    assert len(place.statuses) > 10 and set(place.statuses) == {200}
    place.look_up()
    assert sorted(run.request.key for run in place.runs()) == sorted(f"in:crm:{id}" for id in ids)
    place.org.outbound.queue(*ids)
    assert place.org.outbound.drained()
    assert place.look_up() == 0


def test_everything_in_a_message_is_kept_before_it_is_acknowledged(place: Place) -> None:
    kept: list[int] = []
    place.seen = lambda status: kept.append(place.waiting())
    place.org.outbound.configure(paused=True, endpoint=place.endpoint)
    for _ in range(5):
        ask(place.org)
    place.org.outbound.configure(paused=False)
    assert place.org.outbound.drained()
    assert kept == [5]


def test_an_acknowledgement_that_is_lost_brings_the_message_again_and_one_run(place: Place) -> None:
    place.lose = 1
    place.org.outbound.configure(endpoint=place.endpoint)
    ask(place.org)
    assert place.org.outbound.attempted(1)
    assert place.waiting() == 1
    place.org.outbound.hurry()
    assert place.org.outbound.drained()
    assert place.statuses == [502, 200]
    place.look_up()
    assert len(place.runs()) == 1


def test_a_hub_that_dies_before_it_acknowledges_hears_the_message_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise SystemError("killed")

    place.org.outbound.configure(endpoint=place.endpoint)
    with monkeypatch.context() as patched:
        patched.setattr(inbound, "acknowledge", dies)
        ask(place.org)
        assert place.org.outbound.attempted(1)
    assert place.statuses == [500]
    place.look_up()
    place.org.outbound.hurry()
    assert place.org.outbound.drained()
    assert place.look_up() == 0
    assert len(place.runs()) == 1


def test_a_message_that_cannot_be_kept_whole_is_not_kept_at_all(tmp_path: Path) -> None:
    with connected(tmp_path) as place:
        ids = sorted(ask(place.org) for _ in range(10))
        full = "CREATE TRIGGER full BEFORE INSERT ON notice WHEN NEW.key = '{}' BEGIN SELECT RAISE(ABORT, 'full'); END"
        with place.hub.database.transaction() as tx:
            tx.exec_driver_sql(full.format(ids[7]))
        body = message(ids, org=place.org.organization, action=place.org.outbound.action)
        status, said = place.message(body)
        assert status == 500 and not acknowledged(said)
        assert place.waiting() == 0
        with place.hub.database.transaction() as tx:
            tx.exec_driver_sql("DROP TRIGGER full")
        assert place.message(body)[0] == 200
        assert place.waiting() == 10


def test_messages_with_the_same_requests_in_two_orders_do_not_stop_each_other(
    tmp_path: Path, postgres_url: str
) -> None:
    blocked = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = :on")
    first, last = (Notice(key=key, at={"request": key}) for key in ("a", "z"))
    with connected(tmp_path, database_url=postgres_url) as place:
        new: list[int] = []
        other = threading.Thread(target=lambda: new.append(note(place.hub.parts, "crm", last, first)))
        with place.hub.database.transaction() as tx:
            assert notices.put(tx, "crm", [first], 0.0) == 1
            other.start()
            deadline = time.monotonic() + 20
            while not tx.execute(blocked, {"on": "transactionid"}).scalar():
                assert time.monotonic() < deadline, "nobody waits for the first message"
            # Had the other begun with its own first, each would wait here for what the other has.
            assert notices.put(tx, "crm", [last], 0.0) == 1
        other.join(20)
        assert new == [0]


def test_a_request_that_is_named_twice_in_one_message_is_one_run(place: Place) -> None:
    one, other = ask(place.org), ask(place.org)
    body = message([one, other, one[:15], one], org=place.org.organization, action=place.org.outbound.action)
    assert place.message(body)[0] == 200
    assert place.look_up() == 2
    assert len(place.runs()) == 2


def test_only_its_own_address_takes_a_message(place: Place) -> None:
    body = message([ask(place.org)], org=place.org.organization, action=place.org.outbound.action)
    for path in ("/in/crm", "/in/crm/", f"/in/crm/{ORG_TOKEN}/", f"/in/crm/x/{ORG_TOKEN}", f"/in/other/{ORG_TOKEN}"):
        assert place.call("POST", path, body)[0] in (401, 404), path
    assert place.call("POST", f"/in/crm?token={ORG_TOKEN}", body)[0] == 401
    assert place.call("GET", f"/in/crm/{ORG_TOKEN}", None)[0] == 405
    assert place.waiting() == 0
