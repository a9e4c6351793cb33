"""Attacks on the client plugins go out with: addresses that mean another host, and answers that never end or swell."""

from __future__ import annotations

import gzip
import json
import pickle
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pydantic import BaseModel, ValidationError

from hub.errors import BadRequest, Unavailable, VendorRefused
from hub.sdk import GuardedHttp, Secret

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@contextmanager
def answering(send: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that reads one request a connection and answers as told."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    send(connection)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()


def plain(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"content-length: 2\r\n\r\n{}")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}@evil.example/",
        "http://evil.example:{port}/",
        "http://user@127.0.0.1:{port}/",
        "http://:secret@127.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.0.0.1:{port}/",
        "http://0:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://localhost:{port}/",
        "http://127.0.0.1.evil.example:{port}/",
        "http://127.0.0.1:{port}\\@evil.example/",
        "http://127.0.0.1:1/",
        "http://127.0.0.1:/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:-1/",
        "http://127.0.0.1:abc/",
        "ftp://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//127.0.0.1:{port}/",
        "http://[::1",
        "http://[evil]/",
        "http://\uff11\uff12\uff17.0.0.1:{port}/",
        "http:127.0.0.1:{port}",
        "",
        "http://",
        "http://127.0.0.1:{port}/\x00",
        "http://127.0.0.1:{port}/" + "a" * 70_000,
        "http://127.0.0.1\t:{port}/\n",
    ],
)
def test_no_spelling_of_an_address_leads_anywhere_but_to_the_configured_host(address: str) -> None:
    reached: list[bool] = []
    with answering(lambda connection: reached.append(True)) as port:
        http = GuardedHttp([f"127.0.0.1:{port}"], attempts=1, timeout=2)
        with pytest.raises(BadRequest):
            http.request("GET", address.replace("{port}", str(port)))
        http.close()
    assert not reached


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\x00b", "t\u00f6ken"])
def test_a_header_that_no_request_can_carry_is_refused_and_not_quoted(value: str) -> None:
    reached: list[bool] = []
    with answering(lambda connection: reached.append(True)) as port:
        http = GuardedHttp([f"127.0.0.1:{port}"], attempts=1, timeout=2)
        with pytest.raises(BadRequest) as error:
            http.request("GET", f"http://127.0.0.1:{port}/", headers={"authorization": f"Bearer {value}"})
        http.close()
    assert not reached
    assert value not in repr(error.value) + error.value.what + error.value.why


def test_an_answer_that_drips_for_ever_ends_with_the_call_s_time() -> None:
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"content-length: 1000000\r\n\r\n")
        while not stop.wait(0.05):
            connection.sendall(b" ")

    with answering(drip) as port:
        http = GuardedHttp([f"127.0.0.1:{port}"], attempts=1, timeout=0.4)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            http.request("GET", f"http://127.0.0.1:{port}/")
        took = time.monotonic() - began
        stop.set()
        http.close()
    assert took < 10


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", lambda: gzip.compress(b"0" * 50_000_000)),
        ("deflate", lambda: zlib.compress(b"0" * 50_000_000)),
        ("gzip, gzip", lambda: gzip.compress(gzip.compress(b"0" * 400_000_000, 9))),
    ],
)
def test_a_small_answer_that_swells_is_refused_before_it_fills_the_memory(
    encoding: str, packed: Callable[[], bytes]
) -> None:
    body = packed()
    head = HEAD + f"content-encoding: {encoding}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    with answering(lambda connection: connection.sendall(head + body)) as port:
        http = GuardedHttp([f"127.0.0.1:{port}"], attempts=1, timeout=5, max_bytes=1_000_000)
        tracemalloc.start()
        with pytest.raises(VendorRefused):
            http.request("GET", f"http://127.0.0.1:{port}/")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        http.close()
    assert peak < 20_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity", ""])
def test_an_honest_answer_is_read_however_it_is_packed(encoding: str) -> None:
    said = json.dumps({"said": "x" * 300_000}).encode()
    body = {"gzip": gzip.compress, "deflate": zlib.compress}.get(encoding, bytes)(said)
    named = f"content-encoding: {encoding}\r\n" if encoding else ""
    head = HEAD + f"{named}content-length: {len(body)}\r\n\r\n".encode()
    with answering(lambda connection: connection.sendall(head + body)) as port:
        http = GuardedHttp([f"127.0.0.1:{port}"], attempts=1)
        assert http.request("GET", f"http://127.0.0.1:{port}/").body == said
        http.close()


def test_an_answer_that_is_packed_wrongly_is_an_answer_that_did_not_arrive() -> None:
    head = HEAD + b"content-encoding: gzip\r\ncontent-length: 9\r\n\r\nno gzip!!"
    with answering(lambda connection: connection.sendall(head)) as port:
        http = GuardedHttp([f"127.0.0.1:{port}"], attempts=1)
        with pytest.raises(Unavailable):
            http.request("GET", f"http://127.0.0.1:{port}/")
        http.close()


def test_a_redirect_is_not_followed_not_even_to_the_same_host() -> None:
    asked: list[int] = []

    def redirect(connection: socket.socket) -> None:
        asked.append(1)
        connection.sendall(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n")

    with answering(redirect) as port:
        http = GuardedHttp([f"127.0.0.1:{port}"])
        with pytest.raises(VendorRefused):
            http.request("GET", f"http://127.0.0.1:{port}/")
        http.close()
    assert asked == [1]


def test_a_call_that_changes_something_is_sent_once() -> None:
    asked: list[int] = []
    with answering(lambda connection: asked.append(1)) as port:
        http = GuardedHttp([f"127.0.0.1:{port}"])
        for method, times in (("POST", 1), ("post", 2), ("DELETE", 3)):
            with pytest.raises(Unavailable):
                http.request(method, f"http://127.0.0.1:{port}/")
            assert len(asked) == times
        http.close()


class _Holds(BaseModel):
    model_config = {"arbitrary_types_allowed": True}
    token: Secret
    number: int = 0


def test_a_secret_shows_in_no_text_a_program_makes_of_it() -> None:
    secret = Secret("hunter2-hunter2")
    held = _Holds(token=secret)
    said = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        format(secret),
        repr(held),
        held.model_dump_json(),
        str(held.model_dump()),
        json.dumps(secret, default=str),
        repr(ValueError(secret)),
        repr([secret]),
    ]
    with pytest.raises(TypeError) as error:
        pickle.dumps(secret)
    said.append(repr(error.value))
    with pytest.raises(ValidationError) as wrong:
        _Holds.model_validate({"token": 17, "number": "x"})
    said.append(str(wrong.value))
    assert not [text for text in said if "hunter2" in text]
