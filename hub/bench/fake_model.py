"""A model that answers at once: a chat-completions endpoint with one fixed answer, in a process of its own.

``python -m hub.bench.fake_model`` reads the answer from standard input, listens on 127.0.0.1 and prints its base URL.
It does the least a server can do, so that what is measured is the hub.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

ROUTE = b"POST /v1/chat/completions "


def completion(answer: str) -> bytes:
    """A whole HTTP response that carries the answer."""
    body = json.dumps(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1_767_225_600,
            "model": "bench",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 120, "total_tokens": 1020},
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Endpoint(asyncio.Protocol):
    """One connection: every complete request is answered with the same bytes, anything else with 404."""

    def __init__(self, response: bytes) -> None:
        self._response = response
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._transport is not None:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            size = end + 4 + content_length(bytes(self._received[:end]))
            if len(self._received) < size:
                return
            known = self._received.startswith(ROUTE)
            del self._received[:size]
            self._transport.write(self._response if known else b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")


def content_length(head: bytes) -> int:
    """The length a request's or response's head announces, 0 when it announces none."""
    at = head.lower().find(b"\r\ncontent-length:")
    return 0 if at < 0 else int(head[at + 17 :].split(b"\r\n", 1)[0])


async def _serve(answer: str) -> None:
    response = completion(answer)
    server = await asyncio.get_running_loop().create_server(lambda: Endpoint(response), "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.stdin.read()))
