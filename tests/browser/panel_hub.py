"""A hub with a DAM behind a real server, the panels it makes, and their files as a browser gets them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

from playwright.sync_api import Route

from connectors.dam.panels import packages
from connectors.dam.sandbox import Sandbox, start
from hub.demo import free_port
from hub.sdk import Model
from hub.store import connections
from tests.browser.conftest import Quiet, Server
from tests.flow.web.site import Site, open_site
from tests.hubs import TEAM

#: The stand-ins for what Adobe's programs give a panel.
STANDS = Path(__file__).parents[1] / "connectors" / "dam" / "panels"
_TYPES = {".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".json": "application/json"}


@dataclass
class PanelHub:
    """``made`` is every file of every panel, by its path."""

    site: Site
    url: str
    dam: Sandbox
    made: Mapping[str, str]

    def files(self, panel: str) -> dict[str, str]:
        """One panel's files, by their names."""
        folder = f"panels/{panel}/"
        return {name.removeprefix(folder): text for name, text in self.made.items() if name.startswith(folder)}


@contextmanager
def panel_hub(home: Path, model: Model, wrap: Callable[[Any], Any] | None = None, **given: Any) -> Iterator[PanelHub]:
    """``given`` are settings of the connection; ``wrap`` puts something between the hub and whoever calls it."""
    port = free_port("127.0.0.1", 0)
    url = f"http://127.0.0.1:{port}"
    dam = start(sample=False, dialect="aem")
    with open_site(home, model=model, public_url=url, demo=True) as site:
        parts = site.hub.parts
        row = parts.connections.sealed("dam", "dam", {**dam.settings(), **given}, sandbox=True, now=parts.clock())
        with site.hub.database.transaction() as tx:
            connections.put(tx, row)
            connections.enable(tx, "dam", TEAM, {})
        app = wrap(site.app) if wrap else site.app
        server = make_server("127.0.0.1", port, app, server_class=Server, handler_class=Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield PanelHub(site, url, dam, packages(parts.connections.get("dam")[1], f"{url}/connect/dam/dam"))
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)
            dam.stop()


def file_of(route: Route, origin: str, files: Mapping[str, str]) -> None:
    """Answer a browser's request for a file of a panel that stands at ``origin``."""
    name = route.request.url.removeprefix(f"{origin}/").partition("?")[0]
    if name not in files:
        return route.fulfill(status=404, body="")
    kind = _TYPES[Path(name).suffix]
    return route.fulfill(status=200, body=files[name], headers={"Content-Type": f"{kind}; charset=utf-8"})
