"""Consumers are registered while providers come to their end, and while queues do not answer."""

from types import SimpleNamespace

import eventlet
import pytest
from amqp import spec
from amqp.exceptions import AccessRefused, PreconditionFailed, ResourceLocked
from eventlet.event import Event

from mare_nameko.bounded_logs import OutageLog
from mare_nameko.service import registration
from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.health import HealthChecks


class Channel:
    """A channel of the one connection of a test."""

    def __init__(self, connection):
        self.connection = connection
        self.sent = []

    def send_method(self, *method):
        self.sent.append(method)


class Broker:
    """Creates consumers; another green thread may run while it answers."""

    def __init__(self):
        self.while_answering = lambda: None
        self.silent = set()
        self.refused = {}
        """The error with which a queue is refused, by its name and the method."""

        self.exchange = "events"
        self.bound = []
        self.registered = []
        self.channels = {}

    def channel(self):
        return Channel(self)

    def consumer(self, channel, queues, **_):
        (queue,) = queues
        self.channels[queue.name] = channel

        def refuse(method):
            if error := self.refused.get((queue.name, method)):
                raise error

        def declare():
            self.while_answering()
            refuse("declare")

        def consume():
            if queue.name in self.silent:
                Event().wait()
            refuse("consume")
            self.registered.append(queue.name)

        def bind():
            refuse("bind")
            self.bound.append(queue.name)

        return SimpleNamespace(
            channel=channel,
            queues=[
                SimpleNamespace(
                    name=queue.name,
                    exchange=SimpleNamespace(name=self.exchange),
                    queue_bind=bind,
                    _create_bindings=lambda: self.bound.append("others"),
                )
            ],
            declare=declare,
            consume=consume,
            qos=lambda prefetch_count: None,
        )


@pytest.fixture
def broker(monkeypatch):
    broker = Broker()
    monkeypatch.setattr(registration, "Consumer", broker.consumer)
    monkeypatch.setattr(registration, "REGISTER_SECONDS", 0.05)
    return broker


@pytest.fixture
def consumer(monkeypatch):
    monkeypatch.setattr(QueueConsumer, "accept", ["json"])
    monkeypatch.setattr(QueueConsumer, "prefetch_count", 1)
    return QueueConsumer()


class Provider:
    def __init__(self, name, *, no_ack=False):
        self.queue = SimpleNamespace(name=name, no_ack=no_ack)


def start(consumer, broker, *names):
    providers = [Provider(name) for name in names]
    consumer._providers.update(providers)
    with consumer._consume_from(*consumer.get_consumers(None, broker.channel())):
        consumer._established = SimpleNamespace(
            default_channel=broker.channel(), heartbeat_check=lambda: None
        )
        consumer.connected = True
    return providers


def failures(consumer):
    """Return why a started process is not ready, and why it is not alive."""
    container = SimpleNamespace(
        subextensions={consumer},
        dependencies=set(),
        has_died=False,
        outage_log=OutageLog("the broker"),
    )
    checks = HealthChecks(container)
    checks.started = True
    return checks.readiness_failures(), checks.liveness_failures()


@pytest.mark.parametrize("moment", [1, 2, 3])
def test_a_provider_that_unregisters_meanwhile_gets_no_consumer(consumer, broker, moment):
    providers = [Provider(name) for name in "abc"]
    consumer._providers.update(providers)
    answers = []

    def unregister():
        answers.append(1)
        if len(answers) == moment:
            consumer._providers.discard(providers[0])

    broker.while_answering = unregister

    consumers = consumer.get_consumers(None, broker.channel())

    assert set(consumer._consumers) == set(providers[1:])
    assert {each.channel for each in consumers} == {broker.channels["b"], broker.channels["c"]}
    assert consumer.can_receive


def test_a_queue_that_does_not_answer_holds_back_no_other_queue(consumer, broker):
    broker.silent.add("b")

    with eventlet.Timeout(60):
        start(consumer, broker, "a", "b", "c")

    assert set(broker.registered) == {"a", "c"}
    assert len({id(channel) for channel in broker.channels.values()}) == 3
    assert broker.channels["b"].sent == [(spec.Channel.Close, "BsBB", (0, "", 0, 0))]


def test_a_process_with_such_a_queue_is_alive_and_not_ready(consumer, broker):
    broker.silent.add("b")
    start(consumer, broker, "a", "b")

    assert failures(consumer) == (["the queue b does not answer"], [])


REFUSALS = [
    ("declare", AccessRefused("no permission", (50, 10)), "Queue.declare: (403) no permission"),
    ("declare", PreconditionFailed("of type direct", (40, 10)), "Exchange.declare: (406) of type"),
    ("declare", ResourceLocked("of another connection", (50, 10)), "Queue.declare: (405) of ano"),
    ("consume", AccessRefused("no permission", (60, 20)), "Basic.consume: (403) no permission"),
]


