"""Calls to a service that is down."""

import time

import pytest

from tests.integration.runtime.calling import NoAnswer
from tests.integration.runtime.conftest import consumed
from tests.vhost import eventually

pytestmark = pytest.mark.broker


GRACE, CALL_SECONDS = 3.0, 60.0


def test_calls_to_a_service_without_consumers_fail_soon_and_then_at_once(vhost, caller, launch):
    worker = launch("runtime", "Worker", vhost.amqp_uri).wait_ready()
    times = {
        "RUNTIME_NO_CONSUMERS_GRACE": str(GRACE),
        "RUNTIME_CALL_SECONDS": str(CALL_SECONDS),
    }
    launch("runtime", "Front", vhost.amqp_uri, **times).wait_ready()
    worker.kill()
    eventually(lambda: vhost.depth("rpc-worker").consumers == 0)

    def seconds_to_fail():
        started = time.monotonic()
        error = caller.call("front.relay", "echo", 1, seconds=2 * CALL_SECONDS)
        assert error["exc_type"] == "UnknownService"
        return time.monotonic() - started

    assert seconds_to_fail() < CALL_SECONDS - 10
    # At once is within a second after the last count, which a busy machine may miss.
    eventually(lambda: seconds_to_fail() < GRACE)
    launch("runtime", "Worker", vhost.amqp_uri).wait_ready()
    eventually(lambda: caller.call("front.relay", "echo", 1) == 1)


def test_stock_nameko_waits_for_a_service_that_is_down(vhost, caller, launch):
    worker = launch("stock", "Worker", vhost.amqp_uri)
    launch("stock", "Front", vhost.amqp_uri)
    consumed(vhost, "rpc-worker")
    consumed(vhost, "rpc-front")
    worker.kill()

    with pytest.raises(NoAnswer):
        caller.call("front.relay", "echo", 1, seconds=2)
