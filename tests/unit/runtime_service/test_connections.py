"""The connections of a service: how they are opened, kept up, lost and opened again."""

import contextlib
import json
import socket

import pytest

from tests.unit.runtime_service.stage import HANDLED, REPLY_TO, Stage
from tests.vhost import eventually

THINGS = "evt-front-thing--shop.on_thing"
NOWHERE = "amqp://guest:secret@127.0.0.1:1/"


@pytest.fixture
def shop(start):
    """A service that the test may break."""
    stage = start("Shop", RUNTIME_HEARTBEAT_SECONDS="60", RUNTIME_MAX_WORKERS="7").ready()
    stage.broker.bind("rpc-worker", "nameko-rpc", "worker.*")
    return stage


def connection(stage: Stage, purpose):
    (found,) = stage.broker.named(f" {purpose}")
    return found


def is_consumed_again(stage, lost):
    eventually(lambda: lost not in stage.broker.named(" consumer"))
    eventually(lambda: stage.broker.named(" consumer"))
    eventually(stage.process.is_ready)


def test_a_service_has_three_connections_with_names_and_one_consumer_a_queue(shop):
    host = socket.gethostname()
    names = {each.name for each in shop.broker.named("")}
    assert names == {f"shop@{host} {purpose}" for purpose in ("consumer", "publisher", "replies")}
    assert {login["virtual_host"] for login in shop.broker.logins} == {"shop"}
    queues = {name: queue for name, queue in shop.broker.held.items() if queue.consumers}
    assert {name.partition("-")[0] for name in queues} == {"rpc", "evt", "rpc.reply", "orders"}
    channels = [each.channel for queue in queues.values() for each in queue.consumers]
    assert {channel.prefetch for channel in channels} == {7}
    assert len(channels) == len(set(map(id, channels))) == len(queues)


def test_calls_fail_with_the_connection_of_their_replies_and_the_next_ones_work(shop):
    outer = shop.request("shop.relay", "echo", 1)
    shop.next("rpc-worker")
    before = {name for name in shop.broker.held if name.startswith("rpc.reply-")}
    lost = connection(shop, "consumer")
    lost.drop()

    error = json.loads(shop.reply(outer).body)["error"]
    assert error["exc_type"] == "BrokerUnavailable"
    assert error["exc_args"] == ["The connection was lost during the call."]
    is_consumed_again(shop, lost)
    # The request comes again, since it was not acknowledged.
    shop.answer(shop.next("rpc-worker"), 2)
    assert json.loads(shop.reply(outer).body)["result"] == 2
    after = {name for name in shop.broker.held if name.startswith("rpc.reply-")}
    assert len(after) == 1
    assert after != before
    assert shop.metric("runtime_reconnects_total", service="shop") == 1
    assert "Reached the broker at amqp://ana:**@127.0.0.1" in shop.process.log()
    eventually(lambda: shop.metric("runtime_messages_in_hand") == 0)


def test_messages_that_wait_for_a_worker_are_handled_once_after_a_lost_connection(start):
    shop = start("Shop", RUNTIME_MAX_WORKERS="1").ready()
    shop.broker.bind("rpc-worker", "nameko-rpc", "worker.*")
    work = shop.request("shop.relay", "echo", 1)
    shop.next("rpc-worker")
    shop.emit("thing", "good")
    eventually(lambda: shop.metric("runtime_messages_in_hand") == 2)

    connection(shop, "consumer").drop()

    shop.reply(work)
    shop.answer(shop.next("rpc-worker"), 1)
    shop.reply(work)
    eventually(lambda: shop.metric("runtime_messages_in_hand") == 0)
    eventually(lambda: shop.metric(HANDLED, entrypoint="on_thing", outcome="ok") == 1)
    assert sum("good" in entry for entry in shop.entries()) == 1


def test_a_reply_whose_confirm_is_lost_is_published_again(shop):
    losses = iter(["drop"])
    shop.broker.outcome = lambda message: next(losses, "ack")

    reply = shop.reply(shop.request("shop.echo", 1))

    assert json.loads(reply.body)["result"] == 1
    eventually(lambda: shop.broker.named(" replies"))
    eventually(shop.process.is_ready)
    assert shop.metric("runtime_reconnects_total") == 0


def test_a_reply_that_is_not_confirmed_in_time_is_lost_and_its_request_acknowledged(start):
    shop = start("Shop", RUNTIME_PUBLISH_SECONDS="0.2").ready()
    shop.broker.outcome = lambda message: None

    shop.request("shop.echo", 1)

    eventually(lambda: len(shop.broker.acked) == 1)
    lost = "Lost the reply of shop.echo: The broker has not confirmed a message within 0"
    assert lost in shop.process.log()
    shop.broker.outcome = lambda message: "ack"
    assert shop.call("shop.echo", 2) == 2


