"""Shows that the fixtures all other tests stand on do what they say: empty corners, a scripted model, no way out."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pika
import psycopg
import pytest
import redis
from pika.exceptions import ChannelClosedByBroker

from tests.fake_model_server import FakeModelServer, envelope
from tests.loopback import LeftTheMachine
from tests.services import RabbitMQ, empty_postgres, empty_redis, private_rabbitmq

ROOT = Path(__file__).resolve().parents[2]


def ask(server: FakeModelServer, text: str = "hello") -> tuple[int, str]:
    """The status and, for an answer, the content of one chat request."""
    body = json.dumps({"model": "any", "messages": [{"role": "user", "content": text}]}).encode()
    request = urllib.request.Request(
        f"{server.base_url}/chat/completions", data=body, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            raw = answer.read().decode()
            return answer.status, json.loads(raw)["choices"][0]["message"]["content"] if raw.startswith('{"') else raw
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""


@pytest.mark.usefixtures("postgres_url")
def test_a_database_is_empty_at_first_and_gone_afterwards() -> None:
    with empty_postgres() as url:
        with psycopg.connect(url) as connection:
            tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert tables == (0,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


@pytest.mark.usefixtures("postgres_url")
def test_a_database_is_dropped_even_while_a_connection_is_open() -> None:
    with empty_postgres() as url:
        left_open = psycopg.connect(url)
    with pytest.raises(psycopg.Error):
        left_open.execute("SELECT 1")
    left_open.close()


@pytest.mark.usefixtures("redis_url")
def test_two_runs_get_two_redis_numbers_and_leave_them_empty() -> None:
    with empty_redis() as one, empty_redis() as other:
        assert one != other
        client = redis.Redis.from_url(one)
        client.set("left", "behind")
        assert redis.Redis.from_url(other).dbsize() == 0
    assert client.dbsize() == 0


@pytest.mark.usefixtures("rabbitmq_url")
def test_a_test_s_queues_are_removed_with_it() -> None:
    with private_rabbitmq() as broker, pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        connection.channel().queue_declare(f"{broker.prefix}.ask.DQ", durable=True)
    with (
        pika.BlockingConnection(pika.URLParameters(broker.url)) as connection,
        pytest.raises(ChannelClosedByBroker, match="no queue"),
    ):
        connection.channel().queue_declare(f"{broker.prefix}.ask.DQ", passive=True)


def test_each_test_has_its_own_queue_prefix(rabbitmq: RabbitMQ) -> None:
    assert os.environ["INLAY_QUEUE_PREFIX"] == rabbitmq.prefix
    with private_rabbitmq() as other:
        assert other.prefix != rabbitmq.prefix


@pytest.mark.parametrize(("ci", "said"), [("", "1 skipped"), ("1", "1 error")], ids=["on a desk", "in a build"])
def test_a_missing_server_is_skipped_on_a_desk_and_fails_a_build(ci: str, said: str) -> None:
    absent = "amqp://guest:guest@127.0.0.1:1/%2F"
    named = f"{Path(__file__)}::test_each_test_has_its_own_queue_prefix"
    environment = {**os.environ, "INLAY_CI": ci, "INLAY_TEST_RABBITMQ_URL": absent}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", named]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert said in ran.stdout
    assert "RabbitMQ does not answer on 127.0.0.1:1" in ran.stdout


def test_the_fake_model_answers_an_envelope_until_told_otherwise(fake_model: FakeModelServer) -> None:
    status, content = ask(fake_model)
    assert status == 200
    assert set(json.loads(content)) == {"variants", "claims", "disclosures", "assumptions", "missing_inputs"}
    assert len(fake_model.journal()) == 1


def test_the_fake_model_answers_in_order_and_stays_at_the_last(fake_model: FakeModelServer) -> None:
    fake_model.answers("one", "two", envelope("three"))
    assert [ask(fake_model)[1] for _ in range(2)] == ["one", "two"]
    assert [json.loads(ask(fake_model)[1])["variants"] for _ in range(2)] == [[{"text": "three"}]] * 2


def test_the_fake_model_fails_as_often_as_told_and_then_recovers(fake_model: FakeModelServer) -> None:
    fake_model.fails(429, 500)
    assert [ask(fake_model)[0] for _ in range(3)] == [429, 500, 200]
    assert [entry["response"]["status"] for entry in fake_model.journal()] == [429, 500, 200]


def test_the_fake_model_drops_and_garbles_and_behaves_again(fake_model: FakeModelServer) -> None:
    fake_model.misbehaves(malformed=1)
    assert ask(fake_model) == (200, "{malformed json: <<<chaos>>>")
    fake_model.misbehaves(disconnects=1)
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        ask(fake_model)
    fake_model.misbehaves()
    assert ask(fake_model)[0] == 200


def test_the_fake_model_starts_every_test_afresh(fake_model: FakeModelServer) -> None:
    fake_model.answers("old")
    fake_model.fails(500)
    fake_model.misbehaves(rate_limits=1)
    fake_model.reset()
    assert ask(fake_model)[0] == 200
    assert len(fake_model.journal()) == 1


def test_the_fake_model_counts_every_request_of_many_threads(fake_model: FakeModelServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ask(fake_model, f"text {n}"), range(60)))
    assert len(fake_model.journal()) == 60


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("10.0.0.1", 5432)])
def test_a_test_cannot_connect_to_another_machine(address: tuple[str, int]) -> None:
    with socket.socket() as client, pytest.raises(LeftTheMachine, match=address[0]):
        client.connect(address)
    with pytest.raises(LeftTheMachine):
        socket.create_connection(address)
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(LeftTheMachine):
        client.sendto(b"x", address)


def test_a_test_cannot_look_up_a_name_outside() -> None:
    with pytest.raises(LeftTheMachine, match=r"example\.com"):
        urllib.request.urlopen("http://example.com/")


def test_this_machine_and_unix_sockets_stay_reachable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()[:2]):
        pass
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))
