"""A server on a real socket that answers each request with the next scripted bytes, for what no honest server sends."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Reply = bytes | Callable[[socket.socket, threading.Event], None]


def http(status: int, body: Any = b"", **headers: str) -> bytes:
    """A whole answer. A body that is no bytes goes out as JSON; ``retry_after`` becomes ``retry-after``."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json", "content-length": str(len(payload))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + payload


def completion(content: Any = '{"variants": []}', finish: str = "stop", **parts: Any) -> bytes:
    """A chat completion with this content; ``parts`` replaces other parts of it, None leaves one out."""
    message = {"role": "assistant", "content": content, "refusal": parts.pop("refusal", None)}
    body: dict[str, Any] = {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        **parts,
    }
    return http(200, {name: part for name, part in body.items() if part is not None})


def hang(connection: socket.socket, stopped: threading.Event) -> None:
    """Never answer."""
    stopped.wait(60)


def drip(connection: socket.socket, stopped: threading.Event) -> None:
    """Send a blank now and then, as gateways do to keep a connection open, and never an answer."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n")
    while not stopped.wait(0.05):
        connection.sendall(b" ")


def cut(connection: socket.socket, stopped: threading.Event) -> None:
    """Break off in the middle of an answer."""
    connection.sendall(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"choices"')


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Scripted:
    """The running server. ``received`` fills with the requests; the last reply is repeated."""

    root_url: str
    received: list[Received] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"{self.root_url}/v1"


@contextmanager
def scripted_server(*replies: Reply) -> Iterator[Scripted]:
    """Serve the replies in order on a free port of 127.0.0.1."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Scripted(f"http://127.0.0.1:{listener.getsockname()[1]}")
    stopped, lock = threading.Event(), threading.Lock()
    open_connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        try:
            while (request := _read(connection)) is not None:
                with lock:
                    reply = replies[min(len(server.received), len(replies) - 1)]
                    server.received.append(request)
                if not isinstance(reply, bytes):
                    reply(connection, stopped)
                    return
                connection.sendall(reply)
        except OSError:
            return  # the client has gone, as it does when it stops waiting
        finally:
            connection.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_connections.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        listener.close()
        for connection in open_connections:
            connection.close()


def _read(connection: socket.socket) -> Received | None:
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        buffer += chunk
    head, _, body = buffer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Received(path=first.split(" ")[1], headers=headers, body=json.loads(body or b"{}"))
