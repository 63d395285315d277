"""Calls to a stock Nameko service over a real broker."""

import pytest

from mare_nameko.client import RemoteError


@pytest.mark.parametrize(
    "value", [None, 7, "são", {"a": [1.5, None, True]}, [], "x" * 300_000], ids=repr
)
def test_a_call_returns_the_sent_value(client, value):
    assert client.call("echo.echo", value, timeout=30) == value


def test_the_arguments_of_an_error_arrive_as_plain_values(client):
    with pytest.raises(RemoteError) as raised:
        client.call("echo.fail", timeout=30)

    detail, extra = raised.value.exc_args
    assert detail == "No place is called Atlantis."
    assert extra["suggestions"][0]["name"] == "Recife"
