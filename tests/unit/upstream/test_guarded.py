"""A source behind its breaker, and several of them in a chain; time stands still unless told."""

from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from mare_services.contract.errors import (
    SourceFailed,
    SourceLimited,
    SourceTimedOut,
    SourceUnavailable,
)
from mare_services.upstream import failures
from mare_services.upstream.budget import Budget
from mare_services.upstream.guarded import Guarded
from mare_services.upstream.sources import first_answer
from tests.fakes.clock import Clock


class Scripted:
    """Returns or raises the items of a script in order; the last item is repeated."""

    def __init__(self, name, *script, clock=None, seconds=0.0):
        self.name = name
        self.questions = []
        self.budgets = []
        self._script = list(script)
        self._clock, self._seconds = clock, seconds

    def answer(self, question, budget):
        self.questions.append(question)
        self.budgets.append(budget.left())
        if self._clock:
            self._clock.now += self._seconds
        result = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(result, Exception):
            raise result
        return result


UNREACHABLE = failures.unreachable("a")


@pytest.fixture
def clock():
    return Clock(1000.0)


@pytest.fixture
def background():
    """Work that was spawned and not done yet."""
    return []


@pytest.fixture
def guard(clock, background):
    return lambda source: Guarded(source, spawn=background.append, clock=clock)


@pytest.fixture
def budget(clock):
    return Budget.of(2.0, clock)


def test_a_failing_source_is_called_once_and_then_skipped(guard, budget):
    source = Scripted("a", UNREACHABLE)
    guarded = guard(source)

    for _ in range(5):
        with pytest.raises(SourceTimedOut, match="cannot be reached"):
            guarded.answer("?", budget)

    assert len(source.questions) == 1


def test_the_trial_costs_no_caller_anything_and_brings_the_source_back(
    guard, budget, clock, background
):
    source = Scripted("a", UNREACHABLE, 42)
    guarded = guard(source)
    with pytest.raises(SourceTimedOut):
        guarded.answer("first", budget)
    clock.now += 5

    for _ in range(3):
        with pytest.raises(SourceTimedOut):
            guarded.answer("second", budget)
    assert source.questions == ["first"]
    assert len(background) == 1

    background.pop()()

    assert source.questions == ["first", "second"]
    assert guarded.answer("third", budget) == 42


def test_a_failed_trial_keeps_the_breaker_open_for_longer(guard, budget, clock, background):
    guarded = guard(Scripted("a", UNREACHABLE))
    with pytest.raises(SourceTimedOut):
        guarded.answer("?", budget)
    clock.now += 5
    with pytest.raises(SourceTimedOut):
        guarded.answer("?", budget)
    background.pop()()

    clock.now += 9
    with pytest.raises(SourceTimedOut):
        guarded.answer("?", budget)
    assert background == []

    clock.now += 1
    with pytest.raises(SourceTimedOut):
        guarded.answer("?", budget)
    assert len(background) == 1


def test_a_remembered_rate_limit_counts_down(guard, budget, clock):
    limited = SourceLimited("a limits our rate.", {"source": "a", "retry_after": 86_400.0})
    guarded = guard(Scripted("a", limited))
    with pytest.raises(SourceLimited):
        guarded.answer("?", budget)
    clock.now += 3_600

    with pytest.raises(SourceLimited) as caught:
        guarded.answer("?", budget)

    assert caught.value.extra["retry_after"] == 82_800


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), TypeError(), ValueError(), ZeroDivisionError(), RecursionError(), Exception()],
)
def test_a_source_that_fails_unexpectedly_has_failed(guard, budget, error):
    with pytest.raises(SourceFailed, match="unknown format"):
        guard(Scripted("a", error)).answer("?", budget)


