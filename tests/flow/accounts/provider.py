"""A provider of single sign-on in a process of its own, and a browser that signs in there and comes back."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from tests.flow.web.site import Browser
from tests.scale.servers import free_port


@dataclass(frozen=True, slots=True)
class Provider:
    """``oidc-provider-mock``: an implementation of OpenID Connect by somebody else."""

    url: str

    def knows(self, sub: str, **claims: Any) -> None:
        """A person there, or the same one with other claims."""
        requests.put(f"{self.url}/users/{sub}", json=claims, timeout=10).raise_for_status()

    def allow(self, address: str, sub: str) -> str:
        """What a person does there: allows the sign-in; the path their browser is sent back to."""
        answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=10)
        assert answer.status_code in (302, 303), answer.text
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"


def through(provider: Provider, browser: Browser, sub: str, next: str = "/") -> Any:
    """Sign in at the provider and come back; the hub's answer."""
    begun = browser.get(f"/sign-in/provider?{urlencode({'next': next})}")
    assert begun.status_code == 303, begun.text
    return browser.get(provider.allow(begun.headers["Location"], sub))


@contextmanager
def started() -> Iterator[Provider]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    provider = Provider(f"http://127.0.0.1:{port}")
    try:
        _wait(provider.url, process)
        yield provider
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    pause, deadline = threading.Event(), time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"{url}/.well-known/openid-configuration", timeout=2).raise_for_status()
            return
        except requests.RequestException:
            pause.wait(0.05)
    raise AssertionError("the provider did not start")
