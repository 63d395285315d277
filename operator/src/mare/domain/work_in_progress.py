"""The unacknowledged messages that workers have begun.

A worker has one message at a time. The others are prefetched, or held for later, such as the ETA
and countdown tasks of Celery: no other replica can take them, so that they need none.
"""

import math

from mare.domain.observation import Load, Workload
from mare.domain.unknown import known


def most_in_progress(workload: Workload, workers: float) -> float:
    """Return the most messages that the workers of all busy replicas can have begun.

    At 0 replicas, others have the messages. Example: 200 messages are unacknowledged, and 47 of 50
    replicas with one worker are idle, so that 3 are in progress.
    """
    if workload.replicas == 0:
        return math.inf
    return workers * (workload.replicas - known(workload.idle, 0))


def in_progress(load: Load, workload: Workload, workers: float) -> int:
    """Return the unacknowledged messages that workers can have begun; 0 if they are unknown."""
    return math.ceil(min(most_in_progress(workload, workers), known(load.unacknowledged, 0)))
