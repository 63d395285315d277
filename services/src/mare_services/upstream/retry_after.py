"""The ``Retry-After`` header (RFC 9110, section 10.2.3): seconds or a date."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 86_400.0
"""Seconds; Spotify is known to ask for 24 hours. More than that is taken for a mistake."""


def seconds_to_wait(header: str | None, now: datetime) -> float | None:
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
