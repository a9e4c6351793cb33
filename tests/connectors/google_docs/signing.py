"""A signer of identity tokens for tests: RSA keys of its own, their certificates, and a server that hands these out.

Nothing of it is Google's: a test that points ``certs_url`` here has the verification switched on, with these keys.
"""

from __future__ import annotations

import base64
import datetime
import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

ISSUER = "https://accounts.google.com"
#: The client id of the Apps Script project, whose identity tokens the sidebar sends.
SIDEBAR_CLIENT = "sidebar-client.apps.googleusercontent.com"
#: The client id of the card add-on, for which Google signs the person's token.
CARDS_CLIENT = "cards-client.apps.googleusercontent.com"
SERVICE_ACCOUNT = "service-123@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"
#: Where the card add-on of the connection ``docs`` is, as an admin writes it into the settings.
ADDRESS = "https://hub.example.com/connect/google_docs/docs"
PERSON = "mara@example.com"


class Signer:
    """Signs tokens with the key ``kid``, and serves the certificates of every key in ``keys`` at ``certs_url``."""

    def __init__(self) -> None:
        self.clock: Callable[[], float] = time.time
        self.kid = "key-1"
        self.keys = {"key-1": _key(1)}
        self.cache_control = "public, max-age=20000, must-revalidate, no-transform"
        #: What is answered instead of the certificates, as (status, body), to play a failing server.
        self.instead: tuple[int, bytes] | None = None
        #: Cleared, the server takes calls and answers none until it is set again.
        self.answering = threading.Event()
        self.answering.set()
        #: How often the certificates were asked for.
        self.fetches = 0
        signer = self

        class Certificates(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                signer.fetches += 1
                signer.answering.wait(60)
                status, body = signer.instead or (200, json.dumps(signer.certificates()).encode())
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if signer.cache_control:
                    self.send_header("Cache-Control", signer.cache_control)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Certificates)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.certs_url = f"http://127.0.0.1:{self._server.server_port}/oauth2/v1/certs"

    def settings(self, **more: Any) -> dict[str, Any]:
        """What a connection needs in its settings to take this signer's tokens."""
        return {
            "certs_url": self.certs_url,
            "addon_client_ids": [SIDEBAR_CLIENT],
            "addon_urls": [ADDRESS],
            "addon_service_account": SERVICE_ACCOUNT,
            "addon_oauth_client_id": CARDS_CLIENT,
            **more,
        }

    def certificates(self) -> dict[str, str]:
        return {kid: _certificate(key) for kid, key in self.keys.items()}

    def rotate(self, kid: str = "key-2") -> None:
        """Sign with a new key from now on; its certificate is served with the others."""
        self.keys[kid] = _key(len(self.keys) + 1)
        self.kid = kid

    def token(self, *, now: float | None = None, kid: str | None = None, **claims: Any) -> str:
        """A signed token. A claim given as None is left out."""
        now = self.clock() if now is None else now
        said = {"iss": ISSUER, "sub": "1001", "iat": int(now), "exp": int(now) + 3600, "email_verified": True, **claims}
        kid = kid or self.kid
        head = {"alg": "RS256", "kid": kid, "typ": "JWT"}
        body = {name: value for name, value in said.items() if value is not None}
        return self.signed(head, body, self.keys.get(kid) or _key(99))

    def sidebar(self, person: str = PERSON, **given: Any) -> str:
        """What ``ScriptApp.getIdentityToken()`` gives the sidebar."""
        return self.token(**{"aud": SIDEBAR_CLIENT, "email": person, **given})

    def system(self, view: str = "home", **given: Any) -> str:
        """The token Google's add-on service puts into the Authorization header of a call to a card."""
        return self.token(**{"aud": f"{ADDRESS}/cards/{view}", "email": SERVICE_ACCOUNT, "sub": "2002", **given})

    def user(self, person: str = PERSON, **given: Any) -> str:
        """The token in the event's body that says who clicked."""
        return self.token(**{"aud": CARDS_CLIENT, "email": person, **given})

    @staticmethod
    def signed(head: dict[str, Any], body: dict[str, Any], key: rsa.RSAPrivateKey) -> str:
        """A token of exactly these parts."""
        text = f"{part(head)}.{part(body)}"
        return f"{text}.{_encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def stop(self) -> None:
        """Stop serving certificates; the port is closed."""
        self.answering.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@contextmanager
def a_signer() -> Iterator[Signer]:
    """A signer, stopped at the end."""
    signer = Signer()
    try:
        yield signer
    finally:
        signer.stop()


def part(value: dict[str, Any]) -> str:
    """One part of a token."""
    return _encoded(json.dumps(value).encode())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@functools.cache
def _key(number: int) -> rsa.RSAPrivateKey:
    """One key per number for the whole test run: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def _certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer.example.com")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
