"""An outage is logged once for all connections, and again every 30 s."""

import logging

import pytest

from mare_nameko.bounded_logs import OutageLog
from tests.fakes.clock import Clock


@pytest.fixture
def clock():
    return Clock(100.0)


@pytest.fixture
def outage_log(clock, caplog):
    caplog.set_level(logging.INFO)
    return OutageLog("the broker at amqp://broker", clock)


def test_connections_that_fail_together_are_logged_once(outage_log, clock, caplog):
    outage_log.connection_failed(OSError("refused"))
    outage_log.connection_failed(OSError("refused"))
    clock.now += 29.9
    outage_log.connection_failed(OSError("refused"))

    assert caplog.messages == ["Waiting for the broker at amqp://broker: refused"]


def test_a_long_outage_is_logged_every_thirty_seconds(outage_log, clock, caplog):
    for _ in range(61):
        outage_log.connection_failed(TimeoutError())
        clock.now += 1

    assert caplog.messages == ["Waiting for the broker at amqp://broker: TimeoutError"] * 3


def test_another_cause_is_logged_at_once(outage_log, caplog):
    for _ in range(3):
        outage_log.connection_failed(OSError("reset"))
        outage_log.connection_failed(OSError("refused"))

    assert [text.rpartition(" ")[2] for text in caplog.messages] == ["reset", "refused"]


def test_an_unexpected_error_is_logged_with_its_trace(outage_log, caplog):
    outage_log.connection_failed(ValueError("malformed"), trace=True)

    assert caplog.records[0].exc_info


def test_the_end_of_an_outage_is_logged_with_its_length(outage_log, clock, caplog):
    outage_log.connection_failed(OSError("refused"))
    clock.now += 2.5
    outage_log.connected()
    outage_log.connected()

    assert caplog.messages[1:] == ["Reached the broker at amqp://broker again after 2.5 s"]


def test_the_next_outage_is_logged_at_once(outage_log, caplog):
    outage_log.connection_failed(OSError("refused"))
    outage_log.connected()
    outage_log.connection_failed(OSError("gone"))

    assert caplog.messages[-1] == "Waiting for the broker at amqp://broker: gone"


def test_the_first_connection_is_not_logged(outage_log, caplog):
    outage_log.connected()

    assert not caplog.messages
