"""What a client sends to the broker, and the result of a call for each answer."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mare_nameko.client import (
    BadReply,
    CallTimedOut,
    Overloaded,
    RemoteError,
    ServiceUnavailable,
)
from mare_nameko.client import client as client_module
from mare_nameko.client.pending import Call
from tests.vhost import becomes, eventually


def test_a_client_logs_in_and_consumes_its_replies(broker, make_client):
    make_client()

    (login,) = broker.logins
    assert login["connection_name"] == f"test@{socket.gethostname()}"
    assert (login["mechanism"], login["response"]) == ("PLAIN", "\0ana\0secret")
    assert login["virtual_host"] == "shop"
    ((queue, declared),) = broker.queues.items()
    assert queue.startswith("rpc.reply-test-")
    assert declared == {
        "durable": False,
        "exclusive": True,
        "auto_delete": True,
        "arguments": {"x-queue-type": "classic"},
    }
    assert broker.bindings == [(queue, "nameko-rpc", queue.rpartition("-")[2])]
    assert broker.consumed == {queue: True}


@pytest.mark.parametrize("existing", [None, {"type": "topic", "durable": False}])
def test_an_exchange_that_exists_is_used_as_it_is(broker, make_client, echo, existing):
    if existing is not None:
        broker.exchanges["nameko-rpc"] = existing
    client = make_client()

    assert client.call("shop.pay", timeout=60) == []
    assert broker.exchanges == {
        "nameko-rpc": existing or {"type": "topic", "durable": True, "auto_delete": False}
    }


def test_a_call_is_published_with_what_the_service_needs_to_answer(broker, make_client, echo):
    client = make_client()
    before = time.time()

    assert client.call("shop.pay.now", 1, timeout=60, context={"request_id": "r"}) == [1]

    (message,) = broker.published
    assert (message.exchange, message.routing_key, message.mandatory) == (
        "nameko-rpc", "shop.pay.now", True,
    )  # fmt: skip
    properties = dict(message.properties)
    headers = properties.pop("application_headers")
    call_id = properties["correlation_id"]
    assert properties == {
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "delivery_mode": 1,
        "correlation_id": call_id,
        "message_id": call_id,
        "reply_to": broker.bindings[0][2],
    }
    assert before + 59 < headers.pop("nameko.deadline") < time.time() + 60
    assert headers == {"nameko.call_id_stack": [f"test.{call_id}"], "nameko.request_id": "r"}


def test_calls_and_replies_may_be_longer_than_a_frame(make_client, echo):
    assert make_client().call("shop.pay", "x" * 20_000, timeout=60) == ["x" * 20_000]


def test_many_threads_each_get_their_own_reply(make_client, echo):
    client = make_client()

    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda n: client.call("shop.pay", n, timeout=60), range(200)))

    assert found == [[n] for n in range(200)]
    assert (client.in_flight, client.connections) == (0, 1)
    assert (client.connected, client.ready, client.alive) == (True, True, True)


def test_calls_above_the_configured_limit_are_refused_until_one_ends(broker, make_client, echo):
    client = make_client(max_in_flight=1)
    broker.on_publish = lambda connection, message: None
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(client.call, "shop.pay", 1, timeout=60)
        eventually(lambda: broker.published)

        with pytest.raises(Overloaded, match="1 calls are in flight, which is the limit"):
            client.call("shop.pay", 2, timeout=60)

        echo(broker.connections[0], broker.published[0])
        assert first.result(60) == [1]
    broker.on_publish = echo
    assert client.call("shop.pay", 3, timeout=60) == [3]


def test_an_error_of_the_service_is_raised(broker, make_client):
    def fail(connection, message):
        body = b'{"error": {"exc_type": "Sold", "exc_args": ["out"], "value": "out"}}'
        connection.deliver(body, correlation_id=message.properties["correlation_id"])

    broker.on_publish = fail
    with pytest.raises(RemoteError, match=r"^Sold: out$") as raised:
        make_client().call("shop.pay", timeout=60)

    assert (raised.value.exc_type, raised.value.exc_args) == ("Sold", ("out",))


def test_an_error_without_a_text_is_named_by_its_type():
    assert str(RemoteError("Sold")) == "Sold"


def test_a_reply_that_is_no_json_raises_bad_reply(broker, make_client):
    broker.on_publish = lambda connection, message: connection.deliver(
        b"<html>", correlation_id=message.properties["correlation_id"]
    )
    with pytest.raises(BadReply, match="cannot read the reply"):
        make_client().call("shop.pay", timeout=60)


def test_a_message_that_no_queue_takes_fails_its_call(broker, make_client):
    def give_back(connection, message):
        connection.give_back(message)
        connection.ack(message.tag)

    broker.on_publish = give_back
    client = make_client()

    with pytest.raises(ServiceUnavailable, match="shop has no queue"):
        client.call("shop.pay", timeout=60)
    assert client.in_flight == 0


def test_a_message_that_a_full_queue_refuses_fails_its_call(broker, make_client):
    broker.on_publish = lambda connection, message: connection.nack(message.tag)

    with pytest.raises(Overloaded, match="the queue of shop is full"):
        make_client().call("shop.pay", timeout=60)


def test_a_service_without_consumers_fails_its_calls_until_the_next_trial(
    broker, make_client, monkeypatch
):
    monkeypatch.setattr(client_module, "_NO_CONSUMERS_PAUSE", 1000.0)
    broker.counts["rpc-shop"] = (1, 0)
    client = make_client(no_consumers_grace=0.01)

    with pytest.raises(ServiceUnavailable, match="the queue of shop has no consumer"):
        client.call("shop.pay", timeout=60)
    with pytest.raises(ServiceUnavailable, match="the queue of shop has no consumer"):
        client.call("shop.pay", timeout=60)
    assert len(broker.published) == 1
    assert "rpc-shop" in broker.passive


def test_a_service_whose_calls_wait_is_counted_again_and_again(broker, make_client, echo):
    broker.counts["rpc-shop"] = (0, 0)  # what a queue without a leader answers
    broker.on_publish = lambda connection, message: None
    client = make_client(no_consumers_grace=0.01)

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(client.call, "shop.pay", timeout=60)
        eventually(lambda: broker.passive.count("rpc-shop") > 3)
        broker.counts["rpc-shop"] = (1, 0)
        with pytest.raises(ServiceUnavailable):
            waiting.result(60)


def test_a_queue_that_does_not_exist_leaves_the_connection_as_it_is(broker, make_client):
    broker.on_publish = lambda connection, message: connection.ack(message.tag)
    client = make_client(no_consumers_grace=0.01)

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(client.call, "shop.pay", timeout=60)
        eventually(lambda: broker.passive.count("rpc-shop") > 2)
        assert (client.connections, client.in_flight) == (1, 1)
        broker.counts["rpc-shop"] = (1, 0)
        with pytest.raises(ServiceUnavailable):
            waiting.result(60)


def test_calls_to_a_deep_queue_are_not_published(broker, make_client, echo, monkeypatch):
    monkeypatch.setattr(client_module.LoadShedder, "must_count", lambda *_: True)
    monkeypatch.setattr("mare_nameko.client.admission.COUNT_SECONDS", 1000.0)
    broker.counts["rpc-shop"] = (11, 1)
    client = make_client(max_queue_depth=10)

    def is_refused():
        try:
            client.call("shop.pay", timeout=60)
        except Overloaded as error:
            return str(error)
        return None

    becomes(is_refused, "11 messages wait for shop; the limit is 10")
    assert client.call("bank.pay", timeout=60) == []
    broker.counts["rpc-shop"] = (9, 1)
    becomes(is_refused, None)


def test_consecutive_time_outs_open_the_circuit_of_their_service(broker, make_client, echo):
    answer, broker.on_publish = broker.on_publish, lambda connection, message: None
    client = make_client(max_timeouts=2, circuit_pause=1000.0)

    for _ in range(2):
        with pytest.raises(CallTimedOut, match="shop did not answer within"):
            client.call("shop.pay", timeout=0.05)
    with pytest.raises(ServiceUnavailable):
        client.call("shop.pay", timeout=60)
    broker.on_publish = answer
    assert client.call("bank.pay", timeout=60) == []
    assert client.in_flight == 0


def test_a_wait_that_is_interrupted_keeps_no_place_of_other_calls(broker, make_client, monkeypatch):
    """As by Celery's soft time limit, which a handler of a signal raises."""
    broker.on_publish = lambda connection, message: None
    client = make_client(max_in_flight=1)

    def interrupt(call, timeout):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Call, "wait", interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.call("shop.pay", timeout=60)

    assert client.in_flight == 0
