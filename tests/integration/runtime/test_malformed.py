"""Messages that no handler can take: put aside and counted; none is lost, no process ends."""

import pytest

from mare_nameko.topology import DEAD_LETTERS
from tests.integration.runtime.odd import (
    IN_MILLISECONDS,
    RAW_ID,
    WITH_A_RAW_NAME,
    odd_properties,
    publish_odd,
)
from tests.vhost import becomes, eventually

pytestmark = pytest.mark.broker


def surely_dead(vhost):
    """Return the number of dead letters: while the queue's leader is busy, one look may say 0."""
    return max(vhost.dead_letters() for _ in range(5))


@pytest.mark.parametrize(
    ("reason", "header"),
    [("unreadable", IN_MILLISECONDS), ("header name", WITH_A_RAW_NAME)],
    ids=["time in milliseconds", "raw header name"],
)
def test_a_request_with_unreadable_properties_is_dead_lettered_and_others_are_answered(
    reason, header, shared_vhost, shared_caller, shared_worker
):
    dead = surely_dead(shared_vhost)
    rejected = shared_worker.metric("runtime_rejected_total", reason=reason)
    long = shared_caller.send("worker.work", "meanwhile", 1)

    publish_odd(shared_vhost, "nameko-rpc", "worker.echo", b"{}", odd_properties(header))

    eventually(lambda: shared_vhost.dead_letters() == dead + 1)
    becomes(lambda: shared_worker.metric("runtime_rejected_total", reason=reason), rejected + 1)
    assert shared_caller.answer(long)["result"] == "meanwhile"
    assert shared_worker.metric("runtime_reconnects_total") == 0


def test_a_delivery_that_cannot_be_rejected_alone_ends_the_connection_and_not_the_process(
    vhost, caller, launch
):
    limit = {"pattern": "^rpc-", "priority": 99, "apply-to": "queues"}
    limit["definition"] = {"delivery-limit": 1, "dead-letter-exchange": DEAD_LETTERS}
    vhost.node.management.call("PUT", "policies", vhost.name, "one-more", body=limit)
    worker = launch("runtime", "Worker", vhost.amqp_uri).wait_ready()

    publish_odd(vhost, "nameko-rpc", b"worker." + RAW_ID, b"{}", odd_properties())

    eventually(lambda: vhost.dead_letters() == 1)
    assert caller.call("worker.echo", "still here") == "still here"
    assert "Cannot decode a frame of the broker" in worker.log()
    assert worker.metric("runtime_reconnects_total") == 2
