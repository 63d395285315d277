"""Pauses between attempts to connect."""

from collections.abc import Callable, Iterator


def pauses(first: float, longest: float, random: Callable[[], float]) -> Iterator[float]:
    """Yield pauses in seconds for ever: doubling, each with 50 to 100 % of its length.

    Without the jitter every gateway would return to a restarted broker in the same moment.
    ``random`` returns a number between 0 and 1.
    """
    pause = first
    while True:
        yield pause * (0.5 + 0.5 * random())
        pause = min(pause * 2, longest)
