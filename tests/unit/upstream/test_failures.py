"""What an upstream answers, as errors of the contract."""

from datetime import UTC, datetime

import pytest

from mare_services.contract.errors import SourceFailed, SourceLimited, SourceRefused
from mare_services.upstream import failures

NOW = datetime(2026, 3, 26, 13, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "kind", "is_transient"),
    [
        (400, SourceFailed, False),
        (404, SourceFailed, False),
        (500, SourceFailed, True),
        (501, SourceFailed, False),
        (502, SourceFailed, True),
        (503, SourceFailed, True),
        (504, SourceFailed, True),
        (505, SourceFailed, False),
        (401, SourceRefused, False),
        (403, SourceRefused, False),
    ],
)
def test_a_status_is_an_error_that_names_it(status, kind, is_transient):
    error = failures.of_status("deezer", status, {}, NOW)

    assert type(error) is kind
    assert error.extra == {"source": "deezer", "status": status}
    assert str(status) in str(error)
    assert failures.is_transient(error) is is_transient


@pytest.mark.parametrize(("header", "seconds"), [({"Retry-After": "7"}, 7), ({}, None)])
def test_a_rate_limit_has_the_seconds_to_wait(header, seconds):
    error = failures.of_status("deezer", 429, header, NOW)

    assert type(error) is SourceLimited
    assert error.extra == {"source": "deezer", "status": 429, "retry_after": seconds}


@pytest.mark.parametrize(
    ("error", "extra", "text"),
    [
        (failures.timed_out("a"), {}, "a did not respond in time."),
        (failures.unreachable("a"), {"unreachable": True}, "a cannot be reached."),
        (failures.unknown_format("a"), {}, "a returned an unknown format."),
        (failures.nothing_found("a"), {"found": 0}, "a found nothing."),
        (failures.oversized("a", 200), {"status": 200}, "a returned more than 1 MiB."),
    ],
)
def test_each_failure_names_its_source(error, extra, text):
    assert (error.extra, str(error)) == ({"source": "a", **extra}, text)
    assert failures.is_outage(error) is ("found" not in extra)
