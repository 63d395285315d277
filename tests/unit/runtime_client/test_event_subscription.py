"""Events of a service arrive once it is subscribed, and again after an outage."""

import queue
import socket
import threading

import msgspec
import pytest

from mare_nameko.client import AmqpUri, Options
from mare_nameko.client import subscription as subscription_module
from mare_nameko.client.subscription import EventSubscription
from tests.vhost import becomes, eventually

PATIENCE = 60


@pytest.fixture
def heard():
    """Return events and subscriptions in their order."""
    return queue.Queue()


@pytest.fixture
def subscribe(broker, heard, monkeypatch):
    monkeypatch.setattr(subscription_module, "_TICK", 0.01)
    made = []

    def subscribe(uri=None, on_event=heard.put, **options):
        subscription = EventSubscription(
            Options(
                amqp_uri=AmqpUri(uri or broker.uri),
                name="test",
                backoff=0.01,
                max_backoff=0.02,
                **options,
            ),
            "jobs",
            "job_changed",
            on_event=on_event,
            on_subscribed=lambda: heard.put("subscribed"),
        )
        made.append(subscription)
        subscription.start()
        assert heard.get(timeout=PATIENCE) == "subscribed"
        return subscription

    yield subscribe
    for each in made:
        each.stop()
        each.join(PATIENCE)


def test_a_subscription_has_a_queue_of_its_own_that_drops_the_oldest(broker, subscribe):
    subscription = subscribe()

    assert subscription.connected
    ((name, declared),) = broker.queues.items()
    assert name.startswith("rpc.events-test-")
    assert declared == {
        "durable": False,
        "exclusive": True,
        "auto_delete": True,
        "arguments": {"x-queue-type": "classic", "x-max-length": 10_000},
    }
    assert broker.bindings == [(name, "jobs.events", "job_changed")]
    assert broker.consumed == {name: True}
    (login,) = broker.logins
    assert login["connection_name"] == f"test-events@{socket.gethostname()}"
    assert (login["response"], login["virtual_host"]) == ("\0ana\0secret", "shop")
    assert "events" in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("existing", [None, {"type": "topic", "durable": False}])
def test_the_exchange_of_the_service_is_used_as_it_is(broker, subscribe, existing):
    if existing is not None:
        broker.exchanges["jobs.events"] = existing
    subscribe()

    assert broker.exchanges == {
        "jobs.events": existing or {"type": "topic", "durable": True, "auto_delete": False}
    }


def test_events_arrive_in_their_order_and_nonsense_is_left_out(broker, subscribe, heard):
    subscribe()
    for body in (b'{"n": 1}', b"", b"<xml/>", b"\xff\xfe", b"[" * 100_000, b'"second"'):
        broker.connections[-1].deliver(body)

    assert heard.get(timeout=PATIENCE) == {"n": 1}
    assert heard.get(timeout=PATIENCE) == "second"


def test_events_of_another_shape_are_left_out(broker, subscribe, heard):
    subscribe(on_event=lambda event: heard.put(msgspec.convert(event, dict[str, int])))
    for body in (b"null", b"[]", b'{"n": {}}', b'{"n": 2}'):
        broker.connections[-1].deliver(body)

    assert heard.get(timeout=PATIENCE) == {"n": 2}


def test_after_an_outage_it_subscribes_again(broker, subscribe, heard):
    subscription = subscribe()
    broker.connections[-1].drop()

    assert heard.get(timeout=PATIENCE) == "subscribed"
    broker.connections[-1].deliver(b"2")
    assert heard.get(timeout=PATIENCE) == 2
    assert subscription.connected
    assert len(broker.queues) == 2


def test_an_event_that_cannot_be_handled_does_not_end_it(broker, subscribe, heard):
    def handle(event):
        heard.put(event)
        if event == "bad":
            raise ValueError(event)

    subscribe(on_event=handle)
    broker.connections[-1].deliver(b'"bad"')

    assert heard.get(timeout=PATIENCE) == "bad"
    assert heard.get(timeout=PATIENCE) == "subscribed"
    broker.connections[-1].deliver(b'"good"')
    assert heard.get(timeout=PATIENCE) == "good"


def test_the_addresses_are_tried_in_turn(broker, subscribe):
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]

    assert subscribe(f"amqp://127.0.0.1:{closed}/;{broker.uri}").connected


def test_while_no_broker_answers_it_is_not_connected(broker, subscribe, monkeypatch):
    subscription = subscribe()
    monkeypatch.setattr(EventSubscription, "_connection", lambda *_: 1 / 0)
    broker.connections[-1].drop()

    becomes(lambda: subscription.connected, False)
    assert subscription.is_alive()


def test_a_subscription_without_events_is_kept_alive_by_heartbeats(broker, subscribe):
    broker.heartbeat_seconds = 1
    subscribe(heartbeat=1.0)

    eventually(lambda: broker.heartbeats > 1)


def test_a_stopped_subscription_closes_its_connection(broker, subscribe):
    subscription = subscribe()

    subscription.stop()
    subscription.join(PATIENCE)

    assert not subscription.is_alive()
    assert (subscription.connected, broker.closed) == (False, 1)
