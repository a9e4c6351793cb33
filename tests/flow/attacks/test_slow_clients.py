"""Attacks by doing nothing: connections that are kept open, and heads that never end, against the server people run."""

from __future__ import annotations

import http.client
import socket
import time
from pathlib import Path

import pytest

from tests.flow.web.test_server import call, seeded, serving

CLIENTS = 150


@pytest.mark.parametrize("slow_head", [False, True])
def test_clients_that_hold_connections_and_send_nothing_keep_nobody_else_out(tmp_path: Path, slow_head: bool) -> None:
    seeded(tmp_path)
    with serving(tmp_path) as (_, port):
        held: list[socket.socket | http.client.HTTPConnection] = []
        for _ in range(CLIENTS):
            if slow_head:
                connection = socket.create_connection(("127.0.0.1", port), timeout=10)
                connection.sendall(b"POST /api/v1/runs HTTP/1.1\r\nHost: x\r\n")
                held.append(connection)
            else:
                kept = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                kept.request("GET", "/healthz")
                assert kept.getresponse().read()
                held.append(kept)
        began = time.monotonic()
        assert call(port, "GET", "/healthz")[0] == 200
        assert time.monotonic() - began < 5
        for one in held:
            one.close()
