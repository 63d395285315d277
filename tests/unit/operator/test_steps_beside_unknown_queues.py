"""One of two queues is unknown: the other shows whether replicas start and keep up."""

from dataclasses import replace

import pytest

from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.learning import learn, recall
from mare.domain.observation import Workload, load_of
from mare.domain.spec import QueueWaitTime, ScalingSpec
from tests.unit.operator.building import UNREACHABLE, Timeline, missing, reading

ONE_WORKER = QueueWaitTime(workers_per_replica=1)
WORKERS_UNKNOWN = QueueWaitTime()
CAPACITY_KNOWN = QueueWaitTime(capacity_per_replica=1)


def workload(target, replicas=1, estimates=None):
    time = Timeline(ScalingSpec(max_replicas=500, targets=(target,)), replicas)
    time.history = History.begin(0.0, replicas, estimates)
    return time


def passes(time, seconds, messages, consumers, *, known=0, other_each=1, **fields):
    """Read `work` once a second, and the other queue for the first seconds; return the counts.

    `known` is the number of these seconds, or a function of the second; a consumer of `work` has
    `other_each` of the other queue beside it.

    `messages` and `consumers` are functions of the second and of the replicas. Statistics of `work`
    are never read, so that nothing but ready messages and consumers is known.
    """
    counts = []
    for second in range(seconds):
        time.now += 1
        of_work = {"consumers": consumers(time.replicas), "statistics_at": UNREACHABLE}
        work = reading(messages(second), at=time.now, sampled_after=UNREACHABLE, **of_work)
        other = replace(work, ready=0, name="other", entries=("other",))
        other = replace(other, consumers=other_each * other.consumers)
        if not (known(second) if callable(known) else second < known):
            other = replace(other, ready=UNREACHABLE, consumers=UNREACHABLE)
        time.read(work, other, **fields)
        counts.append(time.replicas)
    return counts


def all_consume(replicas):
    return replicas


def none_consumes(_replicas):
    return 0


def of_400(_second):
    return 400


def ten_a_second(second):
    return 10 * second


@pytest.mark.parametrize("fields", [{}, {"ready": 0}, {"ready": 500}])
@pytest.mark.parametrize("known", [0, 2])
def test_no_step_follows_replicas_that_do_not_consume(known, fields):
    """Also where a workload reports no ready replicas, or ready ones that end again."""
    counts = passes(workload(ONE_WORKER), 120, of_400, none_consumes, known=known, **fields)
    assert counts[-1] <= 4


def test_no_step_follows_after_a_restart_either():
    time = workload(ONE_WORKER)
    for _ in range(10):
        time.history = History.begin(time.now, time.replicas)
        passes(time, 5, of_400, none_consumes)
    assert time.replicas <= 4


@pytest.mark.parametrize("known", [0, 2])
def test_steps_follow_replicas_that_consume(known):
    counts = passes(workload(ONE_WORKER), 21, of_400, all_consume, known=known)
    assert [counts[at] for at in (0, 14, 20)] == [100, 200, 200]  # 2.5 messages a worker


def test_steps_follow_replicas_that_start_late():
    """Each replica has to have worked for three updates of the statistics, known or not."""
    time = workload(ONE_WORKER, estimates=Estimates(start_seconds=30.0))
    counts = passes(time, 60, of_400, all_consume, known=2)
    assert [counts[at] for at in (0, 20, 59)] == [1, 100, 200]


def test_replicas_with_unknown_workers_follow_messages_that_grow():
    counts = passes(workload(WORKERS_UNKNOWN), 60, lambda second: 30 * second, all_consume)
    assert counts[-1] >= 32


def test_growth_of_before_an_outage_adds_no_replica_to_an_empty_queue():
    """A growth that was kept made 500 replicas of 4 within two minutes."""

    def empties(second):
        return 30 * second if second < 12 else 0

    counts = passes(workload(WORKERS_UNKNOWN), 240, empties, all_consume, known=12)
    assert counts[-1] == counts[12]


