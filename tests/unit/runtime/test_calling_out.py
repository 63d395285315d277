"""What a proxy publishes for a call, and when it publishes nothing."""

import time
from types import SimpleNamespace

import pytest
from eventlet.event import Event
from nameko.exceptions import UnknownService

from mare_nameko.service.confirming_session import Unroutable
from mare_nameko.service.context import begin
from mare_nameko.service.errors import BrokerUnavailable, DeadlineExceeded
from mare_nameko.service.rpc_proxy import RpcProxy
from mare_nameko.tracing import Tracer


class RecordingTracer(Tracer):
    def __init__(self):
        self.begun = []

    def begin(self, name, kind, parent, attributes, started_at=None):
        self.begun.append((name, kind, parent, dict(attributes)))
        return super().begin(name, kind, parent, attributes)


class Shop:
    """A proxy of a service, and what it reaches."""

    def __init__(self, **settings):
        self.published = []
        self.outcomes = []
        self.error = None
        self.absent = False
        self.waiting = {}
        self.metrics = self
        self.container = self
        self.tracer = RecordingTracer()
        self.serializer = "json"
        self.settings = SimpleNamespace(call_seconds=10.0, publish_seconds=5.0)
        self.consumer = SimpleNamespace(can_receive=True)
        self.exchange = SimpleNamespace(name="nameko-rpc")
        self.routing_key = "replies"
        self.proxy = RpcProxy("worker", **settings)
        self.proxy.container = self
        self.proxy.publisher = self
        self.proxy.rpc_reply_listener = self
        self.proxy.consumer_counts = self
        self.queue_consumer = self.consumer

    def publish(self, payload, exchange, key, **properties):
        self.published.append((payload, exchange, key, properties))
        if self.error:
            raise self.error

    def is_absent(self, service):
        return self.absent and service == "worker"

    def get_reply_event(self, correlation_id):
        return self.waiting.setdefault(correlation_id, Event())

    def forget(self, correlation_id):
        self.waiting.pop(correlation_id, None)

    def called(self, target, outcome, seconds):
        self.outcomes.append((target, outcome))

    def worker(self, **data):
        context = begin(self.tracer, "shop", "pay", "server", data)
        return SimpleNamespace(message_context=context, context_data={"language": "pt"})

    def call(self, **data):
        worker = self.worker(**data)
        call = self.proxy.get_dependency(worker).echo.call_async(1, unit="m")
        return worker, call


def test_a_call_publishes_one_request():
    shop = Shop()
    before = time.time()
    worker, call = shop.call(request_id="r-1")

    ((payload, exchange, key, properties),) = shop.published
    headers = properties.pop("headers")
    assert (payload, exchange, key) == (
        {"args": (1,), "kwargs": {"unit": "m"}},
        "nameko-rpc",
        "worker.echo",
    )
    assert properties == {
        "serializer": "json",
        "mandatory": True,
        "seconds": 5.0,
        "reply_to": "replies",
        "correlation_id": call.correlation_id,
        "message_id": call.correlation_id,
        "delivery_mode": 1,
    }
    name, kind, parent, attributes = shop.tracer.begun[-1]
    assert (name, kind, parent) == ("worker.echo", "client", worker.message_context.span.context)
    assert attributes == {"rpc.system": "nameko", "rpc.method": "worker.echo"}
    assert headers["nameko.traceparent"].split("-")[1] == parent.trace_id
    assert headers["nameko.request_id"] == "r-1"
    assert headers["nameko.language"] == "pt"
    assert 10 <= headers["nameko.deadline"] - before <= 10 + time.time() - before
    assert list(shop.waiting) == [call.correlation_id]


@pytest.mark.parametrize(
    ("settings", "deadline", "seconds"),
    [({}, None, 10.0), ({"timeout": 2.0}, None, 2.0), ({"timeout": 5000.0}, 3600, 3600.0)],
)
def test_a_call_has_the_shorter_of_its_own_limit_and_its_callers(settings, deadline, seconds):
    data = {} if deadline is None else {"deadline": time.time() + deadline}
    shop = Shop(**settings)
    _, call = shop.call(**data)

    ((*_, properties),) = shop.published
    left = properties["headers"]["nameko.deadline"] - time.time()
    assert seconds - 60 < call._seconds <= seconds
    assert seconds - 60 < left <= seconds
    assert properties["seconds"] == min(5.0, call._seconds)


def test_calls_that_the_worker_has_not_waited_for_are_dropped_with_it():
    shop = Shop()
    worker, _ = shop.call()
    shop.proxy.get_dependency(worker).echo.call_async(2)

    shop.proxy.worker_teardown(worker)

    assert shop.waiting == {}
    assert shop.outcomes == [("worker.echo", "abandoned")] * 2


@pytest.mark.parametrize(
    ("error", "raised", "text"),
    [
        (Unroutable("worker.echo"), UnknownService, "Unknown service `worker`"),
        (BrokerUnavailable("The broker is unreachable."), BrokerUnavailable, "The broker is unr"),
    ],
)
def test_a_request_that_cannot_be_published_ends_its_call(error, raised, text):
    shop = Shop()
    shop.error = error

    with pytest.raises(raised, match=text):
        shop.call()

    assert shop.waiting == {}
    assert shop.outcomes == [("worker.echo", raised.__name__)]


def test_nothing_is_published_after_the_deadline_of_the_caller():
    shop = Shop()

    with pytest.raises(DeadlineExceeded) as failure:
        shop.call(deadline=time.time() - 1)
    assert str(failure.value) == "The deadline has passed before the call to worker.echo."
    assert shop.published == []


def test_nothing_is_published_to_a_service_that_is_absent():
    shop = Shop()
    shop.absent = True

    with pytest.raises(UnknownService):
        shop.call()
    assert shop.published == []


def test_nothing_is_published_while_no_reply_could_arrive():
    shop = Shop()
    shop.consumer.can_receive = False

    with pytest.raises(BrokerUnavailable) as failure:
        shop.call()
    assert str(failure.value) == "The broker is unreachable: worker.echo cannot be called."
    assert shop.published == []
