"""What every weather API has to say, and may say wrongly."""

from services.contract.errors import SourceFailed

COLDEST, HOTTEST = -95.0, 65.0
"""Degrees Celsius; the records are -89.2 and 56.7. Sentinels and kelvins lie outside."""


def temperature(source: str, celsius: float | None) -> float:
    """Return the temperature, or raise ``SourceFailed`` if it is missing or impossible."""
    if celsius is None or not COLDEST <= celsius <= HOTTEST:
        raise SourceFailed(f"{source} knows no temperature.", {"source": source})
    return celsius


def kilometres_per_hour(metres_per_second: float | None) -> float | None:
    """Return a speed in the contract's unit."""
    return None if metres_per_second is None else round(metres_per_second * 3.6, 1)
