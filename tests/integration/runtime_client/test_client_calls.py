"""Calls to a stock Nameko service over a real broker."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mare_nameko.client import CallTimedOut, RemoteError
from tests.vhost import eventually


@pytest.mark.parametrize(
    "value", [None, 7, "são", {"a": [1.5, None, True]}, [], "x" * 300_000], ids=repr
)
def test_a_call_returns_the_sent_value(client, value):
    assert client.call("echo.echo", value, timeout=30) == value


def test_slow_calls_do_not_hold_up_quick_ones(client, tmp_path):
    end = tmp_path / "end"
    with ThreadPoolExecutor(8) as threads:
        slow = [threads.submit(client.call, "echo.wait", str(end), timeout=120) for _ in range(7)]
        eventually(lambda: client.in_flight == 7)
        client.call("echo.echo", 1, timeout=30)

        assert not any(call.done() for call in slow)
        end.touch()
    assert [call.result() for call in slow] == [str(end)] * 7


def test_the_arguments_of_an_error_arrive_as_plain_values(client):
    with pytest.raises(RemoteError) as raised:
        client.call("echo.fail", timeout=30)

    detail, extra = raised.value.exc_args
    assert detail == "No place is called Atlantis."
    assert extra["suggestions"][0]["name"] == "Recife"


def test_a_call_ends_at_its_deadline_and_its_late_reply_does_no_harm(client, tmp_path):
    end = tmp_path / "end"
    started = time.monotonic()
    with pytest.raises(CallTimedOut):
        client.call("echo.wait", str(end), timeout=0.3)

    assert time.monotonic() - started >= 0.3
    assert client.in_flight == 0
    end.touch()
    assert client.call("echo.sleep", 1.0, timeout=60) == 1.0  # the late reply comes before this one
    assert client.connections == 1
