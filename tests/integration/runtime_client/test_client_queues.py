"""Calls to queues without a consumer, and addresses that refuse the client."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from mare_nameko.client import CallTimedOut
from tests.leader import silent_leader
from tests.vhost import Depth, eventually


def queue_for(vhost, service):
    """Declare the queue that a Nameko service of this name would have, without the service."""
    with vhost.connect() as connection:
        channel = connection.channel()
        channel.exchange_declare("nameko-rpc", "topic", durable=True, auto_delete=False)
        channel.queue_declare(f"rpc-{service}", durable=True, auto_delete=False)
        channel.queue_bind(f"rpc-{service}", "nameko-rpc", f"{service}.*")


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


def test_a_wrong_password_is_no_reason_to_give_up(vhost, make_client, caplog):
    good = vhost.amqp_uri
    bad = good.replace("amqp://mare:", "amqp://mare:wrong")
    assert bad != good

    client = make_client(f"{bad};{good}")

    assert client.ready
    assert "ACCESS_REFUSED" in caplog.text
    assert "wrong" not in caplog.text
