"""What a caller gets instead of a reply that is too long."""

import json
from types import SimpleNamespace

import pytest

from mare_nameko.service.errors import MessageTooLong
from mare_nameko.service.rpc_entrypoint import RpcConsumer


@pytest.fixture
def request_message():
    return SimpleNamespace(
        properties={"reply_to": "caller", "correlation_id": "c-1"},
        content_type="application/json",
        delivery_info={"routing_key": "shop.list"},
    )


def replies_to(request_message, result, limit):
    """Return the replies that a broker with a limit takes, and what is acknowledged."""
    taken, acknowledged = [], []

    def publish(reply, exchange, key):
        if len(reply.body) > limit:
            raise MessageTooLong(f"message size {len(reply.body)} is larger than {limit}")
        taken.append((key, json.loads(reply.body)["error"]))

    consumer = RpcConsumer()
    consumer._exchange = "nameko-rpc"
    consumer.publisher = SimpleNamespace(publish_message=publish)
    consumer.queue_consumer = SimpleNamespace(ack_message=acknowledged.append)
    consumer.handle_result(request_message, result, None)
    assert acknowledged == [request_message]
    return taken


@pytest.mark.parametrize(
    ("result", "kind"),
    [("a" * 2000, "MessageTooLong"), (["a" * 2000, object()], "UnserializableValueError")],
)
def test_the_caller_gets_an_error_at_once(request_message, result, kind):
    [(key, error)] = replies_to(request_message, result, limit=1000)

    assert (key, error["exc_type"]) == ("caller", kind)
