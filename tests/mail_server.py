"""A mail server on a real socket: keeps what it took, and refuses, stumbles or hangs up as a test tells it to."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "inlay", "a/pass@word:%"


class MailServer:
    """``says`` are the answers to the next messages, "" takes one; the last goes on for ever. ``then`` is called with
    each message that was taken, before the sender hears of it."""

    def __init__(self) -> None:
        self.says: list[str] = [""]
        self.got: list[EmailMessage] = []
        self.to: list[str] = []
        self.then: Callable[[], None] = lambda: None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if said:
            return said
        self.got.append(cast(EmailMessage, message_from_bytes(envelope.content, policy=default)))
        self.to += envelope.rcpt_tos
        self.then()
        return "250 taken"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody"):
            return "550 there is no such mailbox as the secret one of nobody@example.com"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    @property
    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.got]

    def text(self, number: int = -1) -> str:
        return self.got[number].get_content()


class _OnAFreePort(Controller):
    """aiosmtpd tries its own server at the port it was given, and 0 is none."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def a_mail_server(
    *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, whole: bool = False, login: bool = False
) -> Iterator[tuple[MailServer, str]]:
    """A server and its address without what stands before it: ``host:port``.

    Args:
        tls: what it proves itself with: after STARTTLS, or with ``whole`` from the first byte.
        login: let in ``USER`` with ``PASSWORD`` alone.
    """
    server = MailServer()
    more: dict[str, Any] = {"ssl_context": tls} if whole else {"tls_context": tls}
    if login:

        def known(_server: Any, _session: Any, _envelope: Any, _mechanism: Any, given: Any) -> AuthResult:
            right = isinstance(given, LoginPassword) and (given.login, given.password) == (
                USER.encode(),
                PASSWORD.encode(),
            )
            return AuthResult(success=right, handled=False)

        more |= {"authenticator": known, "auth_required": True, "auth_require_tls": tls is not None and not whole}
    controller = _OnAFreePort(server, hostname=host, port=0, **more)
    controller.start()
    try:
        yield server, f"{host}:{controller.port}"
    finally:
        controller.stop()


def certified(folder: Path, host: str = "127.0.0.2") -> tuple[ssl.SSLContext, Path]:
    """What a server proves itself with, and the file of the authority that says so."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A mail server for tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, secret)
    return context, cert
