"""A local stand-in for a DAM: the demo, the tests and the set-up wizard write to it instead of to an account.

It speaks one vendor's API over HTTP on 127.0.0.1, with the vendor's host as the first part of the path, keeps assets in
memory, signs and sends webhooks as that vendor does, and shows the assets at ``/``. It knows nothing of the connector.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.dam import sandbox_samples as samples
from connectors.dam.sandbox_faults import Faults, Journal
from connectors.dam.sandbox_http import Parts, Server
from connectors.dam.sandbox_page import Library
from connectors.dam.sandbox_pictures import look_at
from connectors.dam.sandbox_sender import Sender
from connectors.dam.sandbox_store import AssetStore, Gone
from connectors.dam.sandbox_vendor import Vendor

#: The vendors with a sandbox of their own. Every other dialect is a signed webhook.
VENDORS = {
    "aem": ("sandbox_aem", "AemVendor"),
    "cloudinary": ("sandbox_cloudinary", "CloudinaryVendor"),
    "bynder": ("sandbox_bynder", "BynderVendor"),
}


@dataclass(slots=True)
class Sandbox:
    """A running sandbox. ``url`` has no slash at its end. A target's ``at`` names its asset: ``{"asset": id}``."""

    url: str
    store: AssetStore
    vendor: Vendor
    faults: Faults
    journal: Journal
    sender: Sender
    library: Library
    _stopping: threading.Event
    _server: Server
    _thread: threading.Thread

    def settings(self) -> dict[str, Any]:
        """What an admin fills in to connect to this account, secrets as plain texts."""
        return {**self.vendor.settings(), "sandbox_root": self.url}

    def calls_back(self, url: str) -> None:
        """From now on tell the hub what happens; ``url`` is where the connection takes webhooks.

        Raises:
            ValueError: it is no http address of this machine.
        """
        self.sender.configure(endpoint=url)

    def page(self, at: Mapping[str, Any]) -> str:
        """Where a person looks at the asset of a target."""
        return f"{self.url}/#asset-{quote(str(at.get('asset', '')), safe='')}"

    def sample(self) -> Mapping[str, Any]:
        """The target of an asset that is there from the start; empty once there is none."""
        return next(({"asset": one.id} for one in self.store.every()), {})

    def shown(self, at: Mapping[str, Any]) -> str:
        """The texts a person sees at the asset of a target, one a line."""
        try:
            return self.library.shown(self.store.get(str(at.get("asset", ""))))
        except Gone:
            return ""

    def act(self, at: Mapping[str, Any], what: str) -> Mapping[str, Any]:
        """Do what a person does in the page: ``drop`` a picture of the campaign, or ``approve`` the asset of a target,
        the newest one when it names none. Gives the asset's target.

        Raises:
            ValueError: there is nothing of the kind to do, or the page did not do it.
        """
        if what == "drop":
            return {"asset": self.drop(*self.library.sample())}
        if what != "approve":
            raise ValueError(f"nobody can {what!r} here")
        id = str(at.get("asset") or next((one.id for one in self.store.every()), ""))
        self.approve(id)
        return {"asset": id}

    def drop(self, name: str, data: bytes) -> str:
        """Drop a picture into the page, as a person does; gives the id of the asset.

        Raises:
            ValueError: the page did not take it.
        """
        mime = look_at(data).mime or "application/octet-stream"
        status, body = self._post(f"/assets?name={quote(name, safe='')}", data, mime)
        if status != 201:
            raise ValueError(f"the page does not take {name!r} (status {status})")
        return body.decode()

    def approve(self, id: str) -> None:
        """Approve an asset with the button on its tile, as a person does.

        Raises:
            ValueError: the page did not do it.
        """
        status, _ = self._post(f"/assets/{quote(id, safe='')}/approve", b"", "application/x-www-form-urlencoded")
        if status != 303:
            raise ValueError(f"the page does not approve {id!r} (status {status})")

    def stop(self) -> None:
        """Close the door. Harmless the second time."""
        self._stopping.set()
        self.sender.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _post(self, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request("POST", path, body, {"Content-Type": kind, "Origin": self.url})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def start(
    port: int = 0,
    seed: Path | None = None,
    sample: bool = True,
    *,
    dialect: str = "aem",
    vendor: Callable[[AssetStore], Vendor] | None = None,
    fault_seed: int = 0,
    clock: Callable[[], float] = time.time,
) -> Sandbox:
    """Start a sandbox in this process, on a free port unless one is named.

    Args:
        port: 0 takes a free one.
        seed: a picture, or a folder of them, that are there from the start.
        sample: begin with the pictures of the sample campaign. Nothing is told of them.
        dialect: whose account it is.
        vendor: makes the vendor, in place of the dialect's.
        fault_seed: starts the dice of faults that happen by chance.
        clock: Unix seconds, of assets and signatures.

    Raises:
        OSError: the port is taken, or the seed cannot be read.
        ValueError: there is no such dialect.
    """
    store = AssetStore(clock)
    who = vendor(store) if vendor else _vendor(dialect, store)
    library = Library(store, who)
    if sample:
        samples.load(store, who)
    if seed is not None:
        for file in sorted(seed.iterdir()) if seed.is_dir() else [seed]:
            library.take(file.name, file.read_bytes(), quiet=True)
    faults, journal, sender = Faults(fault_seed), Journal(clock=clock), Sender(who, clock)
    parts = Parts(store, who, faults, journal, sender, library.answer)
    server = Server(port, parts)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="dam-sandbox", daemon=True)
    thread.start()
    sender.start()
    return Sandbox(
        url=f"http://127.0.0.1:{server.server_address[1]}",
        store=store,
        vendor=who,
        faults=faults,
        journal=journal,
        sender=sender,
        library=library,
        _stopping=parts.stopping,
        _server=server,
        _thread=thread,
    )


def _vendor(dialect: str, store: AssetStore) -> Vendor:
    if dialect in VENDORS:
        module, name = VENDORS[dialect]
        return getattr(import_module(f"connectors.dam.{module}"), name)(store)
    from connectors.dam.sandbox_signed import SignedVendor

    return SignedVendor(store, dialect)
