"""Servers of a storm's own, which may be killed and started again without disturbing anybody else."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


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


class SharedRabbitMQ:
    """The machine's RabbitMQ. Its broker application is stopped and started; queues are durable, connections die."""

    def __init__(self, url: str) -> None:
        if shutil.which("rabbitmqctl") is None:
            raise Missing("rabbitmqctl is not installed.")
        self.url = url

    def kill(self) -> None:
        subprocess.run(["rabbitmqctl", "-q", "stop_app"], check=True, capture_output=True, timeout=60)

    def start(self) -> None:
        subprocess.run(["rabbitmqctl", "-q", "start_app"], check=True, capture_output=True, timeout=90)
        wait_for_port(5672)


def wait_for_port(port: int, seconds: float = 30.0) -> None:
    """Until somebody listens there."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < deadline:
        if _listens(port):
            return
        pause.wait(0.01)
    raise RuntimeError(f"Nobody listens on port {port}.")


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
