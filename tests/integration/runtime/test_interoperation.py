"""Services on the runtime and on stock Nameko, side by side on one broker."""

import contextlib

import pytest

from tests.integration.runtime.calling import NoAnswer
from tests.integration.runtime.conftest import consumed
from tests.vhost import eventually

pytestmark = [pytest.mark.nightly, pytest.mark.broker]


@pytest.mark.parametrize(("front", "others"), [("runtime", "stock"), ("stock", "runtime")])
def test_calls_errors_and_events_pass_between_the_two(front, others, vhost, caller, launch):
    launch(others, "Worker", vhost.amqp_uri)
    listener = launch(others, "Listener", vhost.amqp_uri)
    launch(front, "Front", vhost.amqp_uri)
    for queue in ("rpc-worker", "rpc-front", "evt-front-thing--listener.on_thing"):
        consumed(vhost, queue)

    echoed = {"a": [1, None]}

    def echoes():
        # Stock Nameko connects at its first call, and a busy machine may be too slow for its
        # patience.
        with contextlib.suppress(NoAnswer):
            return caller.call("front.relay", "echo", echoed, seconds=10) == echoed
        return False

    eventually(echoes)
    assert caller.call("front.relay", "lose")["value"].endswith("No place is called Atlantis.")
    headers = {"nameko.request_id": "request-1", "nameko.language": "pt"}
    seen = caller.call("front.both", headers=headers)
    assert seen["worker"]["request_id"] == "request-1"
    assert seen["worker"]["language"] == "pt"
    caller.call("front.emit", "good", headers=headers)
    eventually(lambda: any(entry.endswith("request-1") for entry in listener.entries()))


def test_the_runtime_and_stock_nameko_share_a_queue(vhost, caller, launch):
    processes = [launch(flavour, "Worker", vhost.amqp_uri) for flavour in ("runtime", "stock")]
    consumed(vhost, "rpc-worker", consumers=2)

    requests = [caller.send("worker.work", number, 0.1) for number in range(10)]

    assert [caller.answer(request)["result"] for request in requests] == list(range(10))
    assert all(process.entries() for process in processes)
