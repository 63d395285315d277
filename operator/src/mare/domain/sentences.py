"""Numbers and counts as people read them."""

import math


def significant(value: float, digits: int = 3) -> float:
    """A number as it is written, so that whoever reads it can repeat the sum."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def number(value: float) -> str:
    """Digits without an exponent or a trailing zero."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return text or "0"


def replicas(count: int) -> str:
    return "1 replica" if count == 1 else f"{count} replicas"


def messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def workers(count: float) -> str:
    return "1 worker" if count == 1 else f"{number(count)} workers"


def percent(share: float) -> str:
    return f"{number(hundredths(share))} %"


def hundredths(share: float) -> float:
    """A share in percent, as it is written."""
    return significant(100 * share)
