"""A missing queue is looked for after 0.5, 1, 2, 4 and then every 8 s."""

from mare.broker.pauses import Pauses
from mare.domain.unknown import Unknown

WHY = Unknown("QueueNotFound", "it is not there")


def looks(pauses: Pauses, until: float) -> list[float]:
    """When it is looked for, in eighths of a second."""
    found = []
    for eighth in range(int(until * 8)):
        now = eighth / 8
        if pauses.why("work", now) is None:
            found.append(now)
            pauses.missed("work", WHY, now)
    return found


def test_pauses_grow_and_then_stay():
    assert looks(Pauses(), 30) == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 23.5]


def test_what_was_found_is_looked_for_at_once_and_misses_begin_anew():
    pauses = Pauses()
    looks(pauses, 10)
    pauses.found("work")

    assert pauses.why("work", 10) is None
    assert looks(pauses, 2) == [0, 0.5, 1.5]


def test_all_who_miss_it_at_the_same_time_are_one_miss():
    pauses = Pauses()
    for _ in range(20):
        pauses.missed("work", WHY, 0.25)

    assert pauses.why("work", 0.7) is WHY
    assert pauses.why("work", 0.75) is None


def test_the_reason_is_kept_meanwhile():
    pauses = Pauses()
    pauses.missed("work", WHY, 0)

    assert pauses.why("work", 0.4) is WHY
    assert pauses.why("other", 0.4) is None
