"""Calls an HTTP server from many clients at once and notes how long each answer took, in a process of its own.

``python -m hub.bench.load`` reads a JSON job from standard input (see ``Job``) and prints a JSON ``Result``.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from hub.bench.fake_model import content_length


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """``bodies`` are sent in turn, ``%KEY%`` in body and headers made unique. ``rate`` 0: each client sends its next
    request when it has its answer; else requests leave at ``rate`` a second, whatever became of those before. With a
    ``secret`` (base64) each is signed as Standard Webhooks 1.0.0 says.
    """

    port: int
    path: str
    headers: dict[str, str]
    bodies: list[str]
    clients: int
    count: int
    prefix: str
    rate: float = 0.0
    secret: str = ""


@dataclass(slots=True)
class Result:
    """Seconds from start to end, the milliseconds of each answer, how many had which status, one bad answer."""

    seconds: float = 0.0
    ms: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    example: str = ""


class _Sender:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.result = Result()
        self.next = 0
        lines = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
        self.head = f"POST {job.path} HTTP/1.1\r\nhost: 127.0.0.1:{job.port}\r\n{lines}"

    async def run(self) -> Result:
        started = time.perf_counter()
        self.started = started
        await asyncio.gather(*(self._client() for _ in range(self.job.clients)))
        self.result.seconds = time.perf_counter() - started
        return self.result

    async def _client(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.job.port)
        try:
            while self.next < self.job.count:
                number, self.next = self.next, self.next + 1
                begun = time.perf_counter()
                if self.job.rate:
                    # Counted from when it should have left: a server that is late does not make its own load lighter.
                    begun = self.started + number / self.job.rate
                    await asyncio.sleep(max(0.0, begun - time.perf_counter()))
                writer.write(self._request(number))
                status, body = await _answer(reader)
                self.result.ms.append((time.perf_counter() - begun) * 1000)
                self.result.statuses[status] = self.result.statuses.get(status, 0) + 1
                if not status.startswith("2") and not self.result.example:
                    self.result.example = body[:500].decode("utf-8", "replace")
        finally:
            writer.close()

    def _request(self, number: int) -> bytes:
        key = f"{self.job.prefix}-{number}"
        body = self.job.bodies[number % len(self.job.bodies)].replace("%KEY%", key).encode()
        more = _signed(self.job.secret, key, body) if self.job.secret else ""
        return f"{self.head}{more}content-length: {len(body)}\r\n\r\n".replace("%KEY%", key).encode() + body


def _signed(secret: str, id: str, body: bytes) -> str:
    at = str(int(time.time()))
    made = hmac.new(base64.b64decode(secret), f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
    proof = base64.b64encode(made).decode()
    return f"webhook-id: {id}\r\nwebhook-timestamp: {at}\r\nwebhook-signature: v1,{proof}\r\n"


async def _answer(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(content_length(head[:-4]))
    return head.split(b" ", 2)[1].decode(), body


def _main() -> None:
    given: dict[str, Any] = json.load(sys.stdin)
    result = asyncio.run(_Sender(Job(**given)).run())
    sys.stdout.write(json.dumps(asdict(result)))


if __name__ == "__main__":
    _main()
