"""Runs the independent fake model server (aimock, on Node) and tells it what to answer.

It speaks OpenAI's HTTP interface and keeps a journal of every request, so that a test counts what really arrived.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

INSTALLED = Path(".venv") / "fake-model" / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
JSON = {"Content-Type": "application/json"}


def find_server(root: Path) -> Path | None:
    """The server's program: what ``INLAY_AIMOCK`` names, else what ``make test`` installs; None when there is none."""
    named = os.environ.get("INLAY_AIMOCK")
    program = Path(named) if named else root / INSTALLED
    return program if program.is_file() and shutil.which("node") else None


def envelope(*texts: str, **parts: Any) -> dict[str, Any]:
    """An answer in the envelope of every output contract: one variant for each text; ``parts`` replaces other parts."""
    empty: dict[str, Any] = {"claims": [], "disclosures": [], "assumptions": [], "missing_inputs": []}
    return {"variants": [{"text": text} for text in texts], **empty, **parts}


PLAIN = envelope("The spring campaign starts on Monday.")


@dataclass(frozen=True, slots=True)
class FakeModelServer:
    """One running server. ``base_url`` is what a hub takes as its model's base URL; any key will do."""

    root_url: str

    @property
    def base_url(self) -> str:
        return f"{self.root_url}/v1"

    @classmethod
    @contextmanager
    def started(cls, program: Path, folder: Path) -> Iterator[FakeModelServer]:
        """Start it on a free port; stopped at the end.

        Args:
            program: its ``cli.js``.
            folder: an empty folder for its fixtures.
        """
        (folder / "none.json").write_text('{"fixtures": []}')
        options = ["--port", "0", "--host", "127.0.0.1", "--fixtures", str(folder), "--log-level", "info"]
        process = subprocess.Popen(
            ["node", str(program), *options, "--journal-max", "0", "--fixture-counts-max", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert process.stdout is not None
            said: list[str] = []
            for line in process.stdout:
                said.append(line)
                if found := re.search(r"listening on (http://127\.0\.0\.1:\d+)", line):
                    server = cls(found.group(1))
                    break
            else:
                raise RuntimeError(f"The fake model server stopped at once and said: {''.join(said)}")
            # Its chatter goes nowhere from here on: a full pipe would stop it in the middle of a test.
            threading.Thread(target=deque, args=(process.stdout, 0), daemon=True).start()
            yield server
        finally:
            process.kill()
            process.wait()

    def answers(self, *contents: Any) -> None:
        """Answer with these from now on, in order; the last one stays. A mapping goes out as JSON, a string as it is.

        What was to be answered before, failures told with ``fails`` included, is forgotten.
        """
        if not contents:
            raise ValueError("Name at least one answer.")
        self._call("DELETE", "/__aimock/fixtures")
        fixtures: list[dict[str, Any]] = [
            {"match": {"endpoint": "chat", "sequenceIndex": index}, "response": {"content": content}}
            for index, content in enumerate(contents[:-1])
        ]
        self.add(*fixtures, {"match": {"endpoint": "chat"}, "response": {"content": contents[-1]}})

    def add(self, *fixtures: Mapping[str, Any]) -> None:
        """Add fixtures in the server's own form, after those that are there; the first one that matches answers."""
        self._call("POST", "/__aimock/fixtures", {"fixtures": fixtures})

    def fails(self, *statuses: int, message: str = "told to fail", kind: str = "server_error") -> None:
        """Answer the next requests with these statuses, in order, then as before. 429 carries ``Retry-After: 1``."""
        # The server takes the failure told last first.
        for status in reversed(statuses):
            self._call("POST", "/__aimock/error", {"status": status, "body": {"message": message, "type": kind}})

    def misbehaves(
        self,
        *,
        latency_ms: int = 0,
        errors: float = 0,
        rate_limits: float = 0,
        malformed: float = 0,
        disconnects: float = 0,
    ) -> None:
        """Delay every answer, and answer this share (0 to 1) of requests wrongly. Without arguments: behave again."""
        wanted = {
            "latencyMs": latency_ms,
            "dropRate": errors,
            "rateLimitRate": rate_limits,
            "malformedRate": malformed,
            "disconnectRate": disconnects,
        }
        self._call("POST", "/__aimock/chaos", {name: value for name, value in wanted.items() if value})

    def journal(self) -> list[dict[str, Any]]:
        """Every chat request since the last reset: ``body`` as it arrived, ``response.status`` as it was answered."""
        return self._call("GET", "/__aimock/journal?path=/chat/completions")

    def reset(self) -> None:
        """Forget answers, faults and the journal; every request is answered with ``PLAIN`` until told otherwise."""
        self._call("POST", "/__aimock/reset")
        self._call("DELETE", "/__aimock/chaos")
        self.answers(PLAIN)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body, default=list).encode()
        with urlopen(Request(self.root_url + path, data=data, method=method, headers=JSON), timeout=10) as answer:
            return json.load(answer)
