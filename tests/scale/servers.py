"""Servers of a storm's own, which may be killed and started again without disturbing anybody else."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class Missing(Exception):
    """A program a storm needs is not on this machine."""


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class OwnPostgres:
    """A PostgreSQL cluster of its own, run by the account ``postgres`` because the server refuses root."""

    def __init__(self) -> None:
        if not BIN or shutil.which("runuser") is None:
            raise Missing("PostgreSQL's own programs (initdb, pg_ctl) are not installed.")
        self.port = free_port()
        # Not in the test's own folder: that is closed to other accounts.
        self.folder = Path(tempfile.mkdtemp(prefix="inlay-postgres-"))
        shutil.chown(self.folder, "postgres")
        self._as_postgres("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "postgres", "--no-sync")
        with (self.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(f"\nport = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n")
            settings.write("max_connections = 300\n")
        self.start()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        self._as_postgres("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log"), "start")

    def kill(self) -> None:
        """Stop it as a crash would: nobody is told, nothing is finished."""
        self._as_postgres("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")

    def _as_postgres(self, program: str, *arguments: str) -> None:
        command = ["runuser", "-u", "postgres", "--", str(BIN[-1] / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr or done.stdout}")


class OwnRedis:
    """A Redis that keeps nothing: killing it loses every wake-up in it."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("redis-server") is None:
            raise Missing("redis-server is not installed.")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([*command, "--dir", str(self._folder)], stdout=subprocess.DEVNULL)
        wait_for_port(self.port)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class OwnRabbitMQ:
    """A RabbitMQ node of its own. Killing it ends every connection, and what it had not written to its disk is lost."""

    def __init__(self, folder: Path) -> None:
        if not RABBITMQ.exists():
            raise Missing("RabbitMQ's own programs are not installed.")
        self.port, peers = free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"
        home = folder / "rabbitmq"
        home.mkdir()
        # Nothing of the machine's own node is read: neither its settings nor its plugins nor its cookie.
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"storm{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(peers),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_CONFIG_FILE": str(home / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "none"),
        }
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [str(RABBITMQ)],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for_port(self.port, 60.0)

    def kill(self) -> None:
        # The script that starts the node stays its parent: the whole group dies.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        wait_for_silence(self.port)


def wait_for_port(port: int, seconds: float = 30.0) -> None:
    """Until somebody listens there."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < deadline:
        if _listens(port):
            return
        pause.wait(0.01)
    raise RuntimeError(f"Nobody listens on port {port}.")


def wait_until(true: Callable[[], bool], otherwise: str, seconds: float = 120.0) -> None:
    """Until it is so; ``otherwise`` says what did not happen in that time."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not true():
        assert time.monotonic() < deadline, otherwise
        pause.wait(0.02)


def wait_for_silence(port: int, seconds: float = 30.0) -> None:
    """Until nobody listens there: a killed process is dead before its last thread lets go of the port."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < deadline:
        if not _listens(port):
            return
        pause.wait(0.01)
    raise RuntimeError(f"Somebody still listens on port {port}.")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    server = OwnPostgres()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(server.folder)


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(folder)
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def own_rabbitmq(folder: Path) -> Iterator[OwnRabbitMQ]:
    server = OwnRabbitMQ(folder)
    try:
        yield server
    finally:
        server.kill()
