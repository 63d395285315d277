"""0 messages and 0 consumers: an empty queue, or one whose leader does not answer."""

import pytest

from mare.broker.passive_declare import Answer, Depth, late, silent
from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.broker.silent_leaders import SilentLeaders
from mare.domain.unknown import Unknown

NOTHING = Depth(0, 0)
SILENT, LATE = silent("work"), late("work")
GONE = Unknown("QueueNotFound", "it is gone")
Look = tuple[float, Answer, Statistics | None]


def told(at: float, ready: int | None) -> Statistics:
    queue = QueueStatistics() if ready is None else QueueStatistics(ready=ready)
    return Statistics(at, {"work": queue})


def belief(*looks: Look, has_statistics: bool = True) -> tuple[Answer, float]:
    """What is believed in the end, and of what moment it is."""
    silences = SilentLeaders(has_statistics=has_statistics)
    for now, answer, latest in looks:
        believed = silences.believed("work", answer, latest, now)
    return believed


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([(9, NOTHING, None)], id="nothing was ever there"),
        pytest.param([(1, Depth(0, 2), None), (9, NOTHING, None)], id="its consumers leave"),
        pytest.param(
            [(1, Depth(9, 2), None), (2, Depth(0, 2), None), (9, NOTHING, None)],
            id="it was emptied before its consumers left",
        ),
        pytest.param(
            [(1, Depth(9, 0), told(0, 9)), (9, NOTHING, told(2, 0))],
            id="statistics tell that it was emptied",
        ),
        pytest.param([(9, NOTHING, told(0, 0))], id="statistics say the same"),
        pytest.param([(9, LATE, None)], id="the first answer of all is late"),
        pytest.param(
            [(2, Depth(0, 1), told(1, 9)), (9, NOTHING, told(1, 9))],
            id="statistics are older than what was seen",
        ),
        pytest.param(
            [(1, Depth(9, 0), None), (2, GONE, None), (9, NOTHING, None)],
            id="it is another queue of the same name",
        ),
    ],
)
def test_an_empty_queue_is_empty(looks):
    assert belief(*looks) == (NOTHING, 9)


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([(1, Depth(9, 0), None), (7, NOTHING, None)], id="messages, then nothing"),
        pytest.param(
            [(1, Depth(9, 3), None), (2, NOTHING, None), (900, NOTHING, None)], id="for long"
        ),
        pytest.param([(7, NOTHING, told(1, 9))], id="statistics saw messages"),
        pytest.param(
            [(1, Depth(9, 0), told(0, 0)), (7, NOTHING, told(0, 0))],
            id="statistics are older than the messages",
        ),
        pytest.param(
            [(1, Depth(9, 0), None), (7, NOTHING, told(2, None))],
            id="statistics do not tell its messages",
        ),
        pytest.param([(1, SILENT, None)], id="nothing was ever told"),
        pytest.param([(1, NOTHING, None), (7, SILENT, None)], id="it was empty"),
        pytest.param([(1, LATE, None), (7, LATE, None)], id="it is late again and again"),
        pytest.param([(7, LATE, told(6, 1))], id="it is late, and statistics saw messages"),
        pytest.param(
            [(1, Depth(0, 2), None), (7, SILENT, told(6, 0))], id="statistics say it is empty"
        ),
    ],
)
def test_a_queue_that_is_in_doubt_is_not_thought_empty(looks):
    believed, at = belief(*looks)

    assert isinstance(believed, Unknown)
    assert (believed.reason, believed.name, at) == ("LeaderSilent", "work", looks[-1][0])


def test_for_some_seconds_the_last_answer_stands_as_old_as_it_is():
    assert belief((1, Depth(9, 3), None), (6, NOTHING, None)) == (Depth(9, 3), 1)


@pytest.mark.parametrize("last", [NOTHING, Depth(0, 3), Depth(9, 0)])
@pytest.mark.parametrize("silence", [SILENT, LATE])
def test_for_some_seconds_the_last_answer_stands_for_silence(last, silence):
    assert belief((1, last, None), (6, silence, None)) == (last, 1)


def test_an_empty_queue_is_no_proof_against_messages_that_are_told_of_later():
    looks = (11, NOTHING, None), (17, NOTHING, told(10.8, 9))

    believed, _ = belief(*looks)

    assert believed == LATE


def test_what_answers_again_is_believed():
    looks = (1, Depth(9, 0), None), (2, NOTHING, None), (3, Depth(8, 0), None)

    assert belief(*looks) == (Depth(8, 0), 3)


@pytest.mark.parametrize(("now", "believes"), [(61, False), (62, True)])
def test_without_statistics_the_doubt_ends_after_a_minute(now, believes):
    believed, _ = belief((1, Depth(9, 0), None), (now, NOTHING, None), has_statistics=False)

    assert (believed == NOTHING) is believes
