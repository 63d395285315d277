"""Responses with another status than 200 are errors, which name no status."""

import pytest

from mare.broker.http_client import TooManyRequests
from mare.ports import AccessRefused
from tests.unit.operator_broker.statistics_server import (
    SOURCES,
    FakeServer,
    fetch,
    same_for_all,
    serve,
)


@pytest.mark.parametrize("kind", SOURCES)
def test_redirects_are_not_followed(kind):
    with serve(FakeServer()) as other:
        server = same_for_all(b"", status=302, headers={"Location": f"{other.uri}/secret"})
        with pytest.raises(OSError, match="does not return statistics"):
            fetch(kind, server)

    assert len(server.requested) == 1
    assert other.requested == []


@pytest.mark.parametrize("kind", SOURCES)
def test_refused_credentials_differ_from_a_failure(kind):
    for status in (401, 403):
        with pytest.raises(AccessRefused, match="refuses the user"):
            fetch(kind, same_for_all(b"", status=status))
    with pytest.raises(OSError, match="does not return statistics"):
        fetch(kind, same_for_all(b"", status=500))


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"Retry-After": "12"}, 12.0, id="seconds"),
        pytest.param({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, 0.0, id="a date"),
        pytest.param({"Retry-After": "-1"}, 0.0, id="negative"),
        pytest.param({}, 0.0, id="none"),
    ],
)
def test_a_server_that_is_overloaded_asks_clients_to_wait(kind, status, headers, seconds):
    server = same_for_all(b"", status=status, headers=headers)
    with pytest.raises(TooManyRequests, match=r"does not return statistics$") as refused:
        fetch(kind, server)
    assert refused.value.retry_after == seconds