@pytest.mark.parametrize("known", [0, 20, 300])
def test_messages_that_arrive_while_replicas_start_do_not_count(known):
    """500 replicas were asked for within 100 s, although the image of the first 12 was missing."""
    counts, always = (
        passes(workload(CAPACITY_KNOWN, 12), 500, ten_a_second, none_consumes, known=until, ready=0)
        for until in (known, 500)
    )
    assert counts == always
    assert counts[-1] < 100


@pytest.mark.parametrize("target", [ONE_WORKER, WORKERS_UNKNOWN, CAPACITY_KNOWN])
@pytest.mark.parametrize("other_each", [0, 1, 9])
def test_replicas_with_other_numbers_of_consumers_for_each_queue_are_seen_to_work(
    target, other_each
):
    """With the mean of the known queues, replicas with 1 and 9 consumers seemed not to start."""

    def jumps(second):
        return 4 if second < 100 else 100 * (second - 99)

    counts = passes(workload(target, 4), 200, jumps, all_consume, known=90, other_each=other_each)
    always = passes(workload(target, 4), 200, jumps, all_consume, known=200, other_each=other_each)
    assert counts[-1] == always[-1] > 4


def test_replicas_that_end_are_seen_to_end_beside_queues_that_had_no_consumer():
    """They counted as consumers of the unknown queue, of which no replica had one."""
    time = workload(CAPACITY_KNOWN, 8)
    counts = passes(
        time,
        400,
        lambda second: 12 + 10 * max(0, second - 90),
        lambda replicas: replicas if time.now < 90 else 3,
        known=60,
        other_each=0,
    )
    assert counts[-1] < 100


def test_growth_counts_beside_a_queue_that_comes_and_goes():
    counts = passes(
        workload(WORKERS_UNKNOWN),
        60,
        lambda second: 30 * second,
        all_consume,
        known=lambda second: second % 6 < 4,
    )
    assert counts[-1] >= 32


def test_a_first_reading_is_a_reason_for_replicas_while_others_do_not_start():
    time = workload(CAPACITY_KNOWN, 2)
    for second in range(80):
        time.now += 1
        work = reading(20, at=time.now, consumers=0)
        other = reading(2_000, at=time.now, name="other", consumers=0)
        if second < 60:
            other = replace(other, ready=UNREACHABLE, consumers=UNREACHABLE)
        time.read(work, other, ready=0)
    assert time.replicas == 500


def test_a_queue_that_comes_back_with_its_counters_is_no_polling():
    """Of replicas that had all ended, 500 were asked for."""
    time = workload(CAPACITY_KNOWN, 10)
    for second in range(300):
        time.now += 1
        counters = {"published": 10 * second, "delivered": 10 * min(second, 100)}
        consumers = 10 if second < 100 else 0
        ready = 10 * max(0, second - 100)
        work = reading(ready, at=time.now, consumers=consumers, **counters)
        other = replace(work, ready=0, name="other", entries=("other",))
        is_away = 98 <= second < 130
        time.read(work, missing(at=time.now) if is_away else other, ready=0)
    assert time.replicas < 100


@pytest.mark.parametrize("is_all", [True, False])
def test_replicas_that_were_added_in_an_outage_are_no_later_start(is_all):
    """Starts take 3 s. One that began in an outage made the next one 60 s."""
    learning = recall(Estimates(start_seconds=3.0))
    for second in range(400):
        now = float(second)
        replicas = 1 + 3 * (second >= 12) + (second >= 300)
        consumers = 1 + 3 * (second >= 15) + (second >= 303)
        work = reading(at=now, consumers=consumers)
        queues = (work, replace(work, name="other"))
        if 10 <= second < 30:
            unknown = replace(queues[1], ready=UNREACHABLE, consumers=UNREACHABLE)
            queues = UNREACHABLE if is_all else (work, unknown)
        learning = learn(learning, load_of(queues), Workload(replicas=replicas), now)
    assert learning.estimates.start_seconds == pytest.approx(3.0)
