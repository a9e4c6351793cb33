"""A listener for outbound messages: keeps what it got, and answers what a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lxml import etree

ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
RECORD = "urn:sobject.enterprise.soap.sforce.com"
NAMES = {"soap": SOAP, "out": OUTBOUND, "sf": RECORD}

#: (status, body, content type)
Told = tuple[int, bytes, str]
GOOD: Told = (200, ACK, "text/xml; charset=utf-8")


@dataclass
class Listener:
    """``answers`` says what each message is told, by its number from 0."""

    answers: Callable[[int], Told] = lambda number: GOOD
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def notifications(self) -> list[list[tuple[str, str]]]:
        """Of each message: the notifications' ids, and their records'."""
        found = []
        for body in self.bodies:
            tree = etree.fromstring(body)
            ids = [one.text for one in tree.iterfind(".//out:Notification/out:Id", NAMES)]
            records = [one.text for one in tree.iterfind(".//out:sObject/sf:Id", NAMES)]
            found.append(list(zip(ids, records, strict=True)))
        return found

    def records(self) -> list[str]:
        return [record for message in self.notifications() for _, record in message]


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener on a free port of this machine."""
    listener, lock = Listener(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                number = len(listener.bodies)
                listener.bodies.append(body)
                listener.headers.append({name.lower(): value for name, value in self.headers.items()})
            status, answer, kind = listener.answers(number)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    listener.url = f"http://127.0.0.1:{server.server_address[1]}/in/sf/token?x=1"
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
