"""What the client leaves in the broker, and its errors for queues without a consumer."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import amqp
import pytest

from mare_nameko.client import CallTimedOut, Overloaded, ServiceUnavailable
from tests.leader import silent_leader
from tests.vhost import Depth, eventually


def queue_for(vhost, service, **arguments):
    """Declare the queue that a Nameko service of this name would have, without the service."""
    with vhost.connect() as connection:
        channel = connection.channel()
        channel.exchange_declare("nameko-rpc", "topic", durable=True, auto_delete=False)
        channel.queue_declare(
            f"rpc-{service}", durable=True, auto_delete=False, arguments=arguments
        )
        channel.queue_bind(f"rpc-{service}", "nameko-rpc", f"{service}.*")


def connection_of_the_client(vhost):
    """Return what the management API knows of it, once it does."""
    found = []
    eventually(
        lambda: found.extend(each for each in vhost.connections() if "test@" in str(each)) or found
    )
    return found[0]


AT_ONCE = 40.0
"""Seconds: far more than it takes on a busy machine, and less than any wait that it excludes."""


def failure(error, client, target):
    """Call and return the error's text and the time until it came."""
    started = time.monotonic()
    with pytest.raises(error) as raised:
        client.call(target, timeout=120)
    return str(raised.value), time.monotonic() - started


def test_a_service_without_a_queue_is_unavailable_at_once(vhost, make_client):
    client = make_client(vhost.amqp_uri, no_consumers_grace=90.0)

    text, seconds = failure(ServiceUnavailable, client, "nobody.hello")

    assert "has no queue" in text
    assert seconds < AT_ONCE


def test_without_grace_a_service_without_consumers_is_unavailable_at_once(vhost, make_client):
    queue_for(vhost, "asleep")
    clients = [make_client(vhost.amqp_uri, no_consumers_grace=0.0) for _ in range(3)]

    seconds = [failure(ServiceUnavailable, client, "asleep.hello")[1] for client in clients]

    assert min(seconds) < 2.0  # the usual grace


def test_a_service_counts_as_running_while_the_leader_of_its_queue_is_silent(
    vhost, make_client, run_services, tmp_path
):
    run_services(vhost, "echo")
    client = make_client(vhost.amqp_uri, no_consumers_grace=0.0)
    end = tmp_path / "end"
    with ThreadPoolExecutor(1) as threads:
        reply = threads.submit(client.call, "echo.wait", str(end), timeout=120)
        eventually(lambda: vhost.queues()["rpc-echo"].get("messages_unacknowledged") == 1)

        with silent_leader(vhost, "rpc-echo"):
            assert vhost.depth("rpc-echo") == Depth(ready=0, consumers=0)
            with pytest.raises(CallTimedOut):
                client.call("echo.echo", 1, timeout=3)
            end.touch()
            assert reply.result() == str(end)

    assert client.call("echo.echo", 1, timeout=30) == 1


def test_with_a_long_grace_a_call_waits_for_its_service_to_be_woken(
    vhost, make_client, run_services
):
    queue_for(vhost, "late")
    client = make_client(vhost.amqp_uri, no_consumers_grace=120.0)

    with ThreadPoolExecutor(1) as threads:
        reply = threads.submit(client.call, "late.echo", 7, timeout=90)
        eventually(lambda: vhost.depth("rpc-late").ready == 1)
        run_services(vhost, "late")

        assert reply.result() == 7


def test_a_message_without_consumer_has_all_properties_that_a_service_needs(vhost, make_client):
    queue_for(vhost, "spy")
    client = make_client(vhost.amqp_uri, no_consumers_grace=0.0)
    context = {"request_id": "r-1", "traceparent": "00-a-b-01"}
    started = time.time()
    with pytest.raises(ServiceUnavailable):
        client.call("spy.hello", "são", timeout=30, context=context)

    message = vhost.get("rpc-spy")

    assert json.loads(message.body) == {"args": ["são"], "kwargs": {}}
    properties = message.properties
    assert properties["content_type"] == "application/json"
    assert properties["reply_to"]
    headers = message.headers
    assert headers["nameko.request_id"] == "r-1"
    assert headers["nameko.traceparent"] == "00-a-b-01"
    assert headers["nameko.call_id_stack"] == [f"test.{properties['correlation_id']}"]
    assert started + 30 <= headers["nameko.deadline"] <= time.time() + 30


def test_an_expired_request_is_no_dead_letter(vhost, make_client):
    queue_for(vhost, "asleep")
    client = make_client(vhost.amqp_uri, no_consumers_grace=60.0)

    for timeout in (0.1, 1.0):
        with pytest.raises(CallTimedOut):
            client.call("asleep.hello", timeout=timeout)

    eventually(lambda: vhost.depth("rpc-asleep").ready == 2)
    assert vhost.dead_letters() == 0


def test_a_full_queue_is_an_overload(vhost, make_client):
    limits = {"x-queue-type": "classic", "x-max-length": 1, "x-overflow": "reject-publish"}
    queue_for(vhost, "full", **limits)
    vhost.publish("{}", routing_key="rpc-full")
    client = make_client(vhost.amqp_uri, no_consumers_grace=90.0)

    text, seconds = failure(Overloaded, client, "full.hello")

    assert "is full" in text
    assert seconds < AT_ONCE


def test_the_reply_queue_is_exclusive_and_classic_and_goes_with_the_client(vhost, make_client):
    before = set(vhost.queues())
    client = make_client(vhost.amqp_uri)

    (name,) = set(vhost.queues()) - before
    queue = vhost.queues()[name]
    client.close()

    assert name.startswith("rpc.reply-test-")
    assert (queue["type"], queue["exclusive"], queue["durable"]) == ("classic", True, False)
    eventually(lambda: set(vhost.queues()) == before)


def test_the_connection_has_the_clients_name_and_host(vhost, make_client):
    make_client(vhost.amqp_uri)

    name = connection_of_the_client(vhost)["client_properties"]["connection_name"]

    assert name == f"test@{socket.gethostname()}"


def test_a_wrong_password_is_no_reason_to_give_up(vhost, make_client, caplog):
    good = vhost.amqp_uri
    bad = good.replace("amqp://mare:", "amqp://mare:wrong")
    assert bad != good

    client = make_client(f"{bad};{good}")

    assert client.ready
    assert "ACCESS_REFUSED" in caplog.text
    assert "wrong" not in caplog.text


def test_the_exchange_is_declared_as_nameko_would(vhost, make_client):
    make_client(vhost.amqp_uri)

    with vhost.connect() as connection:
        connection.channel().exchange_declare(
            "nameko-rpc", "topic", durable=True, auto_delete=False
        )
        with pytest.raises(amqp.PreconditionFailed):
            connection.channel().exchange_declare("nameko-rpc", "direct", durable=True)
