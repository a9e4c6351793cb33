"""Plays a person beside a document: the sidebar's script runs under Node as Google runs it, and calls a real hub.

``Stage`` is the document and the script, ``Desk`` a hub with its server, a signer of identity tokens and such a stage.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from hub.store import connections
from tests.conftest import ROOT, absent
from tests.connectors.google_docs.signing import PERSON, Signer, a_signer
from tests.flow.web.site import Site, open_site
from tests.hubs import TEAM

ADDON = ROOT / "connectors" / "google_docs" / "addon"
STAGE = Path(__file__).parent / "addon" / "stage.mjs"
DOCUMENT = "1aLaunchCopy"


class Problem(AssertionError):
    """What the sidebar would show instead of a result."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["what"])
        self.problem = problem


class Stage:
    """The script and the document it is bound to."""

    def __init__(self, hub_url: str, connection: str = "docs") -> None:
        if shutil.which("node") is None:
            absent("Node is not installed: the sidebar's script cannot be run.")
        config = f"var HUB_URL = {json.dumps(hub_url)}; var CONNECTION = {json.dumps(connection)};"
        self._process = subprocess.Popen(
            ["node", str(STAGE), str(ADDON), config], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, what: str, **given: Any) -> Any:
        """Have the stage do something; see ``DO`` in stage.mjs."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"do": what, **given}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def ask(self, action: str, **given: Any) -> Any:
        """What the sidebar's page does: call the one function, and get a value or a problem."""
        answer = self.do("handle", action=action, given=given)
        if not answer["ok"]:
            raise Problem(answer["problem"])
        return answer["value"]

    def open(self, *body: Any, options: dict[str, Any] | None = None, **more: Any) -> None:
        """Open a document with one tab, or with ``tabs``."""
        tabs = more.pop("tabs", None) or [{"id": "t.0", "body": list(body), **more}]
        self.do("document", spec={"id": DOCUMENT, "name": "Launch copy", "tabs": tabs}, options=options or {})

    def select(self, *parts: Any, tab: str | None = None) -> None:
        """Select each ``[path]`` whole, or ``[path, start, end]`` of a text."""
        spread = [{"path": p[0], **({"start": p[1], "end": p[2]} if len(p) > 1 else {})} for p in parts]
        self.do("select", parts=spread or None, tab=tab)

    def body(self, tab: str | None = None, section: str = "body") -> list[Any]:
        """The paragraphs of a section."""
        return self.do("section", section=section, tab=tab)

    def names(self) -> dict[str, str]:
        """The named ranges and the text in each. A name that is there twice is an error here."""
        found = self.do("names")
        assert len(found) == len({name for name, _ in found}), found
        return dict(found)

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class Served:
    """A real server in front of an application, until it is stopped."""

    def __init__(self, app: Any, port: int = 0) -> None:
        self._server = make_server("127.0.0.1", port, app, server_class=_Server, handler_class=_Quiet)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and close the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(5)


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[Served]:
    """A server, stopped at the end."""
    server = Served(app, port)
    try:
        yield server
    finally:
        server.stop()


@dataclass(slots=True)
class Desk:
    """A person with a document open, the hub they work with, and what signs their tokens."""

    site: Site
    signer: Signer
    stage: Stage
    server: Served
    clicks: int = field(default=0)

    def sign_in(self, person: str = PERSON, **claims: Any) -> None:
        self.stage.do("token", token=self.signer.sidebar(person, **claims))

    def run(self, template: str, *, click: str | None = None, **inputs: Any) -> dict[str, Any]:
        """Click on Run and look until there is a result; what ``look`` tells then."""
        started = self.start(template, click=click, **inputs)["run"]
        return self.settled(started["id"])

    def start(self, template: str, *, click: str | None = None, takes_text: bool = True, **inputs: Any) -> Any:
        self.clicks += 1
        click = click or f"click-{self.clicks:04}"
        return self.stage.ask("start", click=click, template=template, inputs=inputs, takes_text=takes_text)

    def settled(self, run: str) -> dict[str, Any]:
        for _ in range(300):
            seen = self.stage.ask("look", run=run)
            if not seen["run"]["moving"]:
                return seen
            threading.Event().wait(0.05)
        raise AssertionError("the run still moves")

    def insert(self, run: str, mode: str = "below", variant: int = 1, **more: Any) -> Any:
        return self.stage.ask("insert", run=run, variant=variant, mode=mode, **more)

    def shown(self, run: str) -> dict[str, Any]:
        """The run as the API gives it."""
        answer = self.site.client().get(f"/api/v1/runs/{run}", headers=self.site.bearer())
        assert answer.status_code == 200, answer.text
        return answer.json


@contextmanager
def a_desk(home: Path, *, sandbox: bool = True, **given: Any) -> Iterator[Desk]:
    """Mara with the sidebar open, beside a hub of her own; ``given`` goes to ``a_hub``."""
    with a_signer() as signer, open_site(home, **given) as site:
        connect_addon(site, signer, sandbox=sandbox)
        with served(site.app) as server:
            stage = Stage(f"http://127.0.0.1:{server.port}")
            try:
                desk = Desk(site, signer, stage, server)
                desk.sign_in()
                yield desk
            finally:
                stage.close()


def connect_addon(site: Site, signer: Signer, *, sandbox: bool = True, name: str = "docs") -> None:
    """A connection whose sidebar is let in by this signer's tokens, switched on for the team."""
    given = signer.settings(
        api_root="http://127.0.0.1:1", drive_root="http://127.0.0.1:1", token_uri="http://127.0.0.1:1/token"
    )
    row = site.hub.parts.connections.sealed(name, "google_docs", given, sandbox=sandbox, now=site.hub.parts.clock())
    with site.hub.database.transaction() as tx:
        connections.put(tx, row)
        connections.enable(tx, name, TEAM, {})


def problem_of(call: Callable[[], Any]) -> dict[str, Any]:
    """The problem a call ends in."""
    with pytest.raises(Problem) as raised:
        call()
    return raised.value.problem