def test_an_outage_ends_no_process_but_one_that_is_told_to_end(start):
    shop = start("Shop", RUNTIME_PUBLISH_SECONDS="0.5").ready()
    held = shop.request("shop.hold", "job")
    eventually(shop.entries)

    shop.broker.leave()

    shop.process.end_holds()
    eventually(lambda: "Lost the reply of shop.hold" in shop.process.log())
    assert shop.process.get("/livez") == (200, "ok\n")
    assert shop.process.get("/readyz") == (503, "not connected to the broker\n")
    shop.broker.is_away = False
    shop.ready()
    shop.reply(held)  # the request was not acknowledged
    shop.broker.leave()
    eventually(lambda: not shop.process.is_ready())
    shop.process.terminate()
    assert shop.process.wait(20) == 0


def test_during_an_alarm_a_service_is_alive_and_not_ready(shop):
    for purpose in ("replies", "publisher"):
        connection(shop, purpose).block()
    eventually(lambda: not shop.process.is_ready())

    assert shop.process.get("/livez") == (200, "ok\n")
    blocked = (503, "the broker is in alarm and takes no messages\n")
    assert shop.process.get("/readyz") == blocked
    shop.request("shop.echo", 1)
    lost = "Lost the reply of shop.echo: The broker is in alarm and takes no messages."
    eventually(lambda: lost in shop.process.log())
    for purpose in ("replies", "publisher"):
        connection(shop, purpose).unblock()
    eventually(shop.process.is_ready)
    assert shop.call("shop.echo", 2) == 2
    assert shop.metric("runtime_reconnects_total") == 0


def test_an_alarm_ends_with_its_connection(shop):
    replies = connection(shop, "replies")
    replies.block()
    eventually(lambda: not shop.process.is_ready())

    replies.drop()

    eventually(shop.process.is_ready)


def test_a_connection_that_only_receives_sends_heartbeats(start):
    clock = start("Clock", RUNTIME_HEARTBEAT_SECONDS="1")
    clock.broker.heartbeat_seconds = 1
    clock.ready()
    clock.broker.bind("rpc-worker", "nameko-rpc", "worker.*")
    consumer = connection(clock, "consumer")
    beats = consumer.heartbeats

    for _ in range(80):  # 20 a second: kombu sends a heartbeat only when no message arrives
        clock.answer(clock.next("rpc-worker"), 1)

    assert consumer.heartbeats > beats + 2
    assert consumer.is_open


def test_a_service_waits_for_the_broker_and_logs_that(start):
    shop = start("Shop", AMQP_URI=NOWHERE)

    eventually(lambda: "Waiting for the broker at amqp://guest:**@127.0.0.1" in shop.process.log())

    assert shop.process.get("/livez") == (200, "ok\n")
    assert shop.process.get("/readyz") == (503, "starting; not connected to the broker\n")
    assert "secret" not in shop.process.log()
    shop.process.terminate()
    assert shop.process.wait(20) == 0


def test_queues_that_cannot_be_declared_are_reported_and_hold_back_no_others(start):
    shop = start("Shop", refused={"retry-1s", THINGS})
    refused = f"the queue {THINGS} is refused: Queue.declare: (403) ACCESS_REFUSED\n"
    eventually(lambda: _get(shop, "/readyz") == (503, refused))
    shop.broker.bind("replies", "nameko-rpc", REPLY_TO)

    (line,) = (each for each in shop.process.lines() if "Cannot declare" in each["message"])
    assert line["message"].startswith("Cannot declare Queue retry-1s: ")
    assert shop.call("shop.echo", 1) == 1
    assert shop.process.get("/livez") == (200, "ok\n")
    assert "retry-10s" in shop.broker.held


def test_a_queue_that_does_not_answer_holds_back_no_other_and_is_consumed_later(start):
    shop = start("Shop", silent={THINGS}, REGISTER_SECONDS="1")
    eventually(lambda: shop.broker.consumers("rpc-shop"))
    silent = (503, f"the queue {THINGS} does not answer\n")
    eventually(lambda: _get(shop, "/readyz") == silent)
    assert shop.process.get("/livez") == (200, "ok\n")
    first = connection(shop, "consumer")

    shop.broker.answer_again(THINGS)

    shop.ready()
    eventually(lambda: shop.broker.consumers(THINGS) == 1)
    assert shop.call("shop.echo", 1) == 1
    assert connection(shop, "consumer") is first
    assert shop.metric("runtime_reconnects_total") == 0


def test_a_service_can_stop_while_a_queue_does_not_answer(start):
    shop = start("Shop", silent={THINGS}, REGISTER_SECONDS="1")
    eventually(lambda: _get(shop, "/readyz") == (503, f"the queue {THINGS} does not answer\n"))

    shop.process.terminate()

    assert shop.process.wait(20) == 0


def _get(stage, path):
    with contextlib.suppress(ConnectionError):
        return stage.process.get(path)
