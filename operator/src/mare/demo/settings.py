"""What the demo runs: its queue, its workers, its load."""

from random import Random

from mare.domain.spec import QueueWaitTime
from mare.simulation.load import Burst, Load, Points

QUEUE = "demo"
SERVICE_SECONDS = 0.5
"""Time that a worker needs for a message."""
WORKERS = 4
"""Messages that a process works on at a time; also its prefetch count."""
WAIT_SECONDS = QueueWaitTime().wait_seconds
"""Wait that 95 % of the messages shall not exceed."""
_PEAK_SHARE = 0.6
"""Peak of the load, as a share of what all processes together can do."""
_BURST_SECONDS = 3.0
"""Time that all processes together need for the burst."""


def arrivals(seconds: float, most: int) -> list[float]:
    """Return the times, in seconds from the start, at which messages are published.

    The load has two waves with a pause between them, and a burst near the end.
    """
    capacity = most * WORKERS / SERVICE_SECONDS
    peak = _PEAK_SHARE * capacity
    shape = (
        (0.0, 0.05), (0.2, 1.0), (0.3, 1.0), (0.42, 0.0),
        (0.5, 0.0), (0.55, 0.5), (0.65, 0.5), (0.75, 0.1), (1.0, 0.0),
    )  # fmt: skip
    load = Load(
        rates=(Points(tuple((share * seconds, height * peak) for share, height in shape)),),
        bursts=(Burst(0.8 * seconds, round(_BURST_SECONDS * capacity)),),
    )
    return load.arrivals(seconds, Random(1))  # noqa: S311
