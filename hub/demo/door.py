"""Opens the hub's door while the demo tells its stories: the web application on its port, in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from hub.demo.setting import Setting
from hub.web.app import create_app


@contextmanager
def open_door(setting: Setting) -> Iterator[None]:
    """The hub answers on its port and works in the background until the block ends; vendors are told where it is.

    Only for the stories: whoever stays up afterwards is served by the hub's own server, at the same address.
    """
    hub = setting.hub
    host, port = hub.settings.host, hub.settings.port
    server = make_server(host, port, create_app(hub), _Server, _Quiet)  # pyright: ignore[reportArgumentType]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="inlay-demo-door", daemon=True)
    thread.start()
    hub.start()
    try:
        for connection, stand_in in setting.stand_ins.items():
            stand_in.calls_back(f"{_here(host, port)}/in/{connection}")
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _here(host: str, port: int) -> str:
    """The hub's address for a vendor on this machine, also when it listens for others too."""
    if ":" in host:
        return f"http://[::1]:{port}"
    return f"http://127.0.0.1:{port}"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """The demo tells what happens in its own words."""
