"""The HTTP transport under the SDK: an answer that trickles in or never stops is cut off."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2

MAX_BYTES = 20_000_000


class BoundedTransport(httpx2.HTTPTransport):
    """Ends an answer at the time and the size the request allows.

    A read timeout alone does not: it starts anew with every byte, and gateways send blanks to keep a connection open.
    """

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        seconds = request.extensions.get("timeout", {}).get("read")
        until = time.monotonic() + seconds if seconds is not None else float("inf")
        answer = super().handle_request(request)
        assert isinstance(answer.stream, httpx2.SyncByteStream)
        answer.stream = _Bounded(answer.stream, until)
        return answer


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            if time.monotonic() > self._until:
                raise httpx2.ReadTimeout("The answer took too long.")
            if size > MAX_BYTES:
                raise httpx2.RemoteProtocolError("The answer is too large.")
            yield chunk

    def close(self) -> None:
        self._stream.close()