@pytest.mark.parametrize(("method", "error", "text"), REFUSALS)
def test_a_queue_that_is_refused_holds_back_no_other_queue(consumer, broker, method, error, text):
    broker.refused["b", method] = error

    start(consumer, broker, "a", "b", "c")

    assert set(broker.registered) == {"a", "c"}
    assert broker.channels["b"].sent == [(spec.Channel.Close, "BsBB", (0, "", 0, 0))]
    (reason,), dead = failures(consumer)
    assert reason.startswith(f"the queue b is refused: {text}")
    assert not dead


@pytest.mark.parametrize(("exchange", "bound"), [("events", ["b", "others"]), ("", ["others"])])
def test_a_queue_that_exists_with_other_arguments_is_bound_and_consumed(
    consumer, broker, caplog, exchange, bound
):
    """The broker refuses to bind a queue to the default exchange."""
    broker.exchange = exchange
    broker.refused["b", "declare"] = PreconditionFailed("inequivalent arg", (50, 10))

    start(consumer, broker, "b")

    assert (broker.bound, broker.registered) == (bound, ["b"])
    assert failures(consumer) == ([], [])
    text = "The queue b is consumed as it is: Queue.declare: (406) inequivalent arg"
    assert caplog.messages == [text]


@pytest.mark.parametrize("method", [(0, 0), (60, 80)])
def test_the_loss_of_another_channel_meanwhile_ends_the_connection(consumer, broker, method):
    """The consumer of that channel is gone, and nothing else would notice."""
    broker.refused["b", "declare"] = PreconditionFailed("acknowledgement timed out", method)

    with pytest.raises(PreconditionFailed):
        start(consumer, broker, "a", "b")


def test_a_refused_queue_is_tried_again_after_a_pause(consumer, broker, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(registration.time, "monotonic", lambda: now[0])
    broker.refused["b", "declare"] = ResourceLocked("of another connection", (50, 10))
    start(consumer, broker, "b")
    broker.channels["b"].connection = None
    broker.refused.clear()

    now[0] += registration.RETRY_SECONDS - 1
    consumer.on_iteration()
    before = list(broker.registered)
    now[0] += 1
    consumer.on_iteration()

    assert (before, broker.registered) == ([], ["b"])
    assert not consumer.unconsumed


def test_a_provider_may_unregister_while_another_one_is_tried_again(consumer, broker, monkeypatch):
    monkeypatch.setattr(registration, "RETRY_SECONDS", 0.0)
    for name in "ab":
        broker.refused[name, "declare"] = ResourceLocked("of another connection", (50, 10))
    start(consumer, broker, "a", "b")
    for channel in broker.channels.values():
        channel.connection = None
    first, other = consumer.unconsumed
    broker.while_answering = lambda: consumer.unregister_provider(other)

    consumer.on_iteration()

    assert set(consumer.unconsumed) == {first}


def test_without_its_queue_of_replies_a_service_consumes_nothing(consumer, broker):
    consumer._providers.add(Provider("replies", no_ack=True))
    broker.refused["replies", "declare"] = AccessRefused("no permission", (50, 10))

    with pytest.raises(AccessRefused):
        consumer.get_consumers(None, broker.channel())
    assert not consumer.can_receive


def test_such_a_queue_is_consumed_after_its_channel_is_closed(consumer, broker):
    broker.silent.add("b")
    start(consumer, broker, "b")
    broker.silent.clear()

    consumer.on_iteration()
    before = list(broker.registered)
    broker.channels["b"].connection = None
    consumer.on_iteration()

    assert (before, broker.registered) == ([], ["b"])
    assert not consumer.unconsumed
    assert not consumer.should_stop


def test_a_provider_of_such_a_queue_can_unregister(consumer, broker):
    broker.silent.add("b")
    (provider,) = start(consumer, broker, "b")

    with eventlet.Timeout(60):
        consumer.unregister_provider(provider)
    consumer.on_iteration()

    assert consumer.should_stop


def test_the_connection_stays_while_a_message_is_in_hand(consumer, broker):
    """At its end the broker would deliver the message again, to be done twice."""
    (provider,) = start(consumer, broker, "a")
    consumer._consumers[provider].cancel = lambda: None
    consumer.in_hand.add("message")
    stopping = eventlet.spawn(consumer.unregister_provider, provider)
    eventlet.sleep(0)

    consumer.on_iteration()
    assert not consumer.should_stop
    consumer._remove_from_hand("message")
    consumer.on_iteration()

    assert consumer.should_stop
    stopping.wait()
