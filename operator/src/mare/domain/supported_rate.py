"""The arrival rate that targets use: without what one sample alone shows and messages do not.

A counter that jumps, such as after a restart of a node or for messages that are purged at once,
looks like many messages. If they had arrived, the replicas would work on them, and those that they
cannot take would be ready.

One sample does not show either whether messages go on to arrive. If they do, those that the
replicas cannot take make the ready messages grow. Example: 40 messages arrive at once, 2 replicas
of 0.8 messages/s start for them, and the sample shows 8 messages/s. The ready messages fall: the
rate is at most 1.6 messages/s, and no replica is added for more.
"""

from mare.domain.clause import Clause, significant
from mare.domain.estimates import Estimates
from mare.domain.observation import Load, Workload
from mare.domain.unknown import known
from mare.domain.work_in_progress import in_progress


def rate_of(
    load: Load,
    estimates: Estimates,
    workload: Workload,
    capacity: float | None = None,
    workers: float | None = None,
) -> tuple[float, Clause | None]:
    """Return the supported rate, and a remark if it is not the measured one.

    Capacity and workers of a replica are those that are given, else those that were measured. By
    Little's law the messages that workers have show the rate at which they began. That is all that
    is known of the rate where no queue lives for two statistics, such as with a queue for each job.
    It may keep replicas, and adds none: see `rate_of_ready`.
    """
    each = capacity or known(estimates.capacity_per_replica, 0.0)
    at_once = workers or known(estimates.workers_per_replica, 0.0)
    rate_in_progress = in_progress(load, workload, at_once) * each / at_once if at_once else 0.0
    if estimates.has_new_queues:
        if not rate_in_progress or workload.replicas == 0:
            return 0.0, None
        return significant(rate_in_progress), Clause("wait.newQueues")
    rate = significant(estimates.supported_rate(known(load.ready, 0), rate_in_progress))
    measured = significant(known(estimates.arrival_rate, 0.0))
    return rate, Clause("wait.unconfirmed", arrivalRate=measured) if measured > rate else None


def rate_of_ready(rate: float, workload: Workload, capacity: float) -> float:
    """Return the part of the rate in progress to which ready messages add replicas.

    A replica that starts has no message, and its workers count as busy. Example: 5 replicas of one
    worker prefetch 40 messages. The rate of 5 busy replicas needs 6, that of 6 needs 8, and so on
    up to `maxReplicas`, although no message is ready.
    """
    return min(rate, significant(known(workload.ready, workload.replicas) * capacity))
