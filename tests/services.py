"""Gives a test its own empty corner of a real PostgreSQL, Redis or RabbitMQ, and clears it away afterwards.

The servers are those on their usual local ports; ``INLAY_TEST_POSTGRES_URL``, ``INLAY_TEST_REDIS_URL`` and
``INLAY_TEST_RABBITMQ_URL`` name others.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from urllib.parse import urlsplit, urlunsplit

import pika
import psycopg
import redis
from pika.exceptions import AMQPError

POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"
REDIS = "redis://127.0.0.1:6379"
RABBITMQ = "amqp://guest:guest@127.0.0.1:5672/%2F"


class Absent(Exception):
    """A server does not answer. The message says which, where, and what to do."""

    def __init__(self, name: str, setting: str, url: str) -> None:
        where = urlsplit(url)
        super().__init__(
            f"{name} does not answer on {where.hostname}:{where.port}. Start it there, or name another in {setting}."
        )


@contextmanager
def empty_postgres(template: str = "template0") -> Iterator[str]:
    """The URL of a new database, a copy of ``template``, dropped at the end whoever still holds a connection to it.

    Raises:
        Absent: no server answers.
    """
    server = os.environ.get("INLAY_TEST_POSTGRES_URL", POSTGRES)
    name = f"inlay_test_{uuid.uuid4().hex}"
    try:
        admin = psycopg.connect(server, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise Absent("PostgreSQL", "INLAY_TEST_POSTGRES_URL", server) from error
    with admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def empty_redis() -> Iterator[str]:
    """The URL of a database number, emptied before and after. Several test runs may share one server.

    Raises:
        Absent: no server answers, or all its numbers are taken.
    """
    server = os.environ.get("INLAY_TEST_REDIS_URL", REDIS)
    register = redis.Redis.from_url(server, db=0, socket_connect_timeout=5)
    owner = uuid.uuid4().hex
    try:
        # A run that was killed gives its number back by itself after an hour.
        number = next(
            (n for n in range(1, 16) if register.set(f"inlay-test-database-{n}", owner, nx=True, ex=3600)), None
        )
    except redis.ConnectionError as error:
        raise Absent("Redis", "INLAY_TEST_REDIS_URL", server) from error
    if number is None:
        raise Absent("A Redis with a free database number", "INLAY_TEST_REDIS_URL", server)
    own = redis.Redis.from_url(server, db=number)
    try:
        own.flushdb()
        yield urlunsplit(urlsplit(server)._replace(path=f"/{number}"))
    finally:
        own.flushdb()
        register.delete(f"inlay-test-database-{number}")
        own.close()
        register.close()


@dataclass(frozen=True, slots=True)
class RabbitMQ:
    """A server and the prefix all queue names of this test carry, followed by a dot.

    ``queues`` names the queues to remove at the end, without the prefix. It starts with the hub's own; add others.
    """

    url: str
    prefix: str
    queues: set[str] = field(default_factory=set)


@contextmanager
def private_rabbitmq() -> Iterator[RabbitMQ]:
    """A broker whose queues are this test's alone: the account a server comes with may not make a virtual host.

    Raises:
        Absent: no server answers.
    """
    url = os.environ.get("INLAY_TEST_RABBITMQ_URL", RABBITMQ)
    try:
        connection = pika.BlockingConnection(pika.URLParameters(url))
    except (AMQPError, OSError) as error:
        raise Absent("RabbitMQ", "INLAY_TEST_RABBITMQ_URL", url) from error
    connection.close()
    connectors = {f"deliver.{point.name}" for point in entry_points(group="hub.connectors")}
    names = {"default", "ask", "deliver", "look_up"} | connectors
    broker = RabbitMQ(url=url, prefix=f"test-{uuid.uuid4().hex[:12]}", queues=names)
    try:
        yield broker
    finally:
        # A second connection: the first would have missed its heartbeats in a long test.
        with pika.BlockingConnection(pika.URLParameters(url)) as closing:
            channel = closing.channel()
            for name in broker.queues:
                # Dramatiq keeps a delay queue and a dead-letter queue beside each queue. Deleting none is fine.
                for suffix in ("", ".DQ", ".XQ"):
                    channel.queue_delete(f"{broker.prefix}.{name}{suffix}")
