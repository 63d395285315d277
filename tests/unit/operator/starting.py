"""What the tests of replicas that do not start have in common."""

from mare.domain.absent_queues import AbsentQueues
from mare.domain.observation import load_of
from mare.domain.spec import ForecastMode, QueueWaitTime, ScalingSpec
from mare.domain.starting_backlog import StartingBacklog
from tests.unit.operator.building import reading

KNOWN = QueueWaitTime(wait_seconds=2, capacity_per_replica=8, workers_per_replica=4)
SPEC = ScalingSpec(min_replicas=0, max_replicas=100, targets=(KNOWN,), forecast=ForecastMode.OFF)


def observed(backlog, ready, now, *, consuming=0.0, delivered=0, **more):
    fields = {"consumers": int(consuming), "delivered": delivered}
    load = timeline_load(ready, now, sampled_after=now - 5, **fields)
    return observed_load(backlog, load, now, consuming=consuming, **more)


def observed_load(backlog, load, now, *, rate=10.0, **more):
    fields = {
        "replicas": 12,
        "consuming": 0.0,
        "arrival_rate": rate,
        "start_seconds": 3.0,
        "is_learning": False,
        "absent": AbsentQueues(),
    }
    return backlog.observe(load, now, **{**fields, **more})


def timeline_load(ready, now, **fields):
    return load_of((reading(ready, at=now, **fields),))


def stuck(*, until=600, **more):
    """Ten messages arrive each second, and none of 12 replicas starts."""
    backlog = StartingBacklog()
    for second in range(until):
        backlog = observed(backlog, 100 + 10 * second, float(second), **more)
    return backlog
