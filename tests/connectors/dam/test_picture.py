"""Pictures from a DAM: what they are by their bytes, never too large, never unpacked; files that must not change."""

from __future__ import annotations

import dataclasses
import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.dam import c2pa, picture
from connectors.dam.connector import Dam
from connectors.dam.write_back import write_back
from hub.sdk import BadRequest, Connection, GuardedHttp, Picture, Target, VendorRefused
from hub.sdk.picture import LARGEST
from tests.connectors.dam import images
from tests.connectors.dam.shelf import Desk, desk

pytestmark = pytest.mark.usefixtures("shelves")
each_format = pytest.mark.parametrize("media_type", images.EVERY)
REFUSED = {
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "pdf": b"%PDF-1.7\n",
    "psd": b"8BPS\x00\x01",
    "html": b"<!doctype html><script>alert(1)</script>",
    "tiff": b"II*\x00",
    "nothing": b"",
    "jpeg without a size": b"\xff\xd8\xff\xda\x00\x02",
    "png without a head": b"\x89PNG\r\n\x1a\nIDAT",
    "riff sound": b"RIFF\x00\x00\x00\x00WAVEfmt ",
}


@each_format
def test_a_picture_is_what_its_bytes_say(media_type: str) -> None:
    data = images.EVERY[media_type](640, 480)
    assert picture.sniff(data) == picture.Kind(media_type, 640, 480)
    assert picture.checked(data).media_type == media_type


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_is_refused(name: str) -> None:
    with pytest.raises(VendorRefused) as caught:
        picture.checked(REFUSED[name])
    assert caught.value.instead


@each_format
def test_a_small_file_with_very_many_pixels_is_refused(media_type: str) -> None:
    data = images.EVERY[media_type](16_000, 16_000)
    assert len(data) < 1000
    with pytest.raises(VendorRefused):
        picture.checked(data)


def test_a_large_file_is_refused_and_the_limit_is_the_hub_s() -> None:
    assert picture.LARGEST == LARGEST
    with pytest.raises(VendorRefused):
        picture.checked(images.png() + b"\x00" * LARGEST)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"", *(make(9, 9)[:40] for make in images.EVERY.values())]))
def test_no_bytes_break_what_looks_at_them(tail: bytes, head: bytes) -> None:
    picture.sniff(head + tail)
    c2pa.carries(head + tail)


@each_format
def test_a_manifest_is_found_where_its_format_keeps_it(media_type: str) -> None:
    make = images.EVERY[media_type]
    assert c2pa.carries(make(manifest=True))
    assert not c2pa.carries(make())


def test_a_manifest_kept_elsewhere_and_one_in_a_film_count_too() -> None:
    assert c2pa.carries(images.jpeg() + b'<x dcterms:provenance="https://example.com/m.c2pa"/>')
    assert c2pa.carries(b"\x00\x00\x00\x18ftypmp42" + images.JUMBF)
    assert not c2pa.carries(b"\x00\x00\x00\x18ftypmp42")


def test_a_file_that_must_not_change_is_left_alone() -> None:
    at = desk(settings={"writes_into_files": True})
    for file in (images.jpeg(manifest=True), None):
        at.shelf.file = file
        asset = at.add()
        with pytest.raises(BadRequest) as caught:
            write_back(at.connection, at.delivery(asset, fields={"alt_text": "A lantern"}))
        assert "C2PA" in caught.value.what
        assert caught.value.instead
        assert at.shows(asset, "alt_text") == ""
    at.shelf.file = images.jpeg()
    asset = at.add()
    write_back(at.connection, at.delivery(asset, fields={"alt_text": "A lantern"}))
    assert at.shows(asset, "alt_text") == "A lantern"


def test_where_files_stay_as_they_are_a_manifest_changes_nothing() -> None:
    at = desk()
    at.shelf.file = images.jpeg(manifest=True)
    asset = at.add()
    write_back(at.connection, at.delivery(asset, fields={"alt_text": "A lantern"}))
    assert at.shows(asset, "alt_text") == "A lantern"


def looked_at(at: Desk, found: Picture | None) -> Picture | None:
    at.shelf.shown_to_models = found
    return Dam().picture(at.connection, Target(connection="dam", at={"asset": at.add()}))


def test_what_a_dialect_calls_a_picture_is_looked_at_again() -> None:
    at = desk()
    assert looked_at(at, None) is None
    png = looked_at(at, Picture(media_type="image/jpeg", data=images.png()))
    assert png is not None
    assert png.media_type == "image/png"
    with pytest.raises(VendorRefused):
        looked_at(at, Picture(media_type="image/png", data=REFUSED["svg"]))


@pytest.mark.parametrize(
    "url",
    [
        "http://shelf.example/a.jpg",
        "https://elsewhere.example/a.jpg",
        "https://shelf.example@elsewhere.example/a.jpg",
        "https://shelf.example:8443/a.jpg",
        "https://shelf.example/a.jpg?token=t",
        "https://127.0.0.1/a.jpg",
        "https://[",
    ],
)
def test_an_address_for_a_model_s_maker_is_public_and_the_dam_s_own(url: str) -> None:
    at = desk()
    assert looked_at(at, Picture(media_type="image/jpeg", url="https://shelf.example/a.jpg")) is not None
    with pytest.raises(VendorRefused):
        looked_at(at, Picture(media_type="image/jpeg", url=url))


@contextmanager
def answering(at: Desk, body: bytes, **headers: str) -> Iterator[tuple[Connection, str, list[str]]]:
    """A server that gives this body, a connection that may call it, and what it was asked to encode."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["accept-encoding"])
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        log_message: Callable[..., None] = lambda *given: None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    here = f"127.0.0.1:{server.server_port}"
    try:
        http = GuardedHttp({here}, loopback_only=True, max_bytes=4_000_000)
        yield dataclasses.replace(at.connection, http=http, memory={}), f"http://{here}/a", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_pictures_are_asked_for_unpacked() -> None:
    with answering(desk(), images.webp(4, 3), content_type="image/jpeg") as (connection, url, asked):
        assert picture.fetch(connection, url).media_type == "image/webp"
        assert asked == ["identity"]


@pytest.mark.parametrize("size", [1000, 40_000_000])
def test_what_comes_packed_all_the_same_is_refused(size: int) -> None:
    bomb = gzip.compress(images.png() + b"\x00" * size)
    with (
        answering(desk(), bomb, content_encoding="gzip") as (connection, url, _),
        pytest.raises(VendorRefused),
    ):
        picture.fetch(connection, url)
