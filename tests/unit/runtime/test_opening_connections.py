"""Connections of a service as the broker sees them, and what is tried to open them."""

import socket
from contextlib import suppress
from types import SimpleNamespace

import eventlet
import pytest
from kombu import Connection
from kombu.exceptions import OperationalError

from mare_nameko.service.connections import Broker, close_quietly, open_once
from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.publisher import Publisher, ReplyPublisher
from mare_nameko.service.settings import Settings
from tests.fakes.amqp_server import serve

CLOSED = "amqp://ana:secret@127.0.0.1:1/shop"


@pytest.fixture
def server():
    with serve() as server:
        yield server


def connection_to(uri, **options):
    settings = Settings.from_env({"AMQP_URI": uri, "RUNTIME_HEARTBEAT_SECONDS": "7"})
    return Broker(settings, "shop").connection("counter", **options)


def test_a_connection_has_a_name_a_heartbeat_and_a_time_limit(server):
    connection = connection_to(server.uri)
    open_once(connection)
    (login,) = server.logins

    assert login["connection_name"] == f"shop@{socket.gethostname()} counter"
    assert (connection.heartbeat, connection.connect_timeout) == (7, 5.0)
    assert connection.connection.heartbeat == 7
    close_quietly(connection)
    assert server.closed == 1


def test_options_of_the_transport_are_passed_on(server):
    reasons = []
    connection = connection_to(server.uri, on_blocked=reasons.append)
    open_once(connection)
    server.connections[0].block()

    while not reasons:
        connection.drain_events(timeout=30)
    close_quietly(connection)

    assert len(reasons) == 1


def test_each_address_is_tried_once(server):
    connection = connection_to(f"{CLOSED};{server.uri}")
    open_once(connection)

    assert len(server.logins) == 1
    close_quietly(connection)


@pytest.mark.parametrize("uri", [CLOSED, f"{CLOSED};{CLOSED}"])
def test_the_last_error_is_raised(uri):
    with pytest.raises(OperationalError):
        open_once(connection_to(uri))


def test_the_name_of_each_address_is_verified(monkeypatch):
    connection = connection_to("amqps://a/;amqps://b/")
    tried = []

    def refuse(max_retries):
        assert max_retries == 0
        tried.append((connection.hostname, connection.ssl["server_hostname"]))
        raise OSError("refused")

    monkeypatch.setattr(connection, "ensure_connection", refuse)

    with pytest.raises(OSError, match="refused"):
        open_once(connection)
    assert tried == [("a", "a"), ("b", "b")]


def test_a_connection_that_is_lost_already_can_be_closed(server):
    connection = connection_to(server.uri)
    open_once(connection)
    server.connections[0].drop()

    close_quietly(connection)

    assert not connection.connected


@pytest.mark.parametrize(
    "use", [Connection.heartbeat_check, Connection.channel, lambda lost: lost.default_channel]
)
def test_a_lost_connection_is_not_opened_again_without_its_consumers(server, use):
    connection = connection_to(server.uri)
    open_once(connection)
    server.connections[0].drop()
    with suppress(OSError):
        while True:  # as a worker that acknowledges; the first writes may still succeed
            connection.connection.send_heartbeat()

    with pytest.raises(ConnectionResetError):
        use(connection)
    assert len(server.logins) == 1
    close_quietly(connection)


def test_no_queue_is_consumed_before_the_service_can_publish(monkeypatch):
    consumer = QueueConsumer()
    replies, calls = ReplyPublisher(), Publisher()
    consumer.container = SimpleNamespace(subextensions={consumer, replies, calls})
    opened = []
    monkeypatch.setattr(consumer, "create_connection", lambda: opened.append("consumer"))
    monkeypatch.setattr("mare_nameko.service.consumer.open_once", lambda connection: None)
    monkeypatch.setattr("mare_nameko.service.consumer.close_quietly", lambda connection: None)

    def establish():
        with consumer.establish_connection():
            return list(opened)

    thread = eventlet.spawn(establish)
    for publisher in (replies, calls):
        eventlet.sleep(0)
        assert not opened
        publisher._connected.send("session")

    with eventlet.Timeout(30):
        assert thread.wait() == ["consumer"]
