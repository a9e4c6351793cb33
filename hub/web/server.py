"""Starts the web server: granian, in one process or several, each with a hub of its own over the one database."""

from __future__ import annotations

import atexit
import ctypes
import errno
import os
import signal
import socket
import tempfile
import threading
import time
from contextlib import suppress
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from hub.errors import ConfigurationError
from hub.settings import Settings, load

#: Seconds a request under way has to finish once the server is told to stop.
DRAIN = 30
#: Connections one process keeps open; more wait in the listen queue. Below the 1,024 files a process may usually open.
CONNECTIONS = 800
#: Seconds a client has to send a request's head, also the next one's on a connection it keeps.
HEAD_SECONDS = 10
#: mallopt's parameter (malloc.h).
_M_ARENA_MAX = -8
#: The application granian loads in each process.
TARGET = "hub.web.server:application"


def serve(settings: Settings) -> None:
    """Answer on ``settings.host`` and ``settings.port`` until told to stop; requests under way are finished first.

    Each process builds its hub from the environment. Settings that were given to this call and not by the environment
    are handed on through it, so that every process sees the same.
    """
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    _hand_on(settings)
    if settings.processes > 1:
        _share_figures()
    server = Server(
        TARGET,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=settings.processes,
        blocking_threads=settings.threads,
        # granian counts open connections here and not requests: with few of them, as many idle browsers would keep
        # everybody else out (seen with 2.x: the 65th waits until one of the 64 is closed).
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN,
        # Its warning about more threads than cores is no news: runs wait for the database and for models.
        log_level=LogLevels.error,
        log_access=False,
    )
    server.serve()


def application() -> Any:
    """The WSGI application of one process: its hub is built, started, and closed when the process ends."""
    from hub.bootstrap import build
    from hub.web.app import create_app

    # Until granian sets its own handlers a forked process has those of its parent, which would swallow the signal.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _end_with(os.getppid())
    _few_arenas()
    hub = build(load())
    hub.start()
    # A process that multiprocessing made leaves without atexit's functions; it does run these.
    Finalize(None, hub.close, exitpriority=100)
    return create_app(hub)


def check_port(host: str, port: int) -> None:
    """Granian shares a port with whatever else shares it, such as another hub: each would get half of the requests.

    Raises:
        ConfigurationError: the port is taken.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # A port that only waits for old connections to be forgotten is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return  # Granian says what is wrong with it.
            raise ConfigurationError(
                f"Something listens on port {port} of {host} already, perhaps another hub. Stop it, or take another "
                f"port: inlay serve --port {port + 1 if port < 65535 else 8800}"
            ) from None


def _few_arenas() -> None:
    """With an arena of memory for each of its many threads, glibc holds some 40 MB more."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _end_with(parent: int) -> None:
    """End this process when the one that looks after it is gone: killed, it could not say so, and nobody would ever
    stop this one, which holds the port.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="inlay-parent", daemon=True).start()


def _hand_on(settings: Settings) -> None:
    """Put into the environment, where the other processes read it, what it does not say already.

    A setting given to this call wins over the variable; one that came from a file stays in its file.
    """
    try:
        standing: Settings | None = load()
    except ConfigurationError:
        # A variable that was overruled may be one that cannot be read.
        standing = None
    for name in settings.model_fields_set:
        variable = f"INLAY_{name.upper()}"
        value = getattr(settings, name)
        if standing is not None and getattr(standing, name) == value:
            continue
        for overruled in (variable, f"{variable}_FILE"):
            os.environ.pop(overruled, None)
        if value is not None:
            os.environ[variable] = _as_text(value)


def _as_text(value: Any) -> str:
    from pydantic_core import to_json

    from hub.sdk import Secret

    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, str | Path):
        return str(value)
    return to_json(value).decode()


def _share_figures() -> None:
    """Give the processes a folder in which their counters meet. It is removed with the server."""
    folder = tempfile.TemporaryDirectory(prefix="inlay-figures-")
    atexit.register(folder.cleanup)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder.name
