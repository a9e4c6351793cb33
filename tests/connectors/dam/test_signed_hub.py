"""Signed webhooks at the door of a real hub: texts written once, people's words left alone, a new DAM as data alone."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from connectors.dam.sandbox_signed import HOST as SIGNED_HOST
from connectors.dam.sandbox_signed import KEY as SIGNED_KEY
from connectors.dam.sandbox_signed import SignedVendor
from connectors.dam.sandbox_store import HUB, PERSON, Change, Gone
from connectors.dam.sandbox_vendor import Answer, Call, Outgoing, Vendor
from hub.domain import RunState
from tests.connectors.dam import images
from tests.connectors.dam.hub_bench import FIELDS, Place, connected
from tests.connectors.dam.signed_bench import BODY, standard
from tests.connectors.dam.tiny_vendor import send


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with connected(tmp_path, "standard_webhooks") as place:
        yield place


def drop(place: Place, **fields: Any) -> str:
    store = place.dam.store
    return store.add("dunes.png", images.png(), "image/png", width=1200, height=800, fields=fields).id


def test_a_picture_dropped_into_the_dam_gets_its_texts_once_and_nothing_echoes(place: Place) -> None:
    asset = drop(place)
    (run,) = place.settle()
    assert run.state is RunState.DELIVERED
    for slot in ("alt_text", "title", "description"):
        assert place.shows(asset, slot) == FIELDS[slot]
    assert len([change for change in place.dam.store.history if change.by == HUB]) == 1
    assert len(place.runs()) == 1


def test_an_event_that_comes_ten_times_is_one_run(place: Place) -> None:
    place.dam.sender.repeat = 10
    drop(place)
    assert len(place.settle()) == 1


def test_what_a_person_wrote_before_the_hub_got_there_stays(place: Place) -> None:
    asset = drop(place)
    place.dam.store.change(asset, {"alt_text": "Mine."}, by=PERSON)
    place.settle()
    assert place.shows(asset, "alt_text") == "Mine."
    assert FIELDS["alt_text"] in place.shows(asset, "proposal")


class Meddled(SignedVendor):
    """In whose DAM a person saves an edit right before the hub's own write arrives."""

    meanwhile: Callable[[str], object] | None = None

    def answer(self, call: Call) -> Answer:
        if call.method == "PATCH" and self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            happens(unquote(call.path.rpartition("/")[2]))
        return super().answer(call)


def test_an_edit_between_reading_and_writing_is_noticed_by_the_dam_and_never_overwritten(tmp_path: Path) -> None:
    with connected(tmp_path, "standard_webhooks", vendor=Meddled) as place:
        vendor = place.dam.vendor
        assert isinstance(vendor, Meddled)
        vendor.meanwhile = lambda id: place.dam.store.change(id, {"alt_text": "A person's."}, by=PERSON)
        asset = drop(place)
        (run,) = place.settle()
        assert run.state is RunState.DELIVERED
        assert place.shows(asset, "alt_text") == "A person's."
        assert FIELDS["alt_text"] in place.shows(asset, "proposal")
        assert place.shows(asset, "title") == FIELDS["title"]
        patches = [call.status for call in place.dam.journal.entries(method="PATCH")]
        assert patches == [412, 200]


def test_without_the_tag_the_dam_takes_no_write(place: Place) -> None:
    asset = drop(place)
    place.settle()
    told = {"Authorization": f"Bearer {place.dam.vendor.settings()['client_secret']}"}
    for condition, status in (({}, 428), ({"If-Match": '"0"'}, 412)):
        came = send(place.dam, "PATCH", f"/{SIGNED_HOST}/assets/{asset}", b'{"fields": {}}', **told, **condition)
        assert came.status == status


def knock(place: Place, body: bytes, headers: Sequence[tuple[str, str]], more: str = "") -> int:
    """Deliver it, each header as often as it is named."""
    to = urlsplit(place.dam.sender.endpoint)
    connection = http.client.HTTPConnection(to.netloc, timeout=30)
    try:
        connection.putrequest("POST", to.path + more)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_header_that_comes_twice_proves_nothing(place: Place) -> None:
    body = json.dumps({"type": "asset.ready", "data": {"asset": "a-1"}}).encode()
    sent = place.dam.vendor.signed(body, 0, place.clock())
    assert knock(place, body, list(sent.headers.items())) == 200
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        for other in (sent.headers[name], "v1,AAAA", "1", ""):
            for twice in ([(name, other), *sent.headers.items()], [*sent.headers.items(), (name, other)]):
                assert knock(place, body, twice) == 401, (name, other)


def test_the_strange_bodies_of_a_known_sender_are_a_bad_request_and_no_failure_of_the_hub(place: Place) -> None:
    for body in (b"[" * 20_000, b'{"type": "asset.ready", "type": "x"}', b'{"type": NaN}', b"\xff", b""):
        sent = place.dam.vendor.signed(BODY, 0, place.clock())
        assert knock(place, body, list(sent.headers.items())) == 401
        assert knock(place, body, list(standard(body, key=SIGNED_KEY, at=int(place.clock())).headers.items())) == 400
    assert place.runs() == []


class Unsigned(SignedVendor):
    """One that signs nothing: the address it sends to is the secret."""

    def settings(self) -> dict[str, Any]:
        return {"dialect": "brandfolder", "signing_secret": "t" * 30, "client_secret": self.token}


def test_an_address_that_holds_the_secret_lets_in_whoever_knows_all_of_it(tmp_path: Path) -> None:
    token, body = "t" * 30, b'{"data": {"attributes": {"event_type": "asset.seen", "key": "a"}}}'
    with connected(tmp_path, "brandfolder", vendor=Unsigned) as place:
        said = {more: knock(place, body, [], more) for more in ("", "/", f"/{token}x", f"/{token[1:]}", f"/{token}")}
        assert said == {"": 401, "/": 404, f"/{token}x": 401, f"/{token[1:]}": 401, f"/{token}": 200}


#: A vendor nobody has heard of, whole: no line of code knows its words.
ATLAS = """
title: Atlas Media
needs: [host, client_secret]
prove:
  scheme: hmac
  algorithm: sha512
  signature: {header: X-Atlas-Seal, encoding: hex, prefix: "seal="}
  message: "{ts}|{body}"
  timestamp: {header: X-Atlas-Clock, unit: ms}
events:
  list: /hooks
  type: [/what]
  kinds: {media.added: asset.ready, media.relabelled: metadata.changed, media.binned: asset.deleted}
  asset: [/media/uuid]
  id: {pointer: [/hook]}
  actor: [/who]
fetch: {url: "https://{host}/v2/media/{id}"}
asset:
  base: /media
  id: [/uuid]
  version: [/file/checksum]
  name: [/file/name]
  mime: [/file/kind]
  width: [/file/w]
  height: [/file/h]
  fields: {list: /labels, key: /label, value: /text}
write:
  method: PUT
  url: "https://{host}/v2/media/{id}/labels"
  into: /set
  entry: {label: "{field}", text: "{value}"}
  lists: join
  join: "; "
  precondition: compare
picture: {url: "https://{host}/v2/media/{id}/small"}
auth: {header: X-Atlas-Key, prefix: ""}
fields: {alt_text: Alternative, title: Heading, tags: Words, mark: Machine note, proposal: Suggested}
"""
HOST, KEY, SEAL = "media.atlas.example", "atlas-key-of-no-account-at-all", "a-seal-that-nobody-else-knows-of"


class Atlas(Vendor):
    """That vendor."""

    name: ClassVar[str] = "custom"
    schedule: ClassVar[Sequence[float]] = (1.0, 1.0)
    shows: ClassVar[Mapping[str, str]] = {
        "alt_text": "Alternative",
        "title": "Heading",
        "tags": "Words",
        "mark": "Machine note",
        "proposal": "Suggested",
    }

    def settings(self) -> dict[str, Any]:
        return {
            "dialect": "custom",
            "preset": yaml.safe_load(ATLAS),
            "host": HOST,
            "client_secret": KEY,
            "signing_secret": SEAL,
            "own_actors": ["robot"],
        }

    def webhooks(self, change: Change) -> Sequence[bytes]:
        what = {"ready": "media.added", "metadata": "media.relabelled", "deleted": "media.binned"}.get(change.kind)
        who = "robot" if change.by == HUB else "somebody"
        hook = {"hook": f"h-{change.number}", "what": what, "who": who, "media": {"uuid": change.asset.id}}
        return [json.dumps({"hooks": [hook]}).encode()] if what else []

    def signed(self, body: bytes, attempt: int, now: float) -> Outgoing:
        at = str(int(now * 1000))
        seal = hmac.new(SEAL.encode(), f"{at}|".encode() + body, hashlib.sha512).hexdigest()
        return Outgoing(body=body, headers={"X-Atlas-Seal": f"seal={seal}", "X-Atlas-Clock": at}, event="hook")

    def again(self, status: int | None) -> bool:
        return status is None or status >= 500

    def answer(self, call: Call) -> Answer:
        parts = [unquote(part) for part in call.path.strip("/").split("/")]
        if call.host != HOST or call.headers.get("x-atlas-key") != KEY:
            return Answer(403)
        try:
            match (call.method, parts):
                case ("GET", ["v2", "media", id]):
                    return self._shown(id)
                case ("GET", ["v2", "media", id, "small"]):
                    return Answer(200, self.store.get(id).data, {"Content-Type": "image/png"})
                case ("PUT", ["v2", "media", id, "labels"]):
                    said = json.loads(call.body)["set"]
                    self.store.change(id, {one["label"]: one["text"] or None for one in said}, by=HUB)
                    return self._shown(id)
        except Gone:
            pass
        return Answer(404)

    def _shown(self, id: str) -> Answer:
        asset = self.store.get(id)
        file = {"checksum": f"v{asset.version}", "name": asset.name, "kind": asset.mime, "w": asset.width}
        labels = [{"label": name, "text": text} for name, text in asset.fields.items()]
        said = {"media": {"uuid": id, "file": {**file, "h": asset.height}, "labels": labels}}
        return Answer(200, json.dumps(said).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def atlas(tmp_path: Path) -> Iterator[Place]:
    with connected(tmp_path, "custom", vendor=Atlas) as place:
        yield place


def test_a_dam_nobody_has_heard_of_is_one_preset_and_no_code(atlas: Place) -> None:
    asset = drop(atlas)
    (run,) = atlas.settle()
    assert run.state is RunState.DELIVERED
    assert atlas.shows(asset, "alt_text") == FIELDS["alt_text"]
    assert atlas.shows(asset, "tags") == "; ".join(FIELDS["tags"])
    assert len(atlas.runs()) == 1, "its own change came back as an event and started nothing"
    atlas.dam.store.change(asset, {"Alternative": "A person's."}, by=PERSON)
    assert len(atlas.settle()) == 1
    assert atlas.shows(asset, "alt_text") == "A person's."
