"""What a service leaves in the broker."""

import pytest

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
