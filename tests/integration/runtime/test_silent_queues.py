"""A quorum queue that does not answer, as RabbitMQ leaves one after some crashes."""

from contextlib import suppress

import eventlet
import pytest
from amqp import Message
from kombu import Connection

from mare_nameko.service.confirming_session import ConfirmingSession
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


def test_an_isolated_routing_key_holds_back_no_other(vhost):
    names = ("silent", "other")
    with vhost.connect() as connection:
        for name in names:
            quorum = {"x-queue-type": "quorum"}
            connection.channel().queue_declare(
                name, durable=True, auto_delete=False, arguments=quorum
            )
    with Connection(vhost.amqp_uri) as connection, silent_leader(vhost, "silent"):
        session = ConfirmingSession(connection, on_end=lambda: None, isolated=["silent"])
        silent, other = [
            eventlet.spawn(
                session.publish, Message("{}"), "", name, mandatory=True, seconds=seconds
            )
            for name, seconds in zip(names, (90, 45), strict=True)
        ]
        while not other.dead:
            eventlet.sleep(0)
            with suppress(TimeoutError):
                connection.drain_events(timeout=0.1)

        assert (other.wait(), silent.dead) == (None, False)
        silent.kill()
