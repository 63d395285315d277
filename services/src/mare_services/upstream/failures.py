"""From what HTTP says to the errors of the contract, without a word of the upstream's own.

Bodies, URLs and exception texts of upstreams may hold keys or markup, so none of them is passed on.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from mare_services.contract.errors import (
    SourceFailed,
    SourceLimited,
    SourceRefused,
    SourceTimedOut,
    SourceUnavailable,
)

LONGEST = 86_400.0
"""Seconds; Spotify is known to ask for 24 hours. More than that is taken for a mistake."""


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Return the seconds that ``header`` asks for, within 0 and a day; ``None`` if it is unusable.

    Args:
        header: as received.
        now: aware; dates in the header are counted from it.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST)


TRANSPORT_ERRORS = (requests.RequestException, HTTPError, TimeoutError)
"""What a call may raise before there is a whole answer."""


def _is_reset(error: Exception) -> bool:
    if isinstance(error, requests.ConnectionError) and error.args:
        error = error.args[0]
    return isinstance(error, ProtocolError)


def is_transient(error: SourceFailed) -> bool:
    """Return whether a second attempt may succeed: a broken connection or an overloaded server."""
    return error.extra.get("status") in {None, 500, 502, 503, 504}


def is_outage(error: SourceUnavailable) -> bool:
    """Return whether the next question is likely to fail as well."""
    return error.extra.get("found") != 0


def of_transport(source: str, error: Exception) -> SourceUnavailable:
    """Return the error for a call that ended without a whole answer."""
    if isinstance(error, requests.ConnectTimeout):
        return unreachable(source)
    if isinstance(error, (TimeoutError, requests.Timeout, ReadTimeoutError)):
        return timed_out(source)
    if _is_reset(error):
        return SourceFailed(f"{source} broke the connection.", {"source": source})
    if isinstance(error, requests.ConnectionError):
        return unreachable(source)
    return SourceFailed(f"{source} answered with broken HTTP.", {"source": source})


def of_status(
    source: str, status: int, headers: Mapping[str, str], now: datetime
) -> SourceUnavailable:
    """Return the error for an answer that is not a success."""
    extra = {"source": source, "status": status}
    if status in {401, 403}:
        return SourceRefused(f"{source} refused our credentials ({status}).", extra)
    if status == 429:  # noqa: PLR2004
        wait = retry_after_seconds(headers.get("Retry-After"), now)
        return SourceLimited(f"{source} limits our rate.", {**extra, "retry_after": wait})
    return SourceFailed(f"{source} answered with status {status}.", extra)


def timed_out(source: str) -> SourceTimedOut:
    """Return the error for an upstream that took the question and did not answer in time."""
    return SourceTimedOut(f"{source} did not answer in time.", {"source": source})


def unreachable(source: str) -> SourceTimedOut:
    """Return the error for an upstream with which no connection came about."""
    extra = {"source": source, "unreachable": True}
    return SourceTimedOut(f"{source} cannot be reached.", extra)


def nonsense(source: str) -> SourceFailed:
    """Return the error for a success whose body is not what the documentation promises."""
    return SourceFailed(f"{source} answered in an unknown shape.", {"source": source})


def nothing_found(source: str) -> SourceFailed:
    """Return the error for an upstream that is well and has nothing for this question."""
    return SourceFailed(f"{source} found nothing.", {"source": source, "found": 0})


def oversized(source: str, status: int) -> SourceFailed:
    """Return the error for a body that nobody wants to hold in memory."""
    return SourceFailed(f"{source} answered with too much.", {"source": source, "status": status})
