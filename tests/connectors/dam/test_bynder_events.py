"""What Bynder publishes to its topic: every kind in the connector's words, one id for every attempt, no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.dam import inbound
from connectors.dam.asset import AssetEvent
from hub.sdk import BadRequest, Ignored, Notice
from tests.connectors.dam.aem_bench import opened
from tests.connectors.dam.bynder_bench import ASSET, BYNDER, Bench, posted, running

#: Bynder's ids have two shapes; events may write either in capitals.
IDS = [ASSET, ASSET.upper(), "7D1C6C0E-52A1-4C39-9F1B2A3C4D5E6F70", "7d1c6c0e-52a1-4c39-9f1b2a3c4d5e6f70"]


@pytest.fixture(scope="module")
def shared() -> Iterator[Bench]:
    with running() as bench:
        yield bench


@pytest.fixture
def bench(shared: Bench) -> Bench:
    """With the settings of the sandbox."""
    shared.opened = opened(shared.sandbox)
    return shared


def said(bench: Bench, subject: str = "asset_bank.media.create", **changed: Any) -> list[AssetEvent | Ignored]:
    """What a signed message says, read the way the hub reads it."""
    return bench.taken(posted(bench.topic.sealed(bench.message(subject, **changed))))


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("asset_bank.media.create", "asset.ready"),
        ("asset_bank.media.upload", "asset.ready"),
        ("asset_bank.media.uploaded", "asset.ready"),
        ("asset_bank.media.updated", "asset.updated"),
        ("asset_bank.media.pre_archived", "asset.deleted"),
        ("asset_bank.media.archived", "asset.deleted"),
        ("asset_bank.media.deleted", "asset.deleted"),
    ],
)
def test_every_event_of_the_asset_bank_is_one_of_inlay_s(bench: Bench, subject: str, kind: str) -> None:
    message = bench.message(subject)
    (event,) = bench.taken(posted(bench.topic.sealed(message)))
    assert isinstance(event, AssetEvent)
    assert (event.kind, event.native, event.asset, event.id) == (kind, subject, ASSET, message["MessageId"])


def test_an_asset_is_read_only_after_the_seconds_bynder_asks_for(bench: Bench) -> None:
    bench.opened = opened(bench.sandbox, starts={"asset.ready": ["alt-text"]})
    (event,) = said(bench)
    assert isinstance(event, AssetEvent)
    (notice,) = inbound.notices(bench.opened.settings, event)
    assert isinstance(notice, Notice)
    assert notice.settle == 5.0


@pytest.mark.parametrize("id", IDS)
def test_an_id_stays_as_it_is_written(bench: Bench, id: str) -> None:
    (event,) = said(bench, Message=json.dumps({"media_id": id}))
    assert isinstance(event, AssetEvent)
    assert event.asset == id


@pytest.mark.parametrize(
    "subject",
    [
        "workflow.job.create",
        "antivirus.scan.failed",
        "asset_bank.media.nobody_heard_of_it",
        "ASSET_BANK.MEDIA.CREATE",
        " asset_bank.media.create",
        "Amazon SNS notification",
        None,
    ],
)
def test_what_is_about_no_asset_is_ignored_and_counted(bench: Bench, subject: str | None) -> None:
    (found,) = said(bench, Subject=subject)
    assert isinstance(found, Ignored)
    assert found.why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '"7d1c6c0e-52a1-4c39-9f1b-2a3c4d5e6f70"',
        '{"media_id": null}',
        '{"media_id": ["7d1c6c0e-52a1-4c39-9f1b-2a3c4d5e6f70"]}',
        '{"media_id": ""}',
        '{"media_id": "../../v6/authentication"}',
        '{"media_id": "7d1c6c0e-52a1-4c39-9f1b-2a3c4d5e6f70/../x"}',
        '{"media_id": "7d1c6c0e-52a1-4c39-9f1b-2a3c4d5e6f70\\n"}',
        '{"media_id": "7d1c6c0e-52a1-4c39-9f1b-2a3c4d5e6f7٠"}',
        '{"media_id": "7d1c6c0e52a14c399f1b2a3c4d5e6f70"}',
        '{"media_id": "a", "media_id": "7d1c6c0e-52a1-4c39-9f1b-2a3c4d5e6f70"}',
        '{"media_id": "7d1c6c0e-52a1-4c39-9f1b-2a3c4d5e6f70", "x": NaN}',
        '{"media_id": "7d1c6c0e-52a1-4c39-9f1b-2a3c4d5e6f70", "x": ' + "[" * 2000 + "]" * 2000 + "}",
        "media_id=7d1c6c0e-52a1-4c39-9f1b-2a3c4d5e6f70",
    ],
)
def test_a_message_that_names_no_asset_is_a_bad_request(bench: Bench, text: str) -> None:
    with pytest.raises(BadRequest):
        said(bench, Message=text)


def test_nothing_but_the_id_is_taken_from_a_message(bench: Bench) -> None:
    told = {"media_id": ASSET, "isPublic": 1, "url": "https://evil.example/x", "user": "mika", "tags": ["sale"]}
    plain, *_ = said(bench)
    rich, *_ = said(bench, Message=json.dumps(told))
    assert isinstance(plain, AssetEvent)
    assert isinstance(rich, AssetEvent)
    assert (rich.asset, rich.actor, rich.changed, dict(rich.extra)) == (ASSET, "", (), {})
    assert {"evil.example", "sale"}.isdisjoint(repr(rich).split("'"))
    assert (plain.kind, plain.settle) == (rich.kind, rich.settle)


def test_nothing_is_taken_from_headers_which_nobody_signs(bench: Bench) -> None:
    call = posted(
        bench.topic.sealed(bench.message()),
        x_amz_sns_message_type="SubscriptionConfirmation",
        x_amz_sns_message_id="another",
        x_amz_sns_topic_arn="arn:aws:sns:eu-west-1:999999999999:another",
    )
    (event,) = bench.taken(call)
    assert (event.kind, event.asset) == ("asset.ready", ASSET)


def test_every_attempt_of_one_message_has_one_id_and_another_message_another(bench: Bench) -> None:
    bench.opened = opened(bench.sandbox, starts={"asset.ready": ["alt-text", "campaign-copy"]})
    body = bench.topic.sealed(bench.message())

    def keys(body: bytes) -> list[str]:
        found = [one for event in bench.taken(posted(body)) for one in inbound.notices(bench.opened.settings, event)]
        return [one.key for one in found if isinstance(one, Notice)]

    first, again, other = keys(body), keys(body), keys(bench.topic.sealed(bench.message()))
    assert first == again
    assert len({*first, *other}) == 4, "a workflow each, and another message's"


def test_a_change_of_metadata_may_be_an_approval_where_a_metaproperty_says_so(bench: Bench) -> None:
    changed, approved = said(bench, "asset_bank.media.meta_updated")
    assert isinstance(changed, AssetEvent)
    assert isinstance(approved, AssetEvent)
    assert (changed.kind, approved.kind) == ("metadata.changed", "asset.approved")
    assert changed.asset == approved.asset == ASSET
    assert changed.id != approved.id
    bench.opened = opened(bench.sandbox, account="")
    (alone,) = said(bench, "asset_bank.media.meta_updated")
    assert isinstance(alone, AssetEvent)
    assert alone.kind == "metadata.changed"


@pytest.mark.parametrize("confirm", [True, False])
def test_the_end_of_a_subscription_is_told_and_nothing_is_called(bench: Bench, confirm: bool) -> None:
    bench.opened = opened(bench.sandbox, confirm_subscription=confirm)
    ends = json.loads(bench.topic.confirmation())
    message = {**ends, "Type": "UnsubscribeConfirmation"}
    del message["Signature"]
    (found,) = bench.taken(posted(bench.topic.sealed(message)))
    assert isinstance(found, Ignored)
    assert found.event == "UnsubscribeConfirmation"
    assert bench.topic.confirmations == []


def test_a_delivery_is_acknowledged_with_200(bench: Bench) -> None:
    assert BYNDER.acknowledge().status == 200
