"""A broker that no longer answers, on a connection that stays open."""

import contextlib

import pytest

from tests.integration.runtime.calling import Caller, NoAnswer
from tests.integration.runtime_client.amqp_proxy import AmqpProxy
from tests.vhost import eventually

pytestmark = pytest.mark.broker


def answers(vhost):
    """Tell whether the worker answers; on a new connection, as the old one is gone."""
    with contextlib.suppress(OSError, NoAnswer), Caller(vhost) as caller:
        return caller.call("worker.echo", 1, seconds=1) == 1
    return False


def test_a_silent_connection_counts_as_lost(vhost, launch):
    port = vhost.node.ports.amqp
    with AmqpProxy(port) as proxy:
        uri = vhost.amqp_uri.replace(f":{port}/", f":{proxy.port}/")
        worker = launch("runtime", "Worker", uri, RUNTIME_HEARTBEAT_SECONDS="1").wait_ready()

        proxy.silence()

        eventually(lambda: not worker.is_ready(), 20)
        assert worker.get("/livez")[0] == 200
        proxy.resume()
        eventually(worker.is_ready)
        eventually(lambda: answers(vhost))
