"""How many replicas keep the wait short: Little's law, a queueing formula and the backlog.

For arrival rate r, capacity per replica c, workers per replica k, ready messages b, wait target w
and drain time d, the result is the smallest n for which

* the busy share r / (n c) leaves enough idle time for the variation of arrivals;
* 95 % of messages wait at most w, without a backlog;
* the backlog is consumed in d in addition to arrivals: n >= (r + b / d) / c. One worker per message
  is enough: n >= r / c + b / k.
"""

import math
from dataclasses import dataclass
from typing import Literal

from mare.domain.clause import significant
from mare.domain.count import MAX_COUNT, count_of, least

_PERCENTILE = 0.95
_IDLE_SHARE = 0.2
"""Largest idle share, which few workers need because arrivals vary."""
_STAFFING = 1.4
"""Idle share times the square root of the workers: more workers need a smaller idle share
(square-root staffing, Halfin and Whitt 1981)."""


Cause = Literal["utilization", "wait", "backlog", "workers"]
"""The condition that needs the most replicas, as in the codes of clauses; `workers` is the backlog,
with one worker per message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    arrival_rate: float
    ready: int
    capacity_per_replica: float
    workers_per_replica: float
    wait_seconds: float
    backlog_seconds: float
    """Time within which the replicas have to empty the queues."""


@dataclass(frozen=True, slots=True)
class Need:
    """The fewest replicas that meet all three conditions."""

    replicas: int
    cause: Cause
    """The condition that needs them."""
    busy_share: float
    """The largest busy share that leaves enough idle time."""


def need_of(demand: Demand, idle: float = 1.0) -> Need:
    """Return the replicas that a demand needs. `idle` scales the intended idle share."""
    by_utilization, share = _need_for_utilization(demand, idle)
    by_wait = _need_for_wait(demand, by_utilization)
    by_backlog, cause = _need_for_backlog(demand)
    if by_backlog > by_wait:
        return Need(by_backlog, cause, share)
    return Need(count_of(by_wait), "wait" if by_wait > by_utilization else "utilization", share)


def busy_share(workers: float, idle: float = 1.0) -> float:
    return significant(1 - idle * min(_IDLE_SHARE, _STAFFING / math.sqrt(workers)))


def _need_for_utilization(demand: Demand, idle: float) -> tuple[int, float]:
    """Return the fewest replicas with enough idle time. More replicas need a smaller idle share."""
    count = max(1, count_of(demand.arrival_rate / demand.capacity_per_replica))
    while True:
        share = busy_share(max(1.0, count * demand.workers_per_replica), idle)
        needed = count_of(demand.arrival_rate / (share * demand.capacity_per_replica))
        if needed <= count:
            return needed, share
        count = needed


def _need_for_wait(demand: Demand, at_least: int) -> int:
    """Return the fewest replicas, from `at_least` on, with a short wait."""
    if demand.arrival_rate == 0:
        return at_least
    needed = least(at_least, lambda count: percentile_of_wait(demand, count) <= demand.wait_seconds)
    return MAX_COUNT if needed is None else needed


def _need_for_backlog(demand: Demand) -> tuple[int, Cause]:
    if demand.ready == 0:
        return 0, "backlog"
    rate = demand.arrival_rate + demand.ready / demand.backlog_seconds
    in_time = count_of(rate / demand.capacity_per_replica)
    one_worker_each = count_of(
        demand.arrival_rate / demand.capacity_per_replica
        + demand.ready / demand.workers_per_replica
    )
    if one_worker_each < in_time:
        return one_worker_each, "workers"
    return in_time, "backlog"


def percentile_of_wait(demand: Demand, replicas: int) -> float:
    """Return the 95th percentile of the wait, without a backlog.

    With m workers, utilization u and service time s, a message waits with probability
    u^(sqrt(2 (m + 1)) - 1). The wait is then exponential with mean s / (m (1 - u)). Both are
    approximations (Sakasegawa 1977).
    """
    capacity = replicas * demand.capacity_per_replica
    if demand.arrival_rate >= capacity:
        return math.inf
    servers = max(1.0, replicas * demand.workers_per_replica)
    use = demand.arrival_rate / capacity
    delayed = use ** (math.sqrt(2 * (servers + 1)) - 1)
    if delayed <= 1 - _PERCENTILE:
        return 0.0
    return math.log(delayed / (1 - _PERCENTILE)) / (capacity - demand.arrival_rate)
