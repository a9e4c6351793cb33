"""What presets call: the very requests their vendors document, over real HTTP, and nothing that leads elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import pytest
import yaml

from connectors.dam.asset import Asset
from connectors.dam.sandbox import start
from connectors.dam.sandbox_store import AssetStore, Change
from connectors.dam.sandbox_vendor import Answer, Call, Outgoing, Vendor
from hub.sdk import Conflict, Connection, InlayError, NeedsPermission, RateLimited, TargetGone, VendorRefused
from tests.connectors.dam import images
from tests.connectors.dam.signed_bench import CUSTOM, dialect, opened
from tests.connectors.dam.test_signed_hub import ATLAS

ALT, TAGS = "7a37ca7e-0000-4000-8000-0000000000a1", "7a37ca7e-0000-4000-8000-0000000000a2"
FRAMEIO_FIELDS = {"fields": {"alt_text": ALT, "tags": TAGS}}


@dataclass
class Script(Vendor):
    """Answers what the test says, and keeps what it was asked."""

    name = "scripted"
    schedule = ()
    store: AssetStore
    reply: Callable[[Call], Answer] = lambda call: Answer(404)
    asked: list[Call] = field(default_factory=list)

    def settings(self) -> dict[str, Any]:
        return {}

    def answer(self, call: Call) -> Answer:
        self.asked.append(call)
        return self.reply(call)

    def webhooks(self, change: Change) -> Sequence[bytes]:
        return []

    def signed(self, body: bytes, attempt: int, now: float) -> Outgoing:
        raise AssertionError("it sends nothing")

    def again(self, status: int | None) -> bool:
        return False

    def calls(self, method: str = "") -> list[str]:
        """What was asked, as method, host and path with its query."""
        return [
            f"{one.method} {one.host}{one.path}{'?' if one.query else ''}{one.query}"
            for one in self.asked
            if method in ("", one.method)
        ]


@contextmanager
def talking(name: str, **settings: Any) -> Iterator[tuple[Connection, Script]]:
    """A connection by this preset to a vendor that is told what to say."""
    sandbox = start(vendor=Script, sample=False)
    try:
        vendor = sandbox.vendor
        assert isinstance(vendor, Script)
        connection = opened(name, sandbox_root=sandbox.url, **settings)
        yield connection, vendor
    finally:
        sandbox.stop()


def said(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def frameio_file(**fields: str | None) -> dict[str, Any]:
    entries = [{"field_definition_id": id, "field_type": "text", "value": value} for id, value in fields.items()]
    return {"data": {"id": "f-1", "name": "lake.png", "project_id": "p-1", "media_type": "image/png",
                     "file_size": 12_345, "created_at": "2026-11-20T09:15:42Z", "metadata": entries}}  # fmt: skip


def read(connection: Connection, id: str = "f-1") -> Asset:
    return dialect(connection).fetch(connection, [id])[id]


def bare(id: str) -> Asset:
    """An asset of which nothing else is known."""
    return Asset(id=id, version="1")


def test_a_file_of_frame_io_is_read_and_written_through_its_project() -> None:
    with talking("frameio", **FRAMEIO_FIELDS) as (connection, vendor):
        vendor.reply = lambda call: (
            said(frameio_file(**{ALT: "Old.", TAGS: "a, b"})) if call.method == "GET" else Answer(204)
        )
        asset = read(connection)
        assert (asset.version, asset.mime, asset.size, asset.folder) == ("f-1", "image/png", 12_345, "p-1")
        assert asset.fields == {ALT: "Old.", TAGS: ("a", "b")}
        dialect(connection).write(connection, asset, {ALT: "New.", TAGS: ("lake", "dusk")})
        account = connection.settings.account
        get = f"GET api.frame.io/v4/accounts/{account}/files/f-1?include=metadata%2Cmedia_links.thumbnail"
        write = f"PATCH api.frame.io/v4/accounts/{account}/projects/p-1/metadata/values"
        assert vendor.calls() == [get, get, write]
        assert json.loads(vendor.asked[-1].body) == {
            "data": {
                "file_ids": ["f-1"],
                "values": [
                    {"field_definition_id": ALT, "value": "New."},
                    {"field_definition_id": TAGS, "value": "lake, dusk"},
                ],
            }
        }
        assert {call.headers["authorization"] for call in vendor.asked} == {"Bearer t"}


def test_frame_io_signs_in_once_and_once_more_when_its_token_ends() -> None:
    tokens = iter(("one", "two"))

    def reply(call: Call) -> Answer:
        if call.host == "ims-na1.adobelogin.com":
            return said({"access_token": next(tokens), "expires_in": 86_399})
        ended = call.headers["authorization"] == "Bearer one" and len(vendor.calls("GET")) > 2
        return Answer(401) if ended else said(frameio_file())

    with talking("frameio", client_id="an-id", client_secret="its-secret") as (connection, vendor):
        vendor.reply = reply
        for _ in range(4):
            read(connection)
        sign_ins = [call for call in vendor.asked if call.host == "ims-na1.adobelogin.com"]
        assert [call.path for call in sign_ins] == ["/ims/token/v3"] * 2
        asked = dict(parse_qsl(sign_ins[0].body.decode()))
        assert asked["grant_type"] == "client_credentials"
        assert (asked["client_id"], asked["client_secret"]) == ("an-id", "its-secret")
        assert not any("its-secret" in call.query + call.headers.get("authorization", "") for call in vendor.asked)


@pytest.mark.parametrize("answer", [said({"error": "no"}, 400), said({}), said({"access_token": "a\nb"}), said([])])
def test_a_sign_in_that_fails_is_said_and_no_call_is_made(answer: Answer) -> None:
    with talking("frameio", client_id="an-id", client_secret="its-secret") as (connection, vendor):
        vendor.reply = lambda call: answer
        with pytest.raises(NeedsPermission) as caught:
            read(connection)
        assert "its-secret" not in str(caught.value)
        assert vendor.calls("GET") == []


def test_a_vendor_that_is_asked_too_often_is_left_alone_for_as_long_as_its_preset_says() -> None:
    with talking("frameio") as (connection, vendor):
        vendor.reply = lambda call: Answer(429)
        with pytest.raises(RateLimited) as caught:
            read(connection)
        assert caught.value.after == 60
        vendor.reply = lambda call: Answer(429, b"", {"Retry-After": "7"})
        with pytest.raises(RateLimited) as caught:
            read(connection)
        assert caught.value.after == 7


def test_a_picture_is_fetched_from_the_host_of_the_settings_alone_and_without_the_token() -> None:
    file = frameio_file()

    def reply(call: Call) -> Answer:
        if call.host == "pictures.example":
            return Answer(200, images.png(), {"Content-Type": "image/png"})
        return said(file)

    with talking("frameio", delivery_host="pictures.example") as (connection, vendor):
        vendor.reply = reply
        file["data"]["media_links"] = {"thumbnail": {"url": "https://pictures.example/t/1.png?signature=x"}}
        picture = dialect(connection).picture(connection, bare("f-1"))
        assert picture is not None
        assert picture.data == images.png()
        assert vendor.calls()[-1] == "GET pictures.example/t/1.png?signature=x"
        assert "authorization" not in vendor.asked[-1].headers
        for where in (
            "https://evil.example/1.png",
            "http://pictures.example/1.png",
            "https://pictures.example@evil.example/1.png",
            "https://pictures.example:8443/1.png",
            "https://pictures.example.evil.example/1.png",
            "file:///etc/passwd",
        ):
            file["data"]["media_links"] = {"thumbnail": {"url": where}}
            with pytest.raises(VendorRefused):
                dialect(connection).picture(connection, bare("f-1"))
        assert [call.host for call in vendor.asked].count("pictures.example") == 1


def test_acquia_takes_lists_and_the_names_of_the_fields_in_the_address() -> None:
    def reply(call: Call) -> Answer:
        fields = {"altText": ["Old."], "keywords": ["a"]}
        return said({"id": "a-1", "file_upload_date": "2026-11-20T09:15:42Z", "metadata": {"fields": fields}})

    with talking("acquia", fields={"alt_text": "altText", "tags": "keywords"}) as (connection, vendor):
        vendor.reply = reply
        asset = read(connection, "a-1")
        assert asset.fields == {"altText": "Old.", "keywords": ("a",)}
        dialect(connection).write(connection, asset, {"altText": "New & better.", "keywords": ()})
        (put,) = [call for call in vendor.asked if call.method == "PUT"]
        assert (put.host, put.path) == ("api.widencollective.com", "/v2/assets/a-1/metadata")
        assert parse_qs(put.query) == {"patch": ["altText,keywords"]}
        assert json.loads(put.body) == {"fields": {"altText": ["New & better."], "keywords": []}}


def test_brandfolder_s_description_is_written_and_emptied() -> None:
    with talking("brandfolder") as (connection, vendor):
        vendor.reply = lambda call: said({"data": {"id": "b-1", "attributes": {"description": "Old."}}})
        asset = read(connection, "b-1")
        dialect(connection).write(connection, asset, {"description": ""})
        (put,) = [call for call in vendor.asked if call.method == "PUT"]
        assert (put.host, put.path) == ("brandfolder.com", "/api/v4/assets/b-1")
        assert json.loads(put.body) == {"data": {"attributes": {"description": ""}}}


def atlas(alt: str, checksum: str = "c1") -> Any:
    return {"media": {"uuid": "m-1", "file": {"checksum": checksum}, "labels": [{"label": "Alternative", "text": alt}]}}


@pytest.mark.parametrize(
    "now", [atlas("A person's."), atlas("Old.", "c2"), atlas("")], ids=["edited", "new", "emptied"]
)
def test_an_asset_that_changed_since_it_was_read_is_not_written(now: Any) -> None:
    with talking("custom", preset=yaml.safe_load(ATLAS), host="dam.example", client_secret="t") as (connection, vendor):
        vendor.reply = lambda call: said(atlas("Old."))
        asset = read(connection, "m-1")
        vendor.reply = lambda call: said(now)
        with pytest.raises(Conflict):
            dialect(connection).write(connection, asset, {"Alternative": "Inlay's."})
        vendor.reply = lambda call: Answer(404)
        with pytest.raises(TargetGone):
            dialect(connection).write(connection, asset, {"Alternative": "Inlay's."})
        assert vendor.calls("PUT") == []


def custom(**parts: Any) -> dict[str, Any]:
    """A preset with an API of its own, and ``parts`` of it."""
    asset = {"version": "/v", "fields": {"pointer": "/f/{field}"}}
    api = {
        "needs": ["host"],
        "fetch": {"url": "https://{host}/a/{id}"},
        "asset": asset,
        "fields": {"alt_text": "a/b~c"},
    }
    return {**CUSTOM, **api, **parts}


@pytest.mark.parametrize(
    ("write", "kind", "body"),
    [
        (
            {"body": "json_patch", "at": "/f/{field}"},
            "application/json-patch+json",
            [{"op": "add", "path": "/f/a~1b~0c", "value": "New."}, {"op": "remove", "path": "/f/x"}],
        ),
        (
            {"body": "form", "start": {"asset": "{id}", "mode": "merge"}},
            "application/x-www-form-urlencoded",
            "asset=m-1&mode=merge&a%2Fb~c=New.&x=",
        ),
        (
            {"at": "/f/{field}", "start": {"by": "inlay"}},
            "application/json",
            {"by": "inlay", "f": {"a/b~c": "New.", "x": None}},
        ),
    ],
    ids=["json_patch", "form", "json"],
)
def test_a_write_says_each_field_whatever_it_is_called(write: dict[str, Any], kind: str, body: Any) -> None:
    preset = custom(write={"method": "PATCH", "url": "https://{host}/a/{id}", "precondition": "none", **write})
    with talking("custom", preset=preset, host="dam.example") as (connection, vendor):
        vendor.reply = lambda call: Answer(204)
        dialect(connection).write(connection, bare("m-1"), {"a/b~c": "New.", "x": ""})
        (call,) = vendor.asked
        assert call.headers["content-type"] == kind
        assert (call.body.decode() if isinstance(body, str) else json.loads(call.body)) == body


def test_a_value_that_looks_like_a_token_or_a_field_is_a_value() -> None:
    with talking("frameio", **FRAMEIO_FIELDS) as (connection, vendor):
        vendor.reply = lambda call: said(frameio_file()) if call.method == "GET" else Answer(204)
        hostile = '{id}","isPublic":true,"x":"'
        dialect(connection).write(connection, read(connection), {ALT: hostile, TAGS: ("{field}",)})
        values = json.loads(vendor.asked[-1].body)["data"]["values"]
        assert [one["value"] for one in values] == [hostile, "{field}"]


@pytest.mark.parametrize("id", ["..", ".", "../../admin", "a/b", "a?x=1", "a#b", "a%2fb", "ä b"])
def test_an_id_never_leads_to_another_address(id: str) -> None:
    with talking("custom", preset=custom(), host="dam.example") as (connection, vendor):
        assert dialect(connection).fetch(connection, [id]) == {}
        for call in vendor.asked:
            assert call.host == "dam.example"
            assert call.path.startswith("/a/")
            assert "/" not in call.path.removeprefix("/a/")
            assert call.query == ""
        assert bool(vendor.asked) is (id not in ("..", "."))


def test_what_a_vendor_answers_never_leads_a_write_elsewhere() -> None:
    with talking("frameio", **FRAMEIO_FIELDS) as (connection, vendor):
        file = frameio_file()
        vendor.reply = lambda call: said(file)
        asset = read(connection)
        for project in ("../../x", "a/b", "p?x=1"):
            file["data"]["project_id"] = project
            dialect(connection).write(connection, asset, {ALT: "New."})
            path = vendor.asked[-1].path.removesuffix("/metadata/values")
            assert "/" not in path.partition("/projects/")[2]
        for project in ("..", "", None, ["p"]):
            file["data"]["project_id"] = project
            with pytest.raises(InlayError):
                dialect(connection).write(connection, asset, {ALT: "New."})
        assert len(vendor.calls("PATCH")) == 3


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'"x"', b"null", b"[" * 50_000, b'{"media": []}', b'{"media": "x"}', b"\xff", b"9" * 5_000],
    ids=lambda body: repr(body[:12]),
)
def test_nonsense_from_a_vendor_is_an_error_of_the_hub_s_own(body: bytes) -> None:
    with talking("custom", preset=yaml.safe_load(ATLAS), host="dam.example", client_secret="t") as (connection, vendor):
        vendor.reply = lambda call: Answer(200, body, {"Content-Type": "application/json"})
        with pytest.raises(InlayError):
            read(connection, "m-1")


def test_every_page_of_a_listing_is_read_in_the_vendor_s_way_of_paging() -> None:
    def reply(call: Call) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(call.query).items()}
        skipped = int(asked["skip"])
        items = [{"id": f"m-{n}", "v": "1", "made": 1_790_000_000 + n} for n in range(5)]
        return said({"found": items[skipped : skipped + int(asked["take"])]})

    url = "https://{host}/a?after={since}&before={until}&skip={offset}&take={size}"
    asset = {"version": "/v", "created_at": "/made", "fields": {"pointer": "/f/{field}"}}
    preset = custom(list={"url": url, "items": "/found", "size": 2, "times": "ms"}, asset=asset)
    with talking("custom", preset=preset, host="dam.example") as (connection, vendor):
        vendor.reply = reply
        made = dialect(connection).created(connection, 1_790_000_001.0, 1_790_000_004.0)
        assert made == ("m-1", "m-2", "m-3")
        assert [parse_qs(call.query)["skip"] for call in vendor.asked] == [["0"], ["2"], ["4"]]
        assert parse_qs(vendor.asked[0].query)["after"] == ["1790000001000"]
        page = dialect(connection).changed(connection, 0.0, {})
        assert (len(page.assets), page.more) == (2, True)
        last = dialect(connection).changed(connection, 0.0, {"offset": 4})
        assert ([one.id for one in last.assets], last.more) == (["m-4"], False)


@pytest.mark.parametrize("name", ["frontify", "aprimo", "dropbox"])
def test_a_preset_without_an_api_says_that_it_reads_nothing(name: str) -> None:
    with talking(name) as (connection, vendor):
        who = dialect(connection)
        with pytest.raises(VendorRefused):
            who.fetch(connection, ["a"])
        assert who.picture(connection, bare("a")) is None
        assert vendor.asked == []


def test_a_preset_that_only_reads_says_that_it_cannot_write() -> None:
    with talking("canto") as (connection, vendor):
        vendor.reply = lambda call: said({"name": "lake.png", "additional": {}})
        assert read(connection, "c-1").name == "lake.png"
        assert vendor.calls() == ["GET acme.canto.com/api/v1/image/c-1"]
        with pytest.raises(VendorRefused, match="cannot write"):
            dialect(connection).write(connection, bare("c-1"), {"x": "y"})


def test_an_account_that_stands_in_a_host_is_one_name_and_nothing_else() -> None:
    for account in ("evil.example/", "a.b", "a@b", "a:1", "A B", "a#"):
        with pytest.raises(ValueError, match="account"):
            opened("canto", account=account)
    preset = custom(needs=["host", "account"], picture={"url": "https://{account}.pictures.example/{id}"})
    with pytest.raises(ValueError, match="account"):
        opened("custom", preset=preset, host="dam.example", account="evil.example/")


def test_a_write_never_touches_what_the_preset_bars() -> None:
    preset = custom(write={"method": "PUT", "url": "https://{host}/a/{id}", "at": "/f/{field}"}, never=["isPublic"])
    with talking("custom", preset=preset, host="dam.example") as (connection, vendor):
        asset = bare("m-1")
        with pytest.raises(VendorRefused, match="isPublic"):
            dialect(connection).write(connection, asset, {"isPublic": "true"})
        assert vendor.asked == []
