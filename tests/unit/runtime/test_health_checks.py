"""Liveness and readiness, as the process reports them."""

from types import SimpleNamespace

import pytest
from amqp.exceptions import AccessRefused

from mare_nameko.bounded_logs import OutageLog
from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.health import HealthChecks
from mare_nameko.service.publisher import Publisher


class Container:
    """As much of a container as is asked about."""

    def __init__(self):
        self.has_died = False
        self.consumer = QueueConsumer()
        self.subextensions = {self.consumer}
        self.dependencies = set()
        self.clock = 1000.0
        self.outage_log = OutageLog("the broker", lambda: self.clock)


@pytest.fixture
def container():
    return Container()


@pytest.fixture
def checks(container):
    return HealthChecks(container, clock=lambda: 1000.0)


def test_a_process_that_starts_lives_and_is_not_ready(checks):
    assert checks.liveness_failures() == []
    assert checks.readiness_failures() == ["starting", "not connected to the broker"]


def test_it_is_ready_when_it_has_started_and_is_connected(checks, container):
    checks.started = container.consumer.connected = True

    assert checks.readiness_failures() == []


def test_it_lives_without_the_broker(checks, container):
    checks.started = True
    container.consumer.last_tick = 990.0

    assert checks.liveness_failures() == []
    assert checks.readiness_failures() == ["not connected to the broker"]


def test_it_starts_again_with_the_password_of_its_secret_if_its_own_is_refused(checks, container):
    container.outage_log.connection_failed(AccessRefused("login refused", (0, 0)))
    container.clock += 60
    assert checks.liveness_failures() == []
    container.outage_log.connection_failed(AccessRefused())
    container.clock += 1

    assert checks.liveness_failures() == ["the broker has refused user or password for 61 s"]


@pytest.mark.parametrize(
    "ends",
    [
        lambda log: log.connection_failed(OSError()),
        lambda log: log.connection_failed(AccessRefused("no permission", (50, 10))),
        OutageLog.connected,
    ],
)
def test_a_refusal_counts_only_while_each_attempt_is_refused(checks, container, ends):
    container.outage_log.connection_failed(AccessRefused())
    ends(container.outage_log)
    container.clock += 3600

    assert checks.liveness_failures() == []


def test_it_takes_no_work_while_the_broker_takes_no_messages(checks, container):
    checks.started = container.consumer.connected = True
    publisher = Publisher()
    publisher._connected.send("a session")
    publisher._block("low on memory")
    container.subextensions.add(publisher)

    assert checks.liveness_failures() == []
    assert checks.readiness_failures() == ["the broker is in alarm and takes no messages"]


def test_it_does_not_live_when_its_container_has_died(checks, container):
    checks.started = container.consumer.connected = True
    container.has_died = True

    assert checks.liveness_failures() == checks.readiness_failures() == ["the container has died"]


def test_it_does_not_live_when_its_consuming_loop_stands_still(checks, container):
    container.consumer.last_tick = 930.0

    assert checks.liveness_failures() == ["the consuming loop has been stuck for 70 s"]


def test_while_it_stops_it_lives_and_takes_no_work(checks, container):
    container.consumer.connected = True
    checks.started = checks.stopping = True
    container.has_died = True

    assert checks.liveness_failures() == []
    assert checks.readiness_failures() == ["stopping"]


def test_it_does_not_live_when_a_loop_of_a_dependency_stands_still(checks, container):
    container.dependencies = [SimpleNamespace(liveness_failures=lambda: ["the relay is stuck"])]
    checks.started = container.consumer.connected = True

    assert checks.liveness_failures() == checks.readiness_failures() == ["the relay is stuck"]
