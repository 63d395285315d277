"""Stopping: no work is done twice, and none keeps the process for ever."""

import json
import os
import signal
import socket

import pytest

from tests.unit.runtime_service.stage import within
from tests.vhost import eventually

THINGS = "evt-front-thing--shop.on_thing"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_service_closes_its_connections_and_ends(start, number):
    shop = start().ready()

    os.kill(shop.process.pid, number)

    assert shop.process.wait(20) == 0
    assert shop.broker.closed == 3
    messages = [line["message"] for line in shop.process.lines()]
    assert messages[-2:] == ["Stopping: 0 workers have 25 s to finish", "Stopped shop"]


def test_work_is_finished_and_answered_and_what_waits_is_requeued(start):
    shop = start("Shop", RUNTIME_MAX_WORKERS="1").ready()
    shop.broker.bind("rpc-worker", "nameko-rpc", "worker.*")
    work = shop.request("shop.relay", "echo", 1)
    call = shop.next("rpc-worker")
    shop.emit("thing", "good")
    eventually(lambda: shop.metric("runtime_messages_in_hand") == 2)
    assert shop.metric("runtime_workers_busy") == 1

    shop.process.terminate()

    eventually(lambda: shop.broker.ready(THINGS) == 1)
    eventually(lambda: shop.broker.consumers("rpc-shop") == 0)
    assert shop.process.get("/readyz") == (503, "stopping\n")
    assert shop.process.get("/livez") == (200, "ok\n")
    assert shop.process.exit_code() is None
    shop.answer(call, "done")
    assert json.loads(shop.reply(work).body)["result"] == "done"
    assert shop.process.wait(60) == 0
    assert len(shop.broker.acked) == 1
    assert shop.broker.ready("rpc-shop") == 0
    assert shop.entries() == []


def test_work_that_does_not_end_is_cut_off_and_requeued(start):
    shop = start("Shop", RUNTIME_SHUTDOWN_SECONDS="0.5").ready()
    shop.request("shop.work", "job", 60)
    eventually(shop.entries)

    shop.process.terminate()
    eventually(lambda: "Stopping" in shop.process.log())
    shop.process.terminate()  # a second signal neither hurries nor prolongs it

    assert shop.process.wait(20) == 3
    eventually(lambda: shop.broker.ready("rpc-shop") == 1)
    assert "Killed 1 workers after 0.5 s" in shop.process.log()


def test_a_handler_that_blocks_everything_cannot_keep_the_process(start):
    shop = start("Shop", RUNTIME_SHUTDOWN_SECONDS="0.1").ready()
    shop.request("shop.block", 120)
    eventually(shop.entries)

    shop.process.terminate()

    assert shop.process.wait(20) == 1
    assert "in block" in shop.process.log()


@pytest.mark.parametrize("is_away", [False, True], ids=["connected", "during an outage"])
def test_a_service_that_fails_ends_with_an_error_code(start, is_away):
    fragile = start("tests.integration.runtime.subjects:Fragile").ready()
    if is_away:
        fragile.broker.leave()
        eventually(lambda: not fragile.process.is_ready())

    fragile.process.diary.write_text("break\n")

    assert fragile.process.wait(20) == 1
    lines = fragile.process.log().splitlines()
    (died,) = (line for line in lines if '"message": "fragile died"' in line)
    assert "broken beyond repair" in json.loads(died)["exception"]


def test_a_port_in_use_is_reported(start):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        shop = start("Shop", RUNTIME_HEALTH_PORT=str(port))

        assert shop.process.wait(60) == 2
    assert f"Cannot serve health at 127.0.0.1:{port}" in shop.process.lines()[-1]["message"]


def test_calls_that_wait_at_the_end_of_a_deadline_leave_nothing_in_hand(start):
    shop = start("Shop", RUNTIME_MAX_WORKERS="1").ready()
    shop.broker.bind("rpc-worker", "nameko-rpc", "worker.*")
    work = shop.request("shop.relay", "echo", 1, headers=within(30))
    call = shop.next("rpc-worker")
    shop.request("shop.work", "short-lived", 0, headers=within(-1))
    shop.answer(call, 1)
    shop.reply(work)

    eventually(lambda: shop.metric("runtime_expired_total", entrypoint="work") == 1)
    eventually(lambda: shop.metric("runtime_messages_in_hand") == 0)
    shop.process.terminate()
    assert shop.process.wait(60) == 0
