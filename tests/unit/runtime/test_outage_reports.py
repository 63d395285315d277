"""An outage is told as one, without filling the log."""

import logging

import pytest

from mare_nameko.service.outage import Outage


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def outage(clock, caplog):
    caplog.set_level(logging.INFO)
    return Outage("amqp://broker", clock)


def test_several_connections_that_fail_together_are_told_once(outage, clock, caplog):
    outage.failed(OSError("refused"))
    outage.failed(OSError("refused"))
    clock.now += 4.9
    outage.failed(OSError("refused"))

    assert caplog.messages == ["Waiting for the broker at amqp://broker: refused"]


def test_a_long_outage_is_told_every_five_seconds(outage, clock, caplog):
    for _ in range(11):
        outage.failed(TimeoutError())
        clock.now += 1

    assert caplog.messages == ["Waiting for the broker at amqp://broker: TimeoutError"] * 3


def test_its_end_is_told_with_its_length(outage, clock, caplog):
    outage.failed(OSError("refused"))
    clock.now += 2.5
    outage.ended()
    outage.ended()

    assert caplog.messages[1:] == ["Reached the broker at amqp://broker again after 2.5 s"]


def test_the_next_outage_is_told_at_once(outage, caplog):
    outage.failed(OSError("refused"))
    outage.ended()
    outage.failed(OSError("gone"))

    assert caplog.messages[-1] == "Waiting for the broker at amqp://broker: gone"


def test_a_first_connection_is_no_news(outage, caplog):
    outage.ended()

    assert not caplog.messages
