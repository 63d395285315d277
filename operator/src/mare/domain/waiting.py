"""How many replicas keep the wait short: Little's law, a queueing formula and the backlog.

Arrival rate r, capacity per replica c, workers per replica k, ready messages b, wait target w,
drain time d. The fewest replicas n are wanted for which

* the share of busy time r / (n c) leaves enough room for the ups and downs of arrivals;
* 95 of 100 messages wait no longer than w, without a backlog;
* the backlog is worked off in d besides what arrives, n >= (r + b / d) / c; but a message needs no
  second worker, so that n >= r / c + b / k is enough.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from mare.domain.clause import significant

_PERCENTILE = 0.95
_IDLE_SHARE = 0.2
"""Idle time that a few workers need, to be ready when arrivals come close together."""
_STAFFING = 1.4
"""Idle share times the square root of the workers: the more there are, the fuller they may be
(square-root staffing, Halfin and Whitt 1981)."""


class Cause(StrEnum):
    """Which condition asks for the most replicas."""

    UTILIZATION = "Utilization"
    WAIT = "Wait"
    BACKLOG = "Backlog"
    WORKERS = "Workers"
    """The backlog, where a worker for each of its messages is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The work, and what a replica can do."""

    arrival_rate: float
    ready: int
    capacity_per_replica: float
    workers_per_replica: float
    wait_seconds: float
    drain_seconds: float


@dataclass(frozen=True, slots=True)
class Need:
    """The fewest replicas that meet all three conditions."""

    replicas: int
    cause: Cause
    """The condition that asks for them."""
    busy_share: float
    """The share of busy time that was allowed."""


def need_of(demand: Demand, idle: float = 1.0) -> Need:
    """The replicas that a demand needs; `idle` scales the idle share that they are left."""
    by_use, share = _need_for_use(demand, idle)
    by_wait = _need_for_wait(demand, by_use)
    by_backlog, cause = _need_for_backlog(demand)
    if by_backlog > by_wait:
        return Need(by_backlog, cause, share)
    return Need(by_wait, Cause.WAIT if by_wait > by_use else Cause.UTILIZATION, share)


def busy_share(workers: float, idle: float = 1.0) -> float:
    """The share of busy time that this many workers are given."""
    return significant(1 - idle * min(_IDLE_SHARE, _STAFFING / math.sqrt(workers)))


def _need_for_use(demand: Demand, idle: float) -> tuple[int, float]:
    """More replicas may be fuller: begin with too few and go up until they are enough."""
    count = max(1, math.ceil(demand.arrival_rate / demand.capacity_per_replica))
    while True:
        share = busy_share(max(1.0, count * demand.workers_per_replica), idle)
        needed = math.ceil(demand.arrival_rate / (share * demand.capacity_per_replica))
        if needed <= count:
            return needed, share
        count = needed


def _need_for_wait(demand: Demand, at_least: int) -> int:
    """The fewest replicas from `at_least` on with a short enough wait, found by halving."""
    if demand.arrival_rate == 0 or waits(demand, at_least) <= demand.wait_seconds:
        return at_least
    too_few, step = at_least, 1
    while waits(demand, too_few + step) > demand.wait_seconds:
        too_few += step
        step *= 2
    enough = too_few + step
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if waits(demand, middle) > demand.wait_seconds:
            too_few = middle
        else:
            enough = middle
    return enough


def _need_for_backlog(demand: Demand) -> tuple[int, Cause]:
    if demand.ready == 0:
        return 0, Cause.BACKLOG
    rate = demand.arrival_rate + demand.ready / demand.drain_seconds
    in_time = math.ceil(rate / demand.capacity_per_replica)
    one_worker_each = math.ceil(
        demand.arrival_rate / demand.capacity_per_replica
        + demand.ready / demand.workers_per_replica
    )
    if one_worker_each < in_time:
        return one_worker_each, Cause.WORKERS
    return in_time, Cause.BACKLOG


def waits(demand: Demand, replicas: int) -> float:
    """The time that 95 of 100 messages do not exceed in the queue, without a backlog.

    A queue with m servers, use u and service time s delays a message with probability about
    u^(sqrt(2 (m + 1)) - 1), and then for a time that is about exponential with mean
    s / (m (1 - u)) (Sakasegawa 1977).
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
