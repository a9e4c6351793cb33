"""AEM: listing an account, signing in once for all threads, and the probes that name what is missing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.dam.dialects import aem_api
from connectors.dam.dialects.adobe_ims import SignIn
from connectors.dam.sandbox_aem import DELIVERY
from hub.sdk import Connection, NeedsPermission, Unavailable
from tests.connectors.dam.aem_bench import AEM, ASSET, AUTHOR, Bench, filled, running


@pytest.fixture
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


# Listing


def test_a_look_over_the_account_finds_each_changed_asset_once(bench: Bench) -> None:
    now = time.time()
    old = bench.add()
    bench.sandbox.store._assets[old].modified_at = now - 5000
    ids = [bench.add(f"{n}.png") for n in range(130)]
    found: list[Any] = []
    cursor: Any = {}
    for _ in range(20):
        page = AEM.changed(bench.opened, now - 1000, cursor)
        found += page.assets
        cursor = json.loads(json.dumps(page.cursor))
        if not page.more:
            break
    assert sorted(asset.id for asset in found) == sorted(ids)
    assert all(asset.etag for asset in found)


def test_a_look_misses_nothing_that_changes_while_it_looks(bench: Bench) -> None:
    now = time.time()
    ids = [bench.add(f"{n}.png") for n in range(120)]
    for n, id in enumerate(ids):
        bench.sandbox.store._assets[id].modified_at = now - 500 + n // 7
    page = AEM.changed(bench.opened, now - 1000, {})
    found = {asset.id for asset in page.assets}
    # One that was seen moves to the end, and one that was not is deleted.
    bench.sandbox.store.change(ids[0], {"dc:title": "x"}, by="mika")
    bench.sandbox.store.delete(ids[-1])
    while page.more:
        page = AEM.changed(bench.opened, now - 1000, page.cursor)
        found |= {asset.id for asset in page.assets}
    assert found >= set(ids[:-1])


@pytest.mark.parametrize("cursor", [{}, {"from": "x"}, {"from": None, "seen": 5}, {"seen": [1, {}]}, {"from": True}])
def test_a_strange_cursor_begins_anew(bench: Bench, cursor: dict[str, object]) -> None:
    id = bench.add()
    assert [asset.id for asset in AEM.changed(bench.opened, time.time() - 1000, cursor).assets] == [id]


def test_assets_of_a_window_are_counted_page_by_page(bench: Bench) -> None:
    now = time.time()
    ids = [bench.add(f"{n}.png") for n in range(1203)]
    early = bench.add("early.png")
    bench.sandbox.store._assets[early].created_at = now - 9000
    assert sorted(AEM.created(bench.opened, now - 60, now + 60)) == sorted(ids)
    assert AEM.created(bench.opened, now - 9060, now - 8000) == (early,)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Thu Jan 01 1970 00:01:40 GMT+0000", 100.0),
        ("Thu Jan 01 1970 02:01:40 GMT+0200", 100.0),
        ("1970-01-01T00:01:40.000Z", 100.0),
        ("Thu Foo 01 1970 00:01:40 GMT+0000", None),
        ("Thu Jan 41 1970 00:01:40 GMT+0000", None),
        ("soon", None),
        (None, None),
        (100, None),
    ],
)
def test_times_are_read_in_both_ways_aem_writes_them(written: Any, at: float | None) -> None:
    assert aem_api.read_time(written) == at


# Signing in


def test_one_sign_in_serves_all_threads_and_its_token_is_kept(bench: Bench) -> None:
    ids = [bench.add(f"{n}.png") for n in range(12)]
    threads = [threading.Thread(target=AEM.fetch, args=(bench.opened, [id])) for id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert AEM.fetch(bench.opened, ids).keys() == set(ids)
    assert bench.vendor.signed_in == 1


def test_a_token_is_renewed_before_it_ends(bench: Bench) -> None:
    now = [0.0]
    signed = SignIn(bench.opened, clock=lambda: now[0])
    first = signed.token()
    now[0] = 86_399 - 700
    assert signed.token() == first
    now[0] = 86_399 - 500
    assert signed.token().number == 2


def test_a_token_that_ended_early_is_replaced_and_the_call_made_again(bench: Bench) -> None:
    id = bench.add()
    asset = AEM.fetch(bench.opened, [id])[id]
    for _ in range(2):
        bench.vendor.expire()
        assert AEM.picture(bench.opened, asset) is not None
    bench.vendor.expire()
    AEM.write(bench.opened, asset, {"dc:title": "x"})
    assert bench.sandbox.store.get(id).fields == {"dc:title": "x"}
    assert bench.vendor.signed_in == 4


def test_a_refused_sign_in_says_what_to_copy_and_tells_no_secret(bench: Bench) -> None:
    wrong = bench.reopened(client_secret="p8e-a-secret-that-was-changed")
    with pytest.raises(NeedsPermission) as caught:
        AEM.fetch(wrong, [bench.add()])
    error = caught.value
    assert "client_secret" in error.what and error.instead and error.who
    assert "p8e-" not in f"{error!r} {error.what} {error.why} {error.instead} {wrong!r} {wrong.memory!r}"


def test_a_failed_sign_in_is_shared_by_those_who_waited_for_it(bench: Bench) -> None:
    wrong = bench.reopened(client_secret="another")
    bench.sandbox.faults.add("slow", on="POST ims-na1", times=1, seconds=0.3)
    failed: list[BaseException] = []

    def act() -> None:
        try:
            AEM.fetch(wrong, [ASSET])
        except NeedsPermission as error:
            failed.append(error)

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(failed) == 8
    assert len(bench.sandbox.journal.entries(path="/ims/")) < 8


@pytest.mark.parametrize("fault", ["503", "html", "drop", "malformed"])
def test_a_sign_in_that_is_away_is_tried_again_later(bench: Bench, fault: str) -> None:
    bench.sandbox.faults.add(fault, on="POST ims-na1", times=None)
    with pytest.raises(Unavailable):
        AEM.fetch(bench.opened, [ASSET])
    bench.sandbox.faults.clear()
    assert AEM.fetch(bench.opened, [ASSET]) == {}


def test_the_token_goes_to_the_author_of_the_settings_and_nowhere_else(bench: Bench) -> None:
    bench.add(quiet=False)
    for change in bench.sandbox.store.history:
        for body in bench.vendor.webhooks(change):
            told = json.loads(body)
            told["source"] = "https://evil.example"
            told["data"]["repositoryMetadata"]["repo:path"] = "//evil.example/x.png"
            told["data"]["links"] = {"href": "https://evil.example/"}
            for found in bench.taken(bench.sent(told)):
                for asset in AEM.fetch(bench.opened, [found.asset]).values():
                    assert AEM.picture(bench.opened, asset) is not None
    assert bench.hosts() == {"ims-na1.adobelogin.com", "static.adobeioevents.com", AUTHOR}
    hosts = {AUTHOR, DELIVERY, "ims-na1.adobelogin.com", "static.adobeioevents.com"}
    assert filled(delivery_host=DELIVERY).hosts() == hosts


# Setting up


def failing(bench: Bench, connection: Connection | None = None) -> dict[str, Any]:
    probes = AEM.probes(connection or bench.opened)
    failed = {probe.id: probe for probe in probes if not probe.ok}
    assert all(probe.fix and probe.who for probe in failed.values())
    return failed


def test_a_working_account_passes_every_probe_and_nothing_is_changed(bench: Bench) -> None:
    id = bench.add(fields={"dc:title": "x"})
    before = bench.sandbox.store.get(id)
    probes = AEM.probes(bench.opened)
    assert [probe.id for probe in probes] == ["sign_in", "list", "read", "write", "keys"]
    assert [probe for probe in probes if not probe.ok] == []
    assert bench.sandbox.store.get(id) == before


def test_each_missing_part_has_its_own_probe(bench: Bench) -> None:
    assert set(failing(bench)) == {"read"}, "an account that sees nothing"
    bench.add()
    bench.vendor.author.read_only = True
    failed = failing(bench)
    assert set(failed) == {"write"}
    assert "api.yaml" in failed["write"].fix
    bench.vendor.author.read_only = False
    bench.sandbox.faults.add("drop", on="GET static.adobeioevents.com", times=None)
    assert set(failing(bench)) == {"keys"}
    bench.sandbox.faults.clear()
    assert set(failing(bench, bench.reopened(client_secret="wrong"))) == {"sign_in"}


def test_an_environment_that_does_not_know_the_project_says_where_to_list_it(bench: Bench) -> None:
    bench.add()
    assert not failing(bench)
    bench.vendor.projects = {"another-project": bench.vendor.client_secret}
    failed = failing(bench)
    assert set(failed) == {"list"}
    assert "api.yaml" in failed["list"].fix


def test_the_steps_name_the_address_and_the_project_and_no_secret(bench: Bench) -> None:
    steps = AEM.steps(bench.opened.settings, "https://hub.example/in/dam")
    assert set(steps) == {"adobe-developer-console.txt", "api.yaml"}
    assert "https://hub.example/in/dam" in steps["adobe-developer-console.txt"]
    assert bench.opened.settings.client_id in steps["api.yaml"]
    assert bench.vendor.client_secret not in "".join(steps.values())


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"host": ""}, "host"),
        ({"client_secret": None}, "client_secret"),
        ({"host": "publish-p1-e1.adobeaemcloud.com"}, "author"),
        ({"host": "ims-na1.adobelogin.com"}, "author"),
        ({"host": "evil.example/x"}, "host"),
        ({"host": "user@evil.example"}, "host"),
        ({"client_id": "a b"}, "client_id"),
        ({"client_id": "a\r\nX-Evil: 1"}, "client_id"),
        ({"send_pictures": "address"}, "delivery_host"),
        ({"delivery_host": AUTHOR}, "delivery_host"),
        ({"fields": {"title": "dam:status"}}, "title"),
        ({"fields": {"copy": "repo:path"}}, "copy"),
        ({"fields": {"copy": "a/b"}}, "copy"),
        ({"signing_secret": "x"}, "signing_secret"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError) as caught:
        filled(**wrong)
    assert named in str(caught.value)
