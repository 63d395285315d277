"""How many replicas keep the wait short: Little's law, queueing formulas and the backlog.

For arrival rate r, capacity per replica c, workers per replica k, ready messages b, wait target w,
reaction time t and drain time d, the result is the smallest n for which

* the busy share r / (n c) leaves enough idle time for what can arrive within the reaction time;
* 95 % of messages wait at most w, without a backlog;
* the backlog is consumed in d in addition to arrivals: n >= (r + b / d) / c. One worker per message
  is enough: n >= r / c + b / k.

The busy share (`busy_share`) is what makes the wait target a lever. Until the next replicas can
consume, t seconds pass. If the rate grows by a share g meanwhile, (1 + g) r t messages arrive, and
the last of them waits at most w if they are consumed in t + w: the fluid approximation of a
multi-server queue (Newell 1982). So at most (1 + w / t) / (1 + g) of the workers may be busy.
Example: statistics every 5 s and a start-up of 3 s are t = 8 s, and the rate may grow by g = 0.6.
For w = 2 s that is 78 %, which becomes 80 %, the least for any load; from w = 4.2 s = 0.52 t on
it is 95 %, the most. Between 0.28 t and 0.52 t the share follows w.
"""

import math
from dataclasses import dataclass
from typing import Literal

from mare.domain.arrivals import MEMORY_SECONDS
from mare.domain.clause import significant
from mare.domain.count import MAX_COUNT, count_of, least

_PERCENTILE = 0.95
_GROWTH = 0.6
"""Share by which any arrival rate may grow within the reaction time."""
_DEVIATIONS = 1.645
"""Standard deviations of the arrivals that 95 % of all times do not exceed."""
_LEAST_IDLE_SHARE = 0.05
"""Idle share for errors of the estimates, however long messages may wait."""
_IDLE_SHARE = 0.2
"""Largest idle share, which few workers need because arrivals vary."""
_ONE_MESSAGE = 1.0
"""Messages within the memory of two minutes that show no rate, and need no spare replica."""
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
    reaction_seconds: float
    """Time from a change of the rate to the first message of a replica that is started for it."""
    dispersion: float
    """The variance of the arrivals over the variance of a Poisson process of the same rate."""


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


def need_for_backlog(demand: Demand) -> Need:
    """Return the replicas that a demand needs without any idle share: 0 without ready messages."""
    return Need(*_need_for_backlog(demand), busy_share=1.0)


def busy_share(demand: Demand, workers: float, idle: float = 1.0) -> float:
    """Return the largest share of the workers that may be busy on average.

    Arrivals that vary much can grow by more than `_GROWTH`: in t seconds by 1.645 standard
    deviations, the square root of dispersion x r t. Example: 2 messages/s with a dispersion of 9
    are 16 in 8 s, with a deviation of 12: they grow by 1.23. At w = 10 s this needs 2.25 / 2.23,
    which is more than all workers, and at w = 2 s it needs 1.25 / 2.23 = 56 %. No load gets more
    than the largest idle share of 20 %: more variation is a backlog, for which replicas start.
    """
    expected = demand.arrival_rate * demand.reaction_seconds
    variation = _DEVIATIONS * math.sqrt(demand.dispersion / expected) if expected else 0.0
    growth = max(_GROWTH, variation)
    reserve = 1 - (1 + demand.wait_seconds / demand.reaction_seconds) / (1 + growth)
    most = min(_IDLE_SHARE, _STAFFING / math.sqrt(workers))
    return significant(1 - idle * min(most, max(reserve, _LEAST_IDLE_SHARE)))


def _need_for_utilization(demand: Demand, idle: float) -> tuple[int, float]:
    """Return the fewest replicas with enough idle time. More replicas need a smaller idle share."""
    count = max(1, count_of(demand.arrival_rate / demand.capacity_per_replica))
    while True:
        workers = max(1.0, count * demand.workers_per_replica)
        share = busy_share(demand, workers, idle)
        needed = count_of(demand.arrival_rate / (share * demand.capacity_per_replica))
        if needed <= count:
            return needed, share
        count = needed


def _need_for_wait(demand: Demand, at_least: int) -> int:
    """Return the fewest replicas, from `at_least` on, with a short wait.

    Example: one task of 20 s in two minutes keeps one replica busy for 17 % of the time, so that a
    second one would be needed for 95 % of such tasks. One task shows no rate, though: where tasks
    are rare, that replica would wait for two minutes and end before the next task.
    """
    if demand.arrival_rate * MEMORY_SECONDS <= _ONE_MESSAGE:
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
    approximations (Sakasegawa 1977). Example: 12.8 messages/s for 8 workers that do 16: 0.8^3.24,
    which is 49 %, wait, on average 1 / (16 - 12.8) s. The percentile is ln(0.49 / 0.05) x 0.31 s,
    which is 0.7 s.
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
