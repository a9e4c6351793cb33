"""A hub behind a real server, connected to a sandbox org: what the tests of messages and of the button stand on."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from connectors.salesforce.sandbox import Sandbox, start
from connectors.salesforce.sandbox_samples import ORGANIZATION
from connectors.salesforce.sandbox_soap import envelope
from hub.bootstrap import Hub
from hub.domain import Run
from hub.pipeline.look_up import look_up
from hub.store import notices, runs
from hub.web import create_app
from tests.hubs import ORG_TOKEN, a_hub, connect_org

ACTION = "04kHs0000000001IAA"


@dataclass
class Place:
    """The hub, its address, and the org.

    Attributes:
        seen: called with the status of each answer before it goes out.
        lose: so many answers are lost on their way: a proxy says 502 in their place.
    """

    hub: Hub
    org: Sandbox
    url: str = ""
    seen: Callable[[int], None] = lambda status: None
    lose: int = 0
    statuses: list[int] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """Where the org sends its messages."""
        return f"{self.url}/in/crm/{ORG_TOKEN}"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """One request on a socket of its own. ``body`` is bytes as they are, or JSON."""
        to = urlsplit(self.url)
        connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=60)
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=sent, headers=given)
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def message(self, body: bytes, token: str = ORG_TOKEN) -> tuple[int, bytes]:
        """A message as the org sends it."""
        status, said, _ = self.call("POST", f"/in/crm/{token}", body, Content_Type="text/xml; charset=utf-8")
        return status, said

    def look_up(self) -> int:
        """Look up everything that waits; how many notices there were."""
        found = 0
        while some := look_up(self.hub.parts):
            found += some
        return found

    def waiting(self) -> int:
        """How many notices wait to be looked up."""
        with self.hub.database.reading() as tx:
            return sum(one.count for one in notices.waiting(tx))

    def runs(self) -> list[Run]:
        with self.hub.database.reading() as tx:
            return list(runs.newest(tx, teams=None, limit=500))

    def _wrapped(self, app: Any) -> Callable[..., Any]:
        def answering(environ: dict[str, Any], start_response: Any) -> Any:
            told: list[Any] = []
            body = b"".join(app(environ, lambda *head: told.extend(head)))
            status = int(told[0][:3])
            self.seen(status)
            if self.lose:
                self.lose -= 1
                self.statuses.append(502)
                start_response("502 Bad Gateway", [("Content-Length", "0")])
                return [b""]
            self.statuses.append(status)
            start_response(told[0], told[1])
            return [body]

        return answering


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def connected(home: Path, *, settings: dict[str, Any] | None = None, **given: Any) -> Iterator[Place]:
    """A hub that is connected to a sandbox org as ``crm``; ``settings`` are the connection's, ``given`` the hub's."""
    org = start()
    try:
        with a_hub(home, **given) as hub:
            connect_org(hub, org, **(settings or {}))
            place = Place(hub, org)
            app = place._wrapped(create_app(hub))
            server = make_server("127.0.0.1", 0, app, _Threads, _Quiet)  # type: ignore[arg-type]
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            place.url = f"http://127.0.0.1:{server.server_port}"
            try:
                yield place
            finally:
                org.outbound.configure(paused=True)
                server.shutdown()
                server.server_close()
                thread.join(5)
    finally:
        org.stop()


def message(ids: Sequence[str], *, type: str = "AI_Request__c", org: str = ORGANIZATION, action: str = ACTION) -> bytes:
    """An outbound message about these records, each in a notification of its own."""
    told = [(f"04lHs{number:010d}IAA", id, {}) for number, id in enumerate(ids)]
    return envelope(org, action, "sommerlicht.my.salesforce.com", "63.0", type, told)
