"""The connection is lost, refused, blocked or nonsense: calls end, and the client mends itself."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mare_nameko.client import BrokerInAlarm, Disconnected
from mare_nameko.client import client as client_module
from mare_nameko.client import connection_thread as thread_module
from tests.vhost import becomes, eventually

QUICK = {"backoff": 0.01, "max_backoff": 0.02}


def names():
    return {thread.name for thread in threading.enumerate()}


@pytest.fixture
def silent(broker):
    """Have no service answer."""
    broker.on_publish = lambda connection, message: None


@pytest.fixture
def in_flight(silent, broker):
    """Start a call, and return what it ends with once it is published."""
    with ThreadPoolExecutor(1) as threads:

        def call(client):
            before = len(broker.published)
            waiting = threads.submit(client.call, "shop.pay", timeout=300)
            eventually(lambda: len(broker.published) > before)
            return waiting

        yield call


@pytest.mark.parametrize("lost", ["drop", "nonsense", "too long a frame", "an unknown method"])
def test_a_lost_connection_fails_the_calls_in_flight_and_is_made_again(
    broker, make_client, echo, in_flight, lost
):
    client = make_client(**QUICK)
    waiting = in_flight(client)
    connection = broker.connections[-1]
    if lost == "drop":
        connection.drop()
    elif lost == "nonsense":
        connection._socket.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    elif lost == "too long a frame":
        connection._socket.sendall(b"\x01\x00\x01\xff\xff\xff\xff")
    else:
        connection.send_frame(1, 1, b"\x00\xff\x00\xff")

    with pytest.raises(Disconnected):
        waiting.result(60)
    eventually(lambda: client.connected)
    broker.on_publish = echo
    assert client.call("shop.pay", timeout=60) == []
    assert (client.connections, client.in_flight, client.alive) == (2, 0, True)
    assert len({key for _, _, key in broker.bindings}) == 2


def test_without_a_broker_calls_fail_and_come_back_with_it(broker, make_client, echo, monkeypatch):
    client = make_client(**QUICK)
    connect = thread_module.Session
    monkeypatch.setattr(thread_module, "Session", lambda *_: 1 / 0)  # no error ends the thread
    broker.connections[-1].drop()
    becomes(lambda: client.connected, False)

    with pytest.raises(Disconnected, match="no connection to the broker"):
        client.call("shop.pay", timeout=60)
    assert (client.ready, client.alive) == (False, True)
    monkeypatch.setattr(thread_module, "Session", connect)
    eventually(lambda: client.ready)
    assert client.call("shop.pay", timeout=60) == []


def test_the_addresses_are_tried_in_turn(broker, make_client, echo):
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    client = make_client(f"amqp://127.0.0.1:{closed}/;{broker.uri}", **QUICK)

    assert client.call("shop.pay", timeout=60) == []


def test_a_closed_client_closes_its_connection_and_leaves_no_thread(broker, make_client, in_flight):
    client = make_client(**QUICK)
    waiting = in_flight(client)
    assert "rpc-connection" in names()

    client.close(60)

    with pytest.raises(Disconnected, match="the connection to the broker was lost"):
        waiting.result(60)
    assert (broker.closed, client.connected) == (1, False)
    eventually(lambda: "rpc-connection" not in names())


def test_a_client_that_never_started_has_nothing_to_close(broker, make_client):
    client = client_module.RpcClient(make_client()._options)

    client.close()

    assert (client.connected, client.ready, client.alive) == (False, False, True)
    assert (client.in_flight, client.connections) == (0, 0)


def test_calls_wait_for_the_end_of_an_alarm(broker, make_client, echo, monkeypatch):
    monkeypatch.setattr(client_module, "ALARM_SECONDS", 1000.0)
    client = make_client()
    client.call("shop.pay", timeout=60)  # its connection is served
    broker.connections[-1].block()
    becomes(lambda: client.ready, False)
    assert client.connected

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(client.call, "shop.pay", timeout=60)
        assert len(broker.published) == 1
        broker.connections[-1].unblock()
        assert waiting.result(60) == []
    assert client.ready


def test_an_alarm_that_lasts_fails_the_calls(broker, make_client, in_flight, monkeypatch):
    monkeypatch.setattr(client_module, "ALARM_SECONDS", 0.01)
    monkeypatch.setattr(thread_module, "ALARM_SECONDS", 0.01)
    monkeypatch.setattr(thread_module, "_TICK", 0.01)
    client = make_client()
    waiting = in_flight(client)
    broker.connections[-1].block()

    with pytest.raises(BrokerInAlarm, match="in alarm"):
        waiting.result(60)
    with pytest.raises(BrokerInAlarm, match="in alarm"):
        client.call("shop.pay", timeout=60)
    assert len(broker.published) == 1


def test_an_alarm_ends_with_its_connection(broker, make_client, echo):
    client = make_client(**QUICK)
    broker.connections[-1].block()
    becomes(lambda: client.ready, False)

    broker.connections[-1].drop()

    eventually(lambda: client.ready)
    assert client.call("shop.pay", timeout=60) == []


def test_a_connection_without_calls_is_kept_alive_by_heartbeats(broker, make_client, monkeypatch):
    monkeypatch.setattr(thread_module, "_TICK", 0.01)
    broker.heartbeat_seconds = 1
    make_client(heartbeat=1.0)

    eventually(lambda: broker.heartbeats > 1)
