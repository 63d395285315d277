"""Alive and ready, as told from the inside."""

import pytest

from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.publisher import Publisher
from mare_nameko.service.vitals import Vitals


class Container:
    """As much of a container as is asked about."""

    def __init__(self):
        self.has_died = False
        self.consumer = QueueConsumer()
        self.subextensions = {self.consumer}


@pytest.fixture
def container():
    return Container()


@pytest.fixture
def vitals(container):
    return Vitals(container, clock=lambda: 1000.0)


def test_a_process_that_starts_lives_and_is_not_ready(vitals):
    assert vitals.ailments() == []
    assert vitals.obstacles() == ["starting", "not connected to the broker"]


def test_it_is_ready_when_it_has_started_and_is_connected(vitals, container):
    vitals.started = container.consumer.connected = True

    assert vitals.obstacles() == []


def test_it_lives_without_the_broker(vitals, container):
    vitals.started = True
    container.consumer.last_tick = 990.0

    assert vitals.ailments() == []
    assert vitals.obstacles() == ["not connected to the broker"]


def test_it_takes_no_work_while_the_broker_takes_no_messages(vitals, container):
    vitals.started = container.consumer.connected = True
    publisher = Publisher()
    publisher._connected.send("a session")
    publisher.blocked = True
    container.subextensions.add(publisher)

    assert vitals.ailments() == []
    assert vitals.obstacles() == ["the broker is in alarm and takes no messages"]


def test_it_does_not_live_when_its_container_has_died(vitals, container):
    vitals.started = container.consumer.connected = True
    container.has_died = True

    assert vitals.ailments() == vitals.obstacles() == ["the container has died"]


def test_it_does_not_live_when_its_consuming_loop_stands_still(vitals, container):
    container.consumer.last_tick = 930.0

    assert vitals.ailments() == ["the consuming loop has stood still for 70 s"]


def test_while_it_stops_it_lives_and_takes_no_work(vitals, container):
    container.consumer.connected = True
    vitals.started = vitals.stopping = True
    container.has_died = True

    assert vitals.ailments() == []
    assert vitals.obstacles() == ["stopping"]
