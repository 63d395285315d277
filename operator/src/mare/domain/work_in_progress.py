"""The unacknowledged messages that workers have begun, and those that are a load.

A worker has one message at a time. The others are prefetched, or held for later, such as the ETA
and countdown tasks of Celery: no other replica can take them, so that they need none.
"""

import math

from mare.domain.estimates import Estimates
from mare.domain.observation import Load, Workload
from mare.domain.spec import QueueLength, ScalingSpec
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


def most_counted(load: Load, workload: Workload, estimates: Estimates, each: float) -> float:
    """Return the most unacknowledged messages that are a load, where a replica takes `each`.

    Those beyond what the replicas with a message take may be a burst (`delivered_bursts`). With a
    prefetch count of a few messages all are at work or soon will be, such as tasks of minutes.
    """
    if workload.replicas == 0 or not estimates.may_hold_messages(load):
        return math.inf
    others = known(load.unacknowledged, 0) - estimates.delivered_bursts.messages
    return math.ceil(max(most_in_progress(workload, each), others))


def most_not_held(spec: ScalingSpec, load: Load, workload: Workload, estimates: Estimates) -> float:
    """Return the most unacknowledged messages of which none is held for later."""
    if spec.workers_per_replica is not None:
        return most_in_progress(workload, spec.workers_per_replica)
    counted = (
        most_counted(load, workload, estimates, target.messages_per_replica)
        for target in spec.targets
        if isinstance(target, QueueLength) and not target.exclude_unacknowledged
    )
    return max(counted, default=math.inf)
