"""Calls to a service that is down."""

import pytest

from tests.integration.runtime.calling import NoAnswer
from tests.integration.runtime.conftest import consumed

pytestmark = [pytest.mark.broker, pytest.mark.nightly]


def test_stock_nameko_waits_for_a_service_that_is_down(vhost, caller, launch):
    worker = launch("stock", "Worker", vhost.amqp_uri)
    launch("stock", "Front", vhost.amqp_uri)
    consumed(vhost, "rpc-worker")
    consumed(vhost, "rpc-front")
    worker.kill()

    with pytest.raises(NoAnswer):
        caller.call("front.relay", "echo", 1, seconds=2)
