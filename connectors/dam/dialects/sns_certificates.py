"""The certificates Amazon SNS signs with: fetched once, checked before they are believed, never asked for in vain."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from connectors.dam import proof
from hub.sdk import Connection, InlayError, Reply, TryLater, Unavailable

_MEMORY = "dam.sns.certificates"
#: A certificate is two thousand bytes. One topic is signed by one or two at a time.
_LARGEST, _MOST_KEPT, _MOST_BAD = 16_384, 16, 512


def certificates_of(connection: Connection) -> Certificates:
    """The connection's certificates, made when they are first asked for."""
    kept = connection.memory.get(_MEMORY)
    return kept if kept is not None else connection.memory.setdefault(_MEMORY, Certificates())


@dataclass(slots=True)
class Certificates:
    """What was fetched, by the 32 digits of its name. Safe to share between threads.

    A stranger may name any number of certificates there are not: an unknown one is asked for ``asks`` times a minute,
    all of them together, and one that was not there is not asked for again for a while.

    The chain is not built, as AWS's own validators do not build it either (aws-sdk-java-v2's CertificateRetriever and
    the PHP and JavaScript ones): the file holds the leaf alone. What vouches for it is where it comes from: the https
    host of the topic's region, whose own chain the HTTP client verifies. On top of that, as the Java one does, its
    names and its dates are checked; and its key, which none of them does.
    """

    smallest: int = 2048
    asks: int = 20
    forget: float = 600.0
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[str, x509.Certificate] = field(default_factory=OrderedDict)
    _bad: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _asked: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def want(self, name: str, fetch: Callable[[], Reply]) -> None:
        """Have the certificate, if there is one.

        Raises:
            Unavailable: it cannot be had now.
        """
        if name in self._kept:
            return
        with self._lock:
            now = self.clock()
            if name in self._kept or self._bad.get(name, 0.0) > now:
                return
            while self._asked and self._asked[0] <= now - 60:
                self._asked.popleft()
            if len(self._asked) >= self.asks:
                raise Unavailable("Too many unknown certificates were named; Inlay asks for some a minute only.")
            self._asked.append(now)
            found = _fetched(fetch)
            if found is None:
                self._bad[name] = now + self.forget
                self._bad.move_to_end(name)
                while len(self._bad) > _MOST_BAD:
                    self._bad.popitem(last=False)
                return
            self._kept[name] = found
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    def key(self, name: str, names: Set[str], now: float) -> RSAPublicKey:
        """The key of a certificate made out to one of ``names`` and valid now (Unix seconds).

        Raises:
            Unverified: there is none.
        """
        certificate = self._kept.get(name)
        if certificate is None:
            raise proof.unproven("certificate")
        try:
            # A clock that stands outside what datetime knows is no time at which anything is valid.
            at = datetime.fromtimestamp(now, UTC)
            valid = certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
            key, made_out = certificate.public_key(), _names(certificate)
        except (ValueError, OverflowError, OSError, TypeError, x509.DuplicateExtension):
            raise proof.unproven("certificate") from None
        if not valid or not made_out & names:
            raise proof.unproven("certificate")
        if not isinstance(key, RSAPublicKey) or key.key_size < self.smallest:
            raise proof.unproven("key")
        return key


def _fetched(fetch: Callable[[], Reply]) -> x509.Certificate | None:
    """The certificate, None where there is none."""
    try:
        reply = fetch()
    except TryLater as error:
        raise Unavailable("The certificate a message of Amazon SNS is signed with cannot be had now.") from error
    except InlayError:
        return None  # A redirect, or more than anybody reads.
    if reply.status == 429 or reply.status >= 500:
        raise Unavailable("The certificate a message of Amazon SNS is signed with cannot be had now.")
    if reply.status != 200 or len(reply.body) > _LARGEST:
        return None
    try:
        return x509.load_pem_x509_certificate(reply.body)
    except ValueError:
        return None


def _names(certificate: x509.Certificate) -> set[str]:
    """The host names it is made out to; the common name counts where there are none (RFC 6125, 6.4.4)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return {name.lower() for name in found.value.get_values_for_type(x509.DNSName)}
    except x509.ExtensionNotFound:
        named = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return {str(one.value).lower() for one in named}
