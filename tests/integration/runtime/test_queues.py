"""What a service has on the broker: queues that go with it, connections that say whose they are."""

import contextlib
import socket

import pytest

from tests.integration.runtime.calling import NoAnswer
from tests.integration.runtime.conftest import consumed
from tests.vhost import eventually

pytestmark = pytest.mark.broker


def reply_queues(vhost):
    return {name: queue for name, queue in vhost.queues().items() if name.startswith("rpc.reply-")}


def test_a_reply_queue_is_exclusive_and_classic_and_goes_with_its_process(vhost, launch):
    before = set(vhost.queues())
    front = launch("runtime", "Front", vhost.amqp_uri).wait_ready()

    eventually(lambda: len(reply_queues(vhost)) == 1)
    ((name, queue),) = reply_queues(vhost).items()
    assert name.startswith("rpc.reply-front-")
    assert (queue["type"], queue["exclusive"], queue["durable"]) == ("classic", True, False)

    front.kill()
    eventually(lambda: not reply_queues(vhost))
    assert set(vhost.queues()) - before == {"rpc-front"}


def test_stock_nameko_leaves_a_replicated_reply_queue_behind(vhost, launch):
    front = launch("stock", "Front", vhost.amqp_uri)
    consumed(vhost, "rpc-front")

    front.kill()

    eventually(lambda: not vhost.connections())
    (queue,) = reply_queues(vhost).values()
    assert (queue["type"], queue["exclusive"], queue["durable"]) == ("quorum", False, True)


def test_calls_that_wait_for_a_service_to_start_are_answered_like_later_ones(vhost, caller, launch):
    # Which of its queues is consumed first is left to chance, so it starts more than once.
    launch("runtime", "Worker", vhost.amqp_uri).wait_ready()
    launch("runtime", "Front", vhost.amqp_uri).wait_ready().kill()
    for _ in range(4):
        eventually(lambda: not connections_of(vhost, "front"))
        calls = [caller.send("front.relay", "echo", number) for number in range(10)]
        front = launch("runtime", "Front", vhost.amqp_uri)
        answers = [caller.answer(call, 60) for call in calls]
        assert [answer["result"] for answer in answers] == list(range(10)), answers
        front.kill()


def connections_of(vhost, service):
    names = (each["client_properties"].get("connection_name", "") for each in vhost.connections())
    return [name for name in names if name.startswith(f"{service}@")]


def test_workers_that_share_a_connection_get_the_outcome_of_their_own_message(
    vhost, caller, launch
):
    many = {"RUNTIME_MAX_WORKERS": "50"}
    launch("runtime", "Worker", vhost.amqp_uri, **many).wait_ready()
    launch("runtime", "Front", vhost.amqp_uri, **many).wait_ready()

    calls = [(n, caller.send("front.relay", "echo", n)) for n in range(200)]
    unknown = [caller.send("front.ask_absent") for _ in range(40)]

    assert all(caller.answer(call)["result"] == n for n, call in calls)
    errors = {caller.answer(call)["error"]["exc_type"] for call in unknown}
    assert errors == {"UnknownService"}


def test_a_full_queue_is_an_error_at_once(vhost, caller, launch):
    worker = launch("runtime", "Worker", vhost.amqp_uri).wait_ready()
    patient = {"RUNTIME_CALL_SECONDS": "90", "RUNTIME_NO_CONSUMERS_GRACE": "90"}
    launch("runtime", "Front", vhost.amqp_uri, **patient).wait_ready()
    full = {"max-length": 2, "overflow": "reject-publish"}
    policy = {"pattern": "^rpc-worker$", "priority": 99, "apply-to": "queues", "definition": full}
    vhost.node.management.call("PUT", "policies", vhost.name, "full", body=policy)
    eventually(lambda: vhost.queues()["rpc-worker"]["policy"] == "full")
    worker.kill()

    answers = []

    def is_refused():
        # The limit of a quorum queue is a soft one: a few come through, without an answer.
        with contextlib.suppress(NoAnswer):
            answers.append(caller.call("front.relay", "echo", 1, seconds=2))
        return answers

    eventually(is_refused)
    (refused,) = answers
    assert refused["exc_type"] == "MessageRefused"
    assert "for nameko-rpc/worker.echo" in refused["value"]


def test_a_service_has_three_connections_with_names_and_heartbeats(vhost, launch):
    launch("runtime", "Front", vhost.amqp_uri, RUNTIME_HEARTBEAT_SECONDS="7").wait_ready()

    def seen():
        return {
            connection["client_properties"].get("connection_name"): connection["timeout"]
            for connection in vhost.connections()
        }

    host = socket.gethostname()
    purposes = ("consumer", "publisher", "replies")
    eventually(lambda: seen() == {f"front@{host} {purpose}": 7 for purpose in purposes})
