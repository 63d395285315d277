"""Statistics that are renewed beside whoever reads them."""

import asyncio
from collections.abc import Callable
from itertools import count

import pytest

from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.broker.statistics_poller import StatisticsPoller
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused

Answer = Exception | dict[str, QueueStatistics]
EMPTY = {"work": QueueStatistics(ready=0, published=5)}
FULL = {"work": QueueStatistics(ready=3, published=5)}
MORE = {"work": QueueStatistics(ready=9, published=11)}


class Answers:
    """A source that gives these answers, one for each question, and then none any more."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.all_given = asyncio.Event()

    async def fetch(self, vhost: str, now: float) -> Statistics:
        if not self._answers:
            self.all_given.set()
            await asyncio.Event().wait()
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Statistics(now, answer)

    async def close(self) -> None:
        self.all_given.set()


def after(*answers: Answer, look: Callable[[StatisticsPoller], object]):
    """What `look` sees once all answers are taken in, of which one comes each second."""

    async def follow() -> object:
        source = Answers(*answers)
        seconds = count(100)
        following = StatisticsPoller(source, "/", lambda: float(next(seconds)), 0.125)
        await following.begin()
        async with asyncio.timeout(10):
            await source.all_given.wait()
        seen = look(following)
        await following.close()
        return seen

    return asyncio.run(follow())


def test_the_last_two_are_kept():
    kept = after(EMPTY, FULL, MORE, look=lambda f: f.last_two)

    assert [each.queues for each in kept] == [FULL, MORE]


def test_counters_that_stand_still_are_no_news_but_what_the_queue_holds_is():
    kept = after(MORE, EMPTY, FULL, look=lambda f: f.last_two)

    assert [each.queues for each in kept] == [MORE, FULL]
    assert kept[1].at == 101.0


def test_the_names_are_the_same_object_until_a_queue_comes_or_goes():
    async def follow() -> None:
        source = Answers(EMPTY, FULL, {**FULL, "a": QueueStatistics()}, FULL)
        following = StatisticsPoller(source, "/", lambda: 0.0, 0.125)
        names = []
        for answer in (EMPTY, FULL, {**FULL, "a": QueueStatistics()}, FULL):
            following._take(Statistics(0, answer))
            names.append(following.names)
        assert names[0] is names[1]
        assert [list(each) for each in names[1:]] == [["work"], ["a", "work"], ["work"]]

    asyncio.run(follow())


def test_nothing_begins_after_the_end():
    async def follow() -> None:
        following = StatisticsPoller(Answers(EMPTY), "/", lambda: 0.0, 0.125)
        await following.close()
        await following.begin()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(follow())


def test_nothing_is_known_before_the_first_answer():
    names = after(look=lambda f: f.names)

    assert isinstance(names, Unknown)
    assert names.reason == "NotReadYet"


@pytest.mark.parametrize(
    ("error", "reason", "refused"),
    [
        (AccessRefused("no"), "AccessRefused", True),
        (OSError("gone"), "StatisticsUnreachable", False),
        (KeyError("queue"), "StatisticsUnreadable", False),
    ],
)
def test_an_error_is_told_and_the_last_numbers_stay(error, reason, refused):
    told = after(EMPTY, error, look=lambda f: (f.error.reason, f.refused, f.latest.queues))

    assert told == (reason, refused, EMPTY)


@pytest.mark.parametrize("error", [AccessRefused("no"), OSError("gone"), KeyError("queue")])
def test_an_error_is_over_with_the_next_answer(error):
    told = after(error, FULL, look=lambda f: (f.error, f.refused, f.latest.queues))

    assert told == (None, False, FULL)
