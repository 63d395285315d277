"""No sequence of messages ends a replica whose message outlasts the grace period.

Statistics are up to 10 s old. A message that a replica took since then is in none of them, so the
property is about messages that were delivered before.
"""

import math
from dataclasses import dataclass, field, replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mare.domain.history import History
from mare.domain.observation import NOT_REPORTED, Observation, QueueReading, Workload
from mare.domain.spec import Behavior, QueueLength, ScalingRules, ScalingSpec
from mare.domain.unknown import Unknown
from tests.unit.examples import examples
from tests.unit.operator.building import decide_and_ask, reading

GRACE = 30
UNSEEN = 16.0
SECONDS = 900.0


@dataclass
class Pool:
    """Replicas that process a message at a time, and statistics of every 5 s."""

    arrivals: list[float]
    service: float
    late: float
    """Seconds from a sample to the answer that contains it."""
    tasks: dict[int, tuple[float, float] | None] = field(default_factory=dict)
    """For each replica the time of delivery and the end of its message."""
    ready: int = 0
    published: int = 0
    acknowledged: int = 0
    samples: list[tuple[float, dict[int, int], QueueReading]] = field(default_factory=list)

    def advance(self, now: float) -> None:
        while self.arrivals and self.arrivals[0] <= now:
            self.arrivals.pop(0)
            self.ready, self.published = self.ready + 1, self.published + 1
        for replica, task in self.tasks.items():
            ended = task is not None and task[1] <= now
            if ended:
                self.tasks[replica] = None
                self.acknowledged += 1
            if (ended or task is None) and self.ready:
                self.ready -= 1
                self.tasks[replica] = now, now + self.service
        if now % 5 == 0:
            busy = {each: int(task is not None) for each, task in self.tasks.items()}
            self.samples.append((now, busy, self._reading(now, sum(busy.values()))))

    def _reading(self, now: float, busy: int) -> QueueReading:
        counters = {"published": self.published, "acknowledged": self.acknowledged}
        counters["delivered"] = self.acknowledged + busy
        return reading(unacknowledged=busy, at=now, prefetch=1.0, **counters)

    def scale(self, replicas: int, now: float) -> None:
        """Remove the replicas of the lowest cost, of these the busiest first."""
        for _ in range(replicas - len(self.tasks)):
            self.tasks[max(self.tasks) + 1] = None
        left = {each: task[1] - now for each, task in self.tasks.items() if task}
        known = [held for at, held, _ in self.samples if at + self.late <= now]

        def cost(replica: int) -> tuple[int, int]:
            """Return its messages, and for how many statistics it has had none."""
            counts = [held.get(replica, 0) for held in reversed(known)]
            idle = next((number for number, count in enumerate(counts) if count), len(counts))
            return counts[0] if counts else 0, idle

        costs = sorted(self.tasks, key=lambda each: (*cost(each), -left.get(each, 0)))
        for victim in costs[: max(0, len(self.tasks) - replicas)]:
            task = self.tasks.pop(victim)
            if task is not None and now - task[0] > UNSEEN:
                assert task[1] - now <= GRACE, f"ended after {now - task[0]} s, at {now} s"

    def observe(self, now: float) -> Observation:
        seen = [sample for sample in self.samples if sample[0] + self.late <= now][-2:]
        busy: dict[int, int] = {}
        for _, counts, _ in seen:
            busy |= {each: max(count, busy.get(each, 0)) for each, count in counts.items()}
        at_work = sum(busy.values())
        idle = min(len(busy) - at_work, max(0, len(self.tasks) - at_work))
        queue = seen[-1][2] if seen else reading(statistics_at=NOT_REPORTED)
        queue = replace(queue, read_at=now, ready=self.ready, consumers=len(self.tasks))
        workload = Workload(
            replicas=len(self.tasks),
            idle=idle if len(seen) > 1 else Unknown("NotReadYet", "not read"),
            grace_seconds=GRACE,
        )
        return Observation(workload=workload, queues=(queue,))


def spec_of(window: int = 0) -> ScalingSpec:
    return ScalingSpec(
        min_replicas=1,
        max_replicas=6,
        targets=(QueueLength(messages_per_replica=4),),
        behavior=Behavior(
            scale_up=ScalingRules(),
            scale_down=ScalingRules(stabilization_window_seconds=window),
        ),
        max_drain_wait_seconds=10_000,
    )


def play(pool: Pool, spec: ScalingSpec) -> list[int]:
    history, now, counts = History.begin(0.0, len(pool.tasks)), 0.0, []
    while now < SECONDS:
        now += 1
        pool.advance(now)
        observation = pool.observe(now)
        decision, history = decide_and_ask(spec, observation, history, now)
        pool.scale(decision.replicas, now)
        if decision.changes:
            change = decision.replicas - decision.current
            history = history.record_scaling(change, now, spec.behavior)
        counts.append(decision.replicas)
    return counts


@settings(max_examples=examples(60), deadline=None)
@given(
    gaps=st.lists(st.floats(0.0, 60.0), min_size=1, max_size=60),
    service=st.one_of(st.floats(0.5, 20.0), st.floats(45.0, 400.0)),
    late=st.floats(0.0, 5.0),
    replicas=st.integers(1, 6),
    window=st.integers(0, 60),
)
@example(gaps=[0.1, 0.1, 0.1], service=100.0, late=0.0, replicas=4, window=0)
@example(gaps=[0.1] * 60, service=45.0, late=0.0, replicas=6, window=0)
def test_no_replica_is_killed_at_work(gaps, service, late, replicas, window):
    arrivals = [math.fsum(gaps[: each + 1]) for each in range(len(gaps))]
    pool = Pool(arrivals, service, late, dict.fromkeys(range(replicas)))
    play(pool, spec_of(window))


def test_work_that_fits_the_grace_period_delays_nothing_once_it_is_measured():
    pool = Pool([each / 2 for each in range(1600)], 5.0, 0.0, dict.fromkeys(range(6)))
    counts = play(pool, spec_of())
    assert counts.index(3) < 200


class Restarted:
    """Decisions of an operator that starts at 100 s and finds four replicas."""

    def __init__(self) -> None:
        self._spec, self._history = spec_of(), History.begin(100.0, 4)

    def replicas(self, now: float, statistics: QueueReading, ready: int = 0) -> int:
        workload = Workload(replicas=4, idle=4, grace_seconds=GRACE)
        queue = replace(statistics, read_at=now, ready=ready, consumers=4)
        observation = Observation(workload=workload, queues=(queue,))
        decision, self._history = decide_and_ask(self._spec, observation, self._history, now)
        return decision.replicas


def test_replicas_stay_until_statistics_contain_messages_delivered_before_the_first_reading():
    operator, before = Restarted(), reading(unacknowledged=0, at=99.0)
    assert operator.replicas(101.0, before) == 4
    assert operator.replicas(104.0, before) == 4
    assert operator.replicas(107.0, reading(unacknowledged=4, at=104.0)) == 4


def test_messages_that_no_replica_takes_do_not_keep_replicas():
    operator = Restarted()
    assert operator.replicas(101.0, reading(unacknowledged=0, at=99.0), ready=4) == 1
