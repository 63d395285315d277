"""Consumers are registered while providers come to their end."""

from types import SimpleNamespace

import pytest

from mare_nameko.service.consumer import QueueConsumer


class Broker:
    """Creates consumers; another green thread may run while it answers."""

    def __init__(self):
        self.while_answering = lambda: None

    def __call__(self, queues, callbacks, accept):
        self.while_answering()
        return SimpleNamespace(queues=queues, qos=lambda prefetch_count: None)


@pytest.fixture
def consumer(monkeypatch):
    monkeypatch.setattr(QueueConsumer, "accept", ["json"])
    monkeypatch.setattr(QueueConsumer, "prefetch_count", 1)
    return QueueConsumer()


class Provider:
    def __init__(self, queue):
        self.queue = queue


@pytest.mark.parametrize("moment", [1, 2, 3])
def test_a_provider_that_unregisters_meanwhile_gets_no_consumer(consumer, moment):
    providers = [Provider(name) for name in "abc"]
    consumer._providers.update(providers)
    broker = Broker()
    answers = []

    def unregister():
        answers.append(1)
        if len(answers) == moment:
            consumer._providers.discard(providers[0])

    broker.while_answering = unregister

    consumers = consumer.get_consumers(broker, channel=None)

    assert set(consumer._consumers) == set(providers[1:])
    assert {each.queues[0] for each in consumers} == {"b", "c"}
    assert consumer.can_receive
