"""Logs of the operator hold no credentials, whatever an error says."""

import json
import logging

import pytest

from mare.logs import WithoutCredentials

ADDRESSES = {
    "amqp://worker:p%40ss@broker:5672/%2F": "amqp://***@broker:5672/%2F",
    "amqps://worker:p@ss@broker": "amqps://***@broker",
    "https://broker/api/queues?name=a@b": "https://broker/api/queues?name=a@b",
    "no address of a@b": "no address of a@b",
}


@pytest.mark.parametrize(("address", "shown"), ADDRESSES.items())
def test_addresses_are_logged_without_user_and_password(address: str, shown: str):
    error = ValueError(f"cannot parse '{address}' or \"{address}\"")
    exc_info = (ValueError, error, None)
    record = logging.LogRecord("mare", 40, "", 0, f"Read {address}", (), exc_info)
    record.error = address

    line = WithoutCredentials("%(message)s").format(record)

    fields = json.loads(line)
    assert (fields["message"], fields["error"]) == (f"Read {shown}", shown)
    assert f"'{shown}' or \"{shown}\"" in fields["exc_info"]