def test_one_client_uses_up_its_own_tokens_and_opens_no_breaker(clock, budget):
    source = Scripted("a", 42)
    guarded = Guarded(source, spawn=lambda _: None, rate=2, clock=clock)
    for _ in range(20):
        assert guarded.answer("?", budget) == 42

    with pytest.raises(SourceLimited, match="Too many calls") as caught:
        guarded.answer("?", budget)

    assert caught.value.extra["retry_after"] == pytest.approx(0.5)
    assert len(source.questions) == 20
    clock.now += 0.5
    assert guarded.answer("?", budget) == 42
    clock.now += 3600
    assert [guarded.answer("?", budget) for _ in range(20)] == [42] * 20
    with pytest.raises(SourceLimited):
        guarded.answer("?", budget)


@pytest.mark.parametrize(
    ("status", "level"), [(401, "ERROR"), (403, "ERROR"), (429, "WARNING"), (500, "WARNING")]
)
def test_only_rejected_credentials_are_logged_as_an_error(guard, budget, caplog, status, level):
    failure = failures.of_status("a", status, {}, datetime.now(UTC))
    with pytest.raises(SourceUnavailable):
        guard(Scripted("a", failure)).answer("?", budget)

    assert [record.levelname for record in caplog.records] == [level]


def test_a_breaker_is_logged_when_it_opens_and_closes(guard, budget, clock, background, caplog):
    caplog.set_level("INFO")
    guarded = guard(Scripted("shown", UNREACHABLE, UNREACHABLE, 42))
    is_open = []
    for _ in range(3):
        with pytest.raises(SourceTimedOut):
            guarded.answer("?", budget)
        while background:
            background.pop()()
        is_open.append(REGISTRY.get_sample_value("upstream_breaker_open", {"source": "shown"}))
        clock.now += 60

    assert is_open == [1, 1, 0]
    assert caplog.messages == ["Opened a breaker", "Closed a breaker"]


def test_calls_are_counted_by_outcome(guard, budget):
    outcomes = ("answered", "unreachable", "skipped")

    def counted():
        labels = [{"source": "counted", "outcome": outcome} for outcome in outcomes]
        return [REGISTRY.get_sample_value("upstream_calls_total", each) or 0 for each in labels]

    before = counted()
    guarded = guard(Scripted("counted", 1, UNREACHABLE))
    guarded.answer("?", budget)
    for _ in range(2):
        with pytest.raises(SourceTimedOut):
            guarded.answer("?", budget)

    assert [after - first for after, first in zip(counted(), before, strict=True)] == [1, 1, 1]
    assert REGISTRY.get_sample_value("upstream_breaker_open", {"source": "counted"}) == 1


def test_the_first_source_that_answers_is_enough(guard, budget):
    second = Scripted("b", 2)

    assert first_answer([guard(Scripted("a", 1)), guard(second)], "?", budget) == 1
    assert second.questions == []


def test_the_next_source_replaces_a_failing_one(guard, budget):
    sources = [guard(Scripted("a", UNREACHABLE)), guard(Scripted("b", 2))]

    assert first_answer(sources, "?", budget) == 2


def test_a_source_without_a_result_is_followed_by_the_next_and_requested_again(guard, budget):
    nothing = Scripted("a", failures.nothing_found("a"))
    sources = [guard(nothing), guard(Scripted("b", 2))]

    assert [first_answer(sources, "?", budget) for _ in range(5)] == [2] * 5
    assert len(nothing.questions) == 5


def test_a_slow_source_leaves_time_for_the_next(guard, budget, clock):
    slow = Scripted("a", failures.timed_out("a"), clock=clock, seconds=1.2)
    second = Scripted("b", 2)

    first_answer([guard(slow), guard(second)], "?", budget)

    assert slow.budgets == [pytest.approx(1.2)]
    assert second.budgets == [pytest.approx(0.8)]


def test_without_time_no_further_source_is_called(guard, budget, clock):
    slow = Scripted("a", failures.timed_out("a"), clock=clock, seconds=5)
    second = Scripted("b", 2)

    with pytest.raises(SourceTimedOut) as caught:
        first_answer([guard(slow), guard(second)], "?", budget)

    assert caught.value.extra["source"] == "b"
    assert second.questions == []


def test_without_sources_there_is_no_answer(budget):
    with pytest.raises(SourceUnavailable, match="No source"):
        first_answer([], "?", budget)
