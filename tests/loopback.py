"""Keeps tests on this machine: a connection or a name look-up that leaves it raises at once."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class LeftTheMachine(AssertionError):
    """A test tried to reach another host. No OSError, so that code which survives network errors cannot hide it."""


def is_here(host: object) -> bool:
    """Whether a host as ``socket`` takes it is this machine: a loopback address, ``localhost``, or none given."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


@contextmanager
def loopback_only() -> Iterator[None]:
    """Within, sockets connect and send to loopback addresses and Unix sockets only."""

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, *args: Any) -> Any:
            # connect(address), connect_ex(address) and sendto(data, [flags,] address): the address always comes last.
            if self.family != socket.AF_UNIX and not is_here(args[-1][0]):
                raise LeftTheMachine(f"A test tried to reach {args[-1][0]}:{args[-1][1]}.")
            return real(self, *args)

        return call

    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *args: Any, **options: Any) -> Any:
        if not is_here(host):
            raise LeftTheMachine(f"A test tried to look up {host!r}.")
        return look_up(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield
