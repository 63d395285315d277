"""A quorum queue that does not answer, as RabbitMQ leaves one after some crashes."""

import pytest

from tests.integration.runtime.calling import Caller
from tests.integration.runtime.conftest import consumed
from tests.leader import silent_leader
from tests.vhost import eventually

pytestmark = pytest.mark.broker

EVENTS = "evt-front-thing--listener.on_thing"


def test_a_service_serves_its_other_queues_and_is_not_ready(vhost, launch):
    with Caller(vhost) as caller:
        first = launch("runtime", "Listener", vhost.amqp_uri).wait_ready()
        first.terminate()
        assert first.wait(60) == 0
        with silent_leader(vhost, EVENTS):
            second = launch("runtime", "Listener", vhost.amqp_uri)
            consumed(vhost, "rpc-listener")
            for number in range(25):  # more than are prefetched
                assert caller.call("listener.work", str(number), 0) == str(number)
            silent = f"the queue {EVENTS} does not answer\n"
            eventually(lambda: second.get("/readyz") == (503, silent))
            assert second.get("/livez") == (200, "ok\n")
            assert caller.call("listener.work", "late", 0) == "late"

        second.wait_ready()
        consumed(vhost, EVENTS)


def test_events_for_a_silent_queue_hold_back_no_replies(vhost, launch):
    listener = launch("runtime", "Listener", vhost.amqp_uri).wait_ready()
    launch("runtime", "Front", vhost.amqp_uri, RUNTIME_PUBLISH_SECONDS="1").wait_ready()
    listener.kill()
    with Caller(vhost) as caller, silent_leader(vhost, EVENTS):
        requests = [caller.send("front.emit", number) for number in range(40)]

        errors = [caller.answer(request, seconds=60)["error"] for request in requests]

    assert {error["exc_type"] for error in errors} == {"BrokerUnavailable"}
