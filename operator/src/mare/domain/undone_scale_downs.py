"""How long the default scale-down window is: longer after scale-downs that had to be undone.

A replica that is removed and needed again seconds later costs a start-up, and its messages wait for
it. A window that is long for all loads costs much more: with 60 s a timer that fires every four
minutes needs 20 to 25 % more replica-seconds, though none of its scale-downs is undone.
"""

from dataclasses import dataclass

_SOON_SECONDS = 15.0
_SOON_PER_START = 1 / 3
"""A scale-up within 15 s and a third of the start-up time undoes a scale-down."""
_STEP = 2.0
_LONGEST = 4.0
"""Largest factor: 60 s instead of 15 s, as long as the window of an expert."""


@dataclass(frozen=True, slots=True)
class UndoneScaleDowns:
    """The factor of the window: doubled by a scale-down that is undone, halved by one that lasts.

    Example with a start-up of 3 s: scale-downs at 0, 40 and 100 s, scale-ups at 10 and 55 s. Both
    follow within 16 s: the window is 30 s after the first, and 60 s after the second. The
    scale-down at 100 s lasts, so that the window is 30 s from the next change on.
    """

    factor: float = 1.0
    scaled_down_at: float | None = None
    """When replicas were removed; None if the last change added replicas."""

    def observe(self, change: int, start_seconds: float, now: float) -> "UndoneScaleDowns":
        at, factor = self.scaled_down_at, self.factor
        if at is not None and now - at > _SOON_SECONDS + _SOON_PER_START * start_seconds:
            factor = max(1.0, factor / _STEP)
        elif at is not None and change > 0:
            factor = min(_LONGEST, factor * _STEP)
        return UndoneScaleDowns(factor, now if change < 0 else None)
