"""However often something is wrong, there is a line for it every 30 s."""

import logging

import pytest

from mare_nameko.bounded_logs import REPORT_SECONDS, BoundedWarnings
from tests.fakes.clock import Clock


@pytest.fixture
def clock():
    return Clock(0.0)


@pytest.fixture
def warnings(clock):
    return BoundedWarnings(logging.getLogger("test"), clock)


def test_the_same_message_is_logged_once_in_30_s_whatever_its_arguments(warnings, clock, caplog):
    for number in range(1_000):
        warnings.warn("%s is odd", number)
        clock.now += REPORT_SECONDS / 1_000
    assert caplog.messages == ["0 is odd"]

    warnings.warn("%s is odd", "x")
    assert caplog.messages[1:] == ["x is odd (and 999 times before)"]


def test_another_message_is_logged_at_once(warnings, caplog):
    warnings.warn("odd")
    warnings.warn("even")

    assert caplog.messages == ["odd", "even"]
