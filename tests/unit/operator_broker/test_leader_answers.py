"""0 messages and 0 consumers: an empty queue, or one whose leader does not answer."""

import pytest

from mare.broker.declare_answers import Answer, Depth, late, silent
from mare.broker.queue_depths import Last, LeaderAnswers
from mare.broker.queue_memory import QueueMemory
from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.domain.unknown import Unknown
from mare.tenant_scheduler import TenantScheduler

NOTHING = Depth(0, 0)
SILENT, LATE = silent("work"), late("work")
GONE = Unknown("QueueNotFound", "it is gone")
Read = tuple[float, Answer, Statistics | None]


def sampled(at: float, ready: int | None) -> Statistics:
    queue = QueueStatistics() if ready is None else QueueStatistics(ready=ready)
    return Statistics(at, {"work": queue})


def accepted(*reads: Read, has_statistics: bool = True) -> tuple[Answer, float]:
    """The answer that is used in the end, and its time."""
    memory = QueueMemory[Last](TenantScheduler().of("shop"))
    leaders = LeaderAnswers(memory, has_statistics=has_statistics)
    for now, answer, latest in reads:
        answer_used = leaders.accepted("work", answer, latest, now)
    return answer_used


@pytest.mark.parametrize(
    "reads",
    [
        pytest.param([(9, NOTHING, None)], id="nothing was ever there"),
        pytest.param([(1, Depth(0, 2), None), (9, NOTHING, None)], id="its consumers leave"),
        pytest.param(
            [(1, Depth(9, 2), None), (2, Depth(0, 2), None), (9, NOTHING, None)],
            id="it was emptied before its consumers left",
        ),
        pytest.param(
            [(1, Depth(9, 0), sampled(0, 9)), (9, NOTHING, sampled(2, 0))],
            id="statistics show that it was emptied",
        ),
        pytest.param([(9, NOTHING, sampled(0, 0))], id="statistics agree"),
        pytest.param([(9, LATE, None)], id="the first answer of all is late"),
        pytest.param(
            [(2, Depth(0, 1), sampled(1, 9)), (9, NOTHING, sampled(1, 9))],
            id="statistics are older than the last answer",
        ),
        pytest.param(
            [(1, Depth(9, 0), None), (2, GONE, None), (9, NOTHING, None)],
            id="it is another queue of the same name",
        ),
    ],
)
def test_an_empty_queue_is_empty(reads):
    assert accepted(*reads) == (NOTHING, 9)


@pytest.mark.parametrize(
    "reads",
    [
        pytest.param([(1, Depth(9, 0), None), (7, NOTHING, None)], id="messages, then nothing"),
        pytest.param(
            [(1, Depth(9, 3), None), (2, NOTHING, None), (900, NOTHING, None)], id="for long"
        ),
        pytest.param([(7, NOTHING, sampled(1, 9))], id="statistics saw messages"),
        pytest.param(
            [(1, Depth(9, 0), sampled(0, 0)), (7, NOTHING, sampled(0, 0))],
            id="statistics are older than the messages",
        ),
        pytest.param(
            [(1, Depth(9, 0), None), (7, NOTHING, sampled(2, None))],
            id="statistics do not contain its messages",
        ),
        pytest.param([(1, SILENT, None)], id="no answer was ever given"),
        pytest.param([(1, NOTHING, None), (7, SILENT, None)], id="it was empty"),
        pytest.param([(1, LATE, None), (7, LATE, None)], id="it is late again and again"),
        pytest.param([(7, LATE, sampled(6, 1))], id="it is late, and statistics saw messages"),
        pytest.param(
            [(1, Depth(0, 2), None), (7, SILENT, sampled(6, 0))], id="statistics show it empty"
        ),
    ],
)
def test_a_silent_leader_is_not_an_empty_queue(reads):
    answer_used, at = accepted(*reads)

    assert isinstance(answer_used, Unknown)
    assert (answer_used.reason, answer_used.name, at) == ("LeaderSilent", "work", reads[-1][0])


def test_a_read_that_ends_late_does_not_replace_a_later_answer():
    assert accepted((5, Depth(20, 3), None), (1, Depth(500, 0), None)) == (Depth(20, 3), 5)


def test_for_5_s_the_last_answer_is_used_with_its_own_time():
    assert accepted((1, Depth(9, 3), None), (6, NOTHING, None)) == (Depth(9, 3), 1)


@pytest.mark.parametrize("last", [NOTHING, Depth(0, 3), Depth(9, 0)])
@pytest.mark.parametrize("silence", [SILENT, LATE])
def test_for_5_s_the_last_answer_replaces_silence(last, silence):
    assert accepted((1, last, None), (6, silence, None)) == (last, 1)


@pytest.mark.parametrize("now", [12, 17])
def test_statistics_with_messages_refute_an_earlier_empty_queue(now):
    reads = (11, NOTHING, None), (now, NOTHING, sampled(10.8, 9))

    answer_used, _ = accepted(*reads)

    assert answer_used == LATE


def test_an_answer_with_messages_is_used_at_once():
    reads = (1, Depth(9, 0), None), (2, NOTHING, None), (3, Depth(8, 0), None)

    assert accepted(*reads) == (Depth(8, 0), 3)


@pytest.mark.parametrize(("now", "is_accepted"), [(61, False), (62, True)])
def test_without_statistics_0_and_0_is_accepted_after_a_minute(now, is_accepted):
    answer_used, _ = accepted((1, Depth(9, 0), None), (now, NOTHING, None), has_statistics=False)

    assert (answer_used == NOTHING) is is_accepted
