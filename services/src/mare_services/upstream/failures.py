"""Errors of the contract for failures of HTTP calls.

Bodies, URLs and exception texts of upstreams may contain keys or markup. None is passed on.
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

MAX_RETRY_AFTER = 86_400.0
"""Seconds. Spotify sends up to 24 hours; more is treated as a mistake."""


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Return the seconds of a ``Retry-After`` header, 0 to one day; ``None`` if it is invalid."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


TRANSPORT_ERRORS = (requests.RequestException, HTTPError, TimeoutError)
"""Errors of a call before its response is complete."""


def _is_reset(error: Exception) -> bool:
    if isinstance(error, requests.ConnectionError) and error.args:
        error = error.args[0]
    return isinstance(error, ProtocolError)


def is_transient(error: SourceFailed) -> bool:
    """Return whether a second attempt may succeed: a broken connection or an overloaded server."""
    return error.extra.get("status") in {None, 500, 502, 503, 504}


def is_outage(error: SourceUnavailable) -> bool:
    """Return whether the next call is likely to fail too."""
    return error.extra.get("found") != 0


def of_transport(source: str, error: Exception) -> SourceUnavailable:
    if isinstance(error, requests.ConnectTimeout):
        return unreachable(source)
    if isinstance(error, (TimeoutError, requests.Timeout, ReadTimeoutError)):
        return timed_out(source)
    if _is_reset(error):
        return SourceFailed(f"{source} closed the connection.", {"source": source})
    if isinstance(error, requests.ConnectionError):
        return unreachable(source)
    return SourceFailed(f"{source} returned invalid HTTP.", {"source": source})


def of_status(
    source: str, status: int, headers: Mapping[str, str], now: datetime
) -> SourceUnavailable:
    extra = {"source": source, "status": status}
    if status in {401, 403}:
        return SourceRefused(f"{source} rejects the credentials ({status}).", extra)
    if status == 429:  # noqa: PLR2004
        wait = retry_after_seconds(headers.get("Retry-After"), now)
        return SourceLimited(f"{source} limits the rate.", {**extra, "retry_after": wait})
    return SourceFailed(f"{source} returned status {status}.", extra)


def timed_out(source: str) -> SourceTimedOut:
    return SourceTimedOut(f"{source} did not respond in time.", {"source": source})


def unreachable(source: str) -> SourceTimedOut:
    """Return the error of an upstream that refuses connections or cannot be resolved."""
    extra = {"source": source, "unreachable": True}
    return SourceTimedOut(f"{source} cannot be reached.", extra)


def unknown_format(source: str) -> SourceFailed:
    return SourceFailed(f"{source} returned an unknown format.", {"source": source})


def nothing_found(source: str) -> SourceFailed:
    return SourceFailed(f"{source} found nothing.", {"source": source, "found": 0})


def oversized(source: str, status: int) -> SourceFailed:
    return SourceFailed(f"{source} returned more than 1 MiB.", {"source": source, "status": status})
