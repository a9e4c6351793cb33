"""A local stand-in for Google Docs and Drive: the demo, the tests and the set-up wizard write to it instead of Google.

It speaks Docs v1 and Drive v3 over HTTP on 127.0.0.1, keeps documents in memory, and shows each at
``/document/d/<id>/edit``. It knows nothing of the connector. What it refuses, and in which words, follows Google's
documentation and recorded answers; where neither says, the comments do.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.google_docs.sandbox_accounts import Accounts
from connectors.google_docs.sandbox_api import DocsApi
from connectors.google_docs.sandbox_drive import DriveApi
from connectors.google_docs.sandbox_faults import Faults, Journal
from connectors.google_docs.sandbox_http import Parts, Server
from connectors.google_docs.sandbox_samples import load_samples
from connectors.google_docs.sandbox_store import Store


@dataclass(slots=True)
class Sandbox:
    """A running sandbox. ``url`` has no slash at its end."""

    url: str
    store: Store
    faults: Faults
    journal: Journal
    accounts: Accounts
    #: Replies that did not fit Google's schema; stays empty, and is filled only with ``check_replies``.
    violations: list[str]
    _server: Server
    _thread: threading.Thread

    def settings(self) -> dict[str, Any]:
        """What an admin fills in to connect to it, secrets as plain texts."""
        # Any text that is no word of the sandbox's own is an account that may write.
        roots = dict.fromkeys(("api_root", "drive_root"), self.url)
        return {**roots, "token_uri": f"{self.url}/token", "access_token": "demo"}

    def calls_back(self, url: str) -> None:
        """Nothing to do: Google Docs tells nobody of what people write."""

    def page(self, at: Mapping[str, Any]) -> str:
        """Where a person looks at the document of a target."""
        return self.document_url(str(at.get("document", "")))

    def shown(self, at: Mapping[str, Any]) -> str:
        """The whole text of the document of a target."""
        return self.store.text(str(at.get("document", "")))

    @property
    def docs_endpoint(self) -> str:
        """The ``api_endpoint`` for ``build("docs", "v1", …)``."""
        return f"{self.url}/"

    @property
    def drive_endpoint(self) -> str:
        """The ``api_endpoint`` for ``build("drive", "v3", …)``: the service's path is part of it."""
        return f"{self.url}/drive/v3/"

    def document_url(self, document: str) -> str:
        """Where a person looks at a document."""
        return f"{self.url}/document/d/{document}/edit"

    def calls(self) -> dict[str, int]:
        """How many calls have been answered so far, by what Google counts them as: reads and writes."""
        reading = [entry.operation.rsplit(".", 1)[-1] in ("get", "list") for entry in self.journal.entries()]
        return {"reads": sum(reading), "writes": len(reading) - sum(reading)}

    def stop(self) -> None:
        """Close the door. Harmless the second time."""
        self._server.parts.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def start(
    port: int = 0,
    seed: Path | None = None,
    sample: bool = True,
    *,
    quota: bool = False,
    check_replies: bool = False,
    service_accounts: Mapping[str, str] | None = None,
    fault_seed: int = 0,
    clock: Callable[[], float] = time.time,
) -> Sandbox:
    """Start a sandbox in this process, on a free port unless one is named.

    Args:
        port: 0 takes a free one.
        seed: a recorded ``documents.get`` file, or a folder of them; a document's id is its file's name.
        sample: load the shipped sample documents, ``demo-launch-brief`` and its neighbours.
        quota: hold each account to 60 writes and 300 reads a minute.
        check_replies: hold every reply against Google's schema; see ``Sandbox.violations``.
        service_accounts: e-mail address to public key (PEM) of the accounts ``/token`` gives access tokens to.
        fault_seed: starts the dice of faults that happen by chance.
        clock: Unix seconds.

    Raises:
        OSError: the port is taken.
        ValueError, OSError: the seed cannot be read.
    """
    store = Store(clock)
    if sample:
        load_samples(store)
    if seed is not None:
        store.seed(seed)
    docs = DocsApi(store, check_replies)
    accounts = Accounts(service_accounts, quota=quota, clock=clock)
    drive = DriveApi(store, docs, lambda: parts.url)
    parts = Parts(store, accounts, Faults(fault_seed), Journal(clock=clock), docs, drive)
    server = Server(port, parts)
    parts.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="google-docs-sandbox", daemon=True)
    thread.start()
    return Sandbox(
        url=parts.url,
        store=store,
        faults=parts.faults,
        journal=parts.journal,
        accounts=accounts,
        violations=docs.violations,
        _server=server,
        _thread=thread,
    )


def serve(
    port: int = 0, seed: Path | None = None, *, ready: Callable[[Sandbox], None] | None = None, quota: bool = False
) -> None:
    """Run a sandbox in the foreground until SIGTERM or SIGINT. ``ready`` is told once it listens.

    Raises:
        OSError: the port is taken, or the seed cannot be read.
    """
    ends = {signal.SIGTERM, signal.SIGINT}
    # Blocked before any thread starts, so that they wait for sigwait and end nothing half way.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        sandbox = start(port, seed, quota=quota)
        if ready is not None:
            ready(sandbox)
        signal.sigwait(ends)
        sandbox.stop()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
