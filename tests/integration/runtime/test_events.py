"""Events that fail: tried again, later each time, then put aside with the reason."""

from itertools import pairwise

import pytest

from mare_nameko.topology import DEAD_LETTERS, vhost_definitions
from tests.vhost import becomes, eventually

pytestmark = pytest.mark.broker

QUEUE = "evt-front-thing--listener.on_thing"
QUICK = {"RUNTIME_RETRY_SECONDS": "0.2,0.5", "RUNTIME_RETRY_LIMIT": "3"}


def emit(vhost, body, event="thing", **headers):
    vhost.publish(
        body,
        exchange="front.events",
        routing_key=event,
        content_type="application/json",
        content_encoding="utf-8",
        message_id="m-1",
        application_headers=headers,
    )


def times(listener, data):
    return [float(entry.split()[1]) for entry in listener.entries() if entry.startswith(data)]


def test_a_failing_event_is_retried_with_growing_delays_and_then_put_aside(vhost, launch):
    listener = launch("runtime", "Listener", vhost.amqp_uri, **QUICK).wait_ready()

    emit(vhost, '"bad"', **{"nameko.request_id": "r-1", "other": "kept"})

    eventually(lambda: vhost.dead_letters() == 1)
    delays = [after - before for before, after in pairwise(times(listener, "bad"))]
    assert len(delays) == 3
    assert all(took >= least for took, least in zip(delays, (0.2, 0.5, 0.5), strict=True))
    assert {entry.split()[2] for entry in listener.entries()} == {"r-1"}
    message = vhost.get(DEAD_LETTERS)
    assert message.body == '"bad"'
    assert message.properties["message_id"] == "m-1"
    headers = message.properties["application_headers"]
    assert headers["dead-letter-reason"] == "retries-exhausted"
    assert headers["dead-letter-error"].startswith("ValueError: 2026")
    assert headers["dead-letter-queue"] == QUEUE
    assert headers["retry-attempt"] == 4
    assert headers["other"] == "kept"
    assert listener.metric("runtime_retried_total", entrypoint="on_thing") == 3
    eventually(lambda: listener.metric("runtime_dead_lettered_total", entrypoint="on_thing") == 1)
    assert vhost.depth(QUEUE).ready == 0


def test_an_event_stays_in_its_queue_while_the_dead_letters_are_full(vhost, launch):
    call = vhost.node.management.call
    (policy,) = (each for each in vhost_definitions()["policies"] if each["name"] == DEAD_LETTERS)
    small = {**policy, "priority": 50, "definition": policy["definition"] | {"max-length": 1}}
    call("PUT", "policies", vhost.name, "small", body=small)
    settings = QUICK | {"RUNTIME_RETRY_LIMIT": "0"}
    listener = launch("runtime", "Listener", vhost.amqp_uri, **settings).wait_ready()
    events = 0

    def one_is_requeued():
        """Events are dead letters until the policy applies, some time after its PUT."""
        nonlocal events
        emit(vhost, '"bad"')
        events += 1
        return "is requeued" in listener.log()

    eventually(one_is_requeued)
    call("DELETE", "policies", vhost.name, "small")
    becomes(vhost.dead_letters, events)


@pytest.mark.parametrize(("limit", "parked", "dead"), [("3", 1, 0), ("2", 0, 1)])
def test_an_event_whose_processes_were_killed_is_parked_or_given_up(
    vhost, launch, limit, parked, dead
):
    """Each kill is a failure, also of a process that could not begin with the event."""
    settings = {"RUNTIME_RETRY_SECONDS": "60", "RUNTIME_RETRY_LIMIT": limit}
    killed = launch("runtime", "Listener", vhost.amqp_uri, **settings).wait_ready()
    emit(vhost, '"deadly"')
    assert killed.wait(60) == -9
    for _ in range(6):
        becomes(lambda: vhost.depth(QUEUE).ready, 1)
        with vhost.connect() as connection:
            assert connection.channel().basic_get(QUEUE) is not None
    becomes(lambda: vhost.depth(QUEUE).ready, 1)

    listener = launch("runtime", "Listener", vhost.amqp_uri, **settings).wait_ready()

    becomes(lambda: (vhost.depth("retry-60s").ready, vhost.dead_letters()), (parked, dead))
    assert vhost.depth(QUEUE).ready == 0
    assert listener.is_ready()
    assert len(times(killed, "deadly")) == 1
