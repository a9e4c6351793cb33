"""Adobe's public keys: from Adobe's one host, for a day at most, and no oftener than strangers may make the hub ask.

Adobe signs with keys it names in a header by their path (AdobeDocs/adobe-io-events, guides/index.md: the host is
static.adobeioevents.com, and a key is to be fetched anew after 24 hours). The header is not signed. Adobe's own SDKs
put host and header together, and ``@evil.example/k.pem`` then leads to a key of the attacker's. Here the path has to
look like Adobe's paths, and the address is made from constants.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from connectors.dam.client import client_of
from hub.sdk import Connection, Unavailable, VendorRefused

HOST = "static.adobeioevents.com"
#: ``/prod/keys/pub-key-<random-uuid>.pem`` in Adobe's documents.
PATHS = re.compile(r"/prod/keys/pub-key-[A-Za-z0-9-]{8,64}\.pem", re.ASCII)
#: Bytes of the largest key file, and bits of the keys that count. A key nobody can compute with stops a thread.
LARGEST, BITS = 8_192, range(2048, 8193)
#: Seconds a key is used, and a path without one is remembered.
KEPT, MISSING = 86_400.0, 600.0
#: How many paths that never proved anything are asked for, in how many seconds. Adobe has two at a time.
UNKNOWN, WINDOW = 6, 60.0
#: Adobe waits ten seconds for an answer, and the client may try three times.
TIMEOUT = 2.0
#: Seconds in which a path that could not be had is not asked for once more, or all threads wait for the same silence.
PAUSE = 5.0
_MEMORY = "dam.adobe_keys"


@dataclass(frozen=True, slots=True)
class _Kept:
    key: RSAPublicKey | None
    until: float


class Keys:
    """The keys of one connection. Safe to share between threads.

    Args:
        fetch: the file at a path, None when there is none. Raises Unavailable.
        paths: what a path has to look like.
        clock: seconds; only differences count.
    """

    def __init__(
        self,
        fetch: Callable[[str], bytes | None],
        *,
        paths: re.Pattern[str] = PATHS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.paths = paths
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._proven: set[str] = set()
        self._asked: deque[float] = deque()
        self._silent: dict[str, float] = {}

    def verifies(self, path: str, signature: bytes, body: bytes) -> bool:
        """Whether the key of a path is at hand and made this signature over exactly these bytes. Fetches nothing."""
        kept = self._kept.get(path)
        if kept is None or kept.key is None or kept.until <= self._clock():
            return False
        try:
            kept.key.verify(signature, body, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        self._proven.add(path)
        return True

    def learn(self, path: str) -> None:
        """See to it that the key of a path is at hand, if there is one.

        Raises:
            Unavailable: it cannot be had now, or strangers have asked for too many others just now.
        """
        with self._lock:
            now = self._clock()
            kept = self._kept.get(path)
            if kept is not None and kept.until > now:
                return
            self._silent = {one: until for one, until in self._silent.items() if until > now}
            if path in self._silent:
                raise Unavailable(f"{HOST} did not give this key a moment ago.")
            if path not in self._proven:
                self._admit(now)
            try:
                key = _key(self._fetch(path))
            except Unavailable:
                self._silent[path] = self._clock() + PAUSE
                raise
            self._kept = {one: it for one, it in self._kept.items() if it.until > now}
            self._kept[path] = _Kept(key, now + (KEPT if key else MISSING))

    def _admit(self, now: float) -> None:
        while self._asked and self._asked[0] <= now - WINDOW:
            self._asked.popleft()
        if len(self._asked) >= UNKNOWN:
            raise Unavailable("Too many unknown keys of Adobe were named just now; the hub asks for none for a minute.")
        self._asked.append(now)


def keys_of(connection: Connection) -> Keys:
    """The connection's one set of keys."""
    kept = connection.memory.get(_MEMORY)
    return kept if kept is not None else connection.memory.setdefault(_MEMORY, Keys(_fetcher(connection)))


def use(connection: Connection, keys: Keys) -> None:
    """Have the connection work with these keys, such as ones with a clock that is moved by hand."""
    connection.memory[_MEMORY] = keys


def _fetcher(connection: Connection) -> Callable[[str], bytes | None]:
    def fetch(path: str) -> bytes | None:
        try:
            reply = client_of(connection).raw("GET", f"https://{HOST}{path}", timeout=TIMEOUT)
        except VendorRefused as refused:
            # A redirect, or more than any key: a fault on the way. A 4xx to Adobe would lose the event for good.
            raise Unavailable(f"{HOST} gives no key: {refused.what}") from None
        if reply.status in (404, 410):
            return None
        if reply.status != 200:
            raise Unavailable(f"{HOST} answers {reply.status}.")
        return reply.body

    return fetch


def _key(file: bytes | None) -> RSAPublicKey | None:
    """The key in a file; None for one that proves nothing, such as a short one.

    Raises:
        Unavailable: it is no key file at all, as when a proxy answers with a page of its own.
    """
    if file is None:
        return None
    if not file.lstrip().startswith(b"-----BEGIN "):
        raise Unavailable(f"{HOST} answers with something that is no key.")
    if len(file) > LARGEST:
        return None
    try:
        key = load_pem_public_key(file)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size in BITS else None
