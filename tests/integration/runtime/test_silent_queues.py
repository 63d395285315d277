"""A quorum queue that does not answer, as RabbitMQ leaves one after some crashes."""

import pytest

from tests.integration.runtime.calling import Caller
from tests.leader import silent_leader

pytestmark = pytest.mark.broker

EVENTS = "evt-front-thing--listener.on_thing"


def test_events_for_a_silent_queue_hold_back_no_replies(vhost, launch):
    listener = launch("runtime", "Listener", vhost.amqp_uri).wait_ready()
    launch("runtime", "Front", vhost.amqp_uri, RUNTIME_PUBLISH_SECONDS="1").wait_ready()
    listener.kill()
    with Caller(vhost) as caller, silent_leader(vhost, EVENTS):
        requests = [caller.send("front.emit", number) for number in range(40)]

        errors = [caller.answer(request, seconds=60)["error"] for request in requests]

    assert {error["exc_type"] for error in errors} == {"BrokerUnavailable"}
