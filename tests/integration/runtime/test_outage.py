"""The broker goes away: no caller hangs, no process ends, and all reconnect by themselves."""

import contextlib

import pytest

from tests.integration.runtime.calling import Caller, NoAnswer
from tests.integration.runtime.conftest import consumed
from tests.integration.runtime_client.amqp_proxy import AmqpProxy
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker


def answers(vhost):
    """Tell whether the worker answers; on a new connection, as the old one is gone."""
    with contextlib.suppress(OSError, NoAnswer), Caller(vhost) as caller:
        return caller.call("worker.echo", 1, seconds=1) == 1
    return False


def test_an_outage_from_its_beginning_to_its_end(own_rabbitmq, launch):
    node = own_rabbitmq()
    vhost = Vhost(node, "ours")
    working = launch("runtime", "Worker", vhost.amqp_uri, RUNTIME_PUBLISH_SECONDS="1")
    leaving = launch("runtime", "Front", vhost.amqp_uri)
    dying = launch("runtime", "Fragile", vhost.amqp_uri)
    for queue in ("rpc-worker", "rpc-fragile", "rpc-front"):
        consumed(vhost, queue)
    with Caller(vhost) as caller:
        caller.send("worker.hold", "job")
        eventually(working.entries)
    node.settle()
    node.kill()

    starting = launch("runtime", "Front", vhost.amqp_uri)

    # A process that is stopped during the outage ends.
    leaving.terminate()
    assert leaving.wait(60) == 0

    # A service that fails during the outage ends at once, with a code that says so.
    dying.diary.write_text("break\n")
    assert dying.wait(60) == 1

    # Work that ends during the outage does not end its process, although the reply is lost.
    working.end_holds()
    eventually(lambda: "Lost the reply of worker.hold" in working.log())
    assert working.get("/livez") == (200, "ok\n")
    assert working.get("/readyz") == (503, "not connected to the broker\n")

    # A process that starts during the outage waits for its end and logs that.
    eventually(lambda: "Waiting for the broker at amqp://mare:**@127.0.0.1" in starting.log())
    assert starting.get("/livez") == (200, "ok\n")
    assert starting.get("/readyz") == (503, "starting; not connected to the broker\n")

    node.start()

    eventually(starting.is_ready)
    eventually(working.is_ready)
    eventually(lambda: answers(vhost))
    assert working.metric("runtime_reconnects_total") >= 1  # a broker that starts may hang up again


def test_a_silent_connection_counts_as_lost(vhost, launch):
    port = vhost.node.ports.amqp
    with AmqpProxy(port) as proxy:
        uri = vhost.amqp_uri.replace(f":{port}/", f":{proxy.port}/")
        worker = launch("runtime", "Worker", uri, RUNTIME_HEARTBEAT_SECONDS="1").wait_ready()

        proxy.silence()

        eventually(lambda: not worker.is_ready())
        assert worker.get("/livez")[0] == 200
        proxy.resume()
        eventually(worker.is_ready)
        eventually(lambda: answers(vhost))
