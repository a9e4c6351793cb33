"""Mail goes out by SMTP: over TLS that is verified, one connection for many messages, and no header from a text."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime
from urllib.parse import SplitResult, unquote, urlsplit

from hub.errors import ConfigurationError, InlayError, NeedsPermission, Unavailable, VendorRefused
from hub.sdk.settings import Secret
from hub.settings import Settings

#: Seconds a server may take for one answer.
PATIENCE = 20.0
_PORTS = {"smtp": 587, "smtps": 465}
#: A server of this machine: nobody listens in between, and its certificate is seldom one anybody can verify.
_HERE = ("localhost", "127.0.0.1", "::1")
_FORM = "INLAY_SMTP_URL: write smtps://user:password@host:465 or smtp://user:password@host:587"
Post = Callable[[EmailMessage], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One server that takes mail. ``tls`` is whole from the first byte, started after the greeting, or none."""

    host: str
    port: int
    tls: str
    sender: str
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""), repr=False)

    @contextmanager
    def line(self) -> Iterator[Post]:
        """A way to send, over one connection. What it sends was taken once it returns; lost after that, it may come
        twice, with the same Message-ID.

        Raises:
            Unavailable: the server is away, or takes nothing now.
            NeedsPermission: it does not know the user.
            VendorRefused: it offers no TLS that can be verified; for one message: it refuses that one.
        """
        try:
            server = self._open()
        except smtplib.SMTPAuthenticationError as error:
            raise NeedsPermission(
                f"The mail server refused the user: {error.smtp_code}.",
                instead="Correct the user and the password in INLAY_SMTP_URL.",
                who="an admin",
            ) from None
        except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
            raise VendorRefused(
                f"The connection to the mail server {self.host} cannot be protected.",
                why=_why(error),
                instead="Mend the server's certificate, or name its authority in SSL_CERT_FILE.",
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise _away(self.host, error) from None

        def post(message: EmailMessage) -> None:
            try:
                server.send_message(message)
            except smtplib.SMTPException as error:
                raise _refusal(self.host, error) from None
            except OSError as error:
                raise _away(self.host, error) from None

        try:
            yield post
        finally:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def letter(self, *, to: str, subject: str, text: str, id: str, at: float, about: str = "") -> EmailMessage:
        """A message in plain text.

        Args:
            to: one address, and nothing but that.
            id: what its Message-ID is made of: the same for the same letter.
            at: Unix seconds.
            about: the page where its reader chooses what comes.

        Raises:
            VendorRefused: ``to`` is no address.
        """
        message = EmailMessage(policy=POLICY)
        try:
            message["To"] = Address(addr_spec=to)
        except (ValueError, IndexError, InlayError):
            raise VendorRefused("This is no address mail can be sent to.", who="an admin") from None
        message["From"] = Address("Inlay", addr_spec=self.sender)
        # A title is somebody's text: whatever would end a header is a space.
        message["Subject"] = " ".join("".join(c if c.isprintable() else " " for c in subject).split())[:200]
        message["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
        message["Message-ID"] = f"<{id}@{self.sender.rpartition('@')[2]}>"
        # A machine wrote it: nobody's absence note answers it.
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        if about:
            message["List-Unsubscribe"] = f"<{about}>"
        message.set_content(text)
        return message

    def _open(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls == "whole":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
        try:
            if self.tls == "start":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password.reveal())
        except BaseException:
            server.close()
            raise
        return server


def of_settings(settings: Settings) -> Mail | None:
    """The server the settings name; None where they name none.

    Raises:
        ConfigurationError: the settings cannot be used. It quotes nothing: a password stands in there.
    """
    if not settings.smtp_url:
        return None
    try:
        parts = urlsplit(settings.smtp_url.reveal())
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise ConfigurationError(f"{_FORM}.") from None
    if not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise ConfigurationError(f"{_FORM}, and write % as %25, / as %2F, @ as %40 where they are part of a password.")
    if settings.demo and host not in _HERE:
        raise ConfigurationError("INLAY_SMTP_URL: the demo writes to a mail server of this machine only.")
    try:
        sender = Address(addr_spec=settings.mail_from).addr_spec
    except (ValueError, IndexError):
        sender = ""
    if "@" not in sender or not sender.isascii():
        raise ConfigurationError("INLAY_MAIL_FROM: write the address mail comes from, such as inlay@example.com.")
    user, password = _signs_in(parts)
    return Mail(host=host, port=port, tls=_tls(parts.scheme, host), sender=sender, user=user, password=password)


def _signs_in(parts: SplitResult) -> tuple[str, Secret]:
    return unquote(parts.username or ""), Secret(unquote(parts.password or ""))


def _tls(scheme: str, host: str) -> str:
    return "whole" if scheme == "smtps" else "none" if host in _HERE else "start"


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Its certificate does not hold: {error.verify_message}."
    return "It offers no TLS." if isinstance(error, smtplib.SMTPNotSupportedError) else "The two agree on no TLS."


def _away(host: str, error: Exception) -> Unavailable:
    code = getattr(error, "smtp_code", None)
    said = f"answered {code}" if code else "does not answer"
    return Unavailable(f"The mail server {host} {said}.", instead="Inlay tries again by itself.")


def _refusal(host: str, error: smtplib.SMTPException) -> InlayError:
    """What became of one message. The server's words are left out: they repeat the address."""
    codes = [code for code, _ in getattr(error, "recipients", {}).values()] or [getattr(error, "smtp_code", 0)]
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return VendorRefused("The mail server takes no address with these letters.")
    if isinstance(error, smtplib.SMTPServerDisconnected) or not codes[0] or codes[0] < 500:
        return _away(host, error)
    return VendorRefused(f"The mail server {host} refuses this message: {codes[0]}.")
