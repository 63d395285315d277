"""One namespace cannot take the reads of the others."""

import pytest

from mare.custom_resource.autoscaler import Key
from mare.loop.pace import Pace, Rank, ReadBudget
from tests.unit.operator_loop.worlds import World

A, B, C = (Key("shop", name) for name in "abc")
OTHER = Key("mail", "a")


@pytest.mark.parametrize(
    ("costs", "exceeding"),
    [
        ([(A, 5), (B, 5)], set()),
        ([(A, 5), (B, 6)], {B}),
        ([(A, 5), (B, 6), (C, 5)], {B}),
        ([(A, 11), (OTHER, 10)], {A}),
    ],
)
def test_the_oldest_objects_that_fit_are_read(costs, exceeding):
    assert _exceeding(ReadBudget(Pace(), 10), costs, 0) == exceeding


def test_the_budget_is_computed_once_a_second():
    budget = ReadBudget(Pace(), 1)
    assert _exceeding(budget, [(A, 2)], 0) == {A}
    assert _exceeding(budget, [(A, 1)], 0.9) == {A}
    assert _exceeding(budget, [(A, 1)], 1) == set()


def test_objects_beyond_the_budget_slow_no_others_and_are_decided_on_rarely():
    budget = ReadBudget(Pace(shortest=0.25, reads_per_second=400.0), 100)
    within = [(Key("shop", str(number)), 1, Rank.BUSY) for number in range(100)]
    beyond = [(Key("shop", str(number)), 1, Rank.BUSY) for number in range(100, 4_000)]

    budget.update([*within, *beyond], 0.0)

    assert budget.period(within[0][0], Rank.BUSY) == 0.25
    assert budget.period(beyond[0][0], Rank.BUSY) == 39.0
    budget.update([*within, *beyond[:100]], 1.0)
    assert budget.period(beyond[0][0], Rank.BUSY) == 15.0


def of(namespace: str, count: int) -> list[tuple[Key, int, Rank]]:
    return [(Key(namespace, str(number)), 1, Rank.BUSY) for number in range(count)]


def test_a_namespace_with_many_objects_does_not_take_the_reads_of_the_others():
    budget = ReadBudget(Pace(), 2_000)
    budget.update([*of("shop", 50), *of("mail", 50), *of("flood", 2_000)], 0.0)

    assert budget.period(Key("shop", "1"), Rank.BUSY) == pytest.approx(0.375)
    budget.update([*of("shop", 20), *of("mail", 50), *of("flood", 2_000)], 1.0)
    assert budget.period(Key("shop", "1"), Rank.BUSY) == 0.25
    assert budget.period(Key("mail", "1"), Rank.BUSY) == pytest.approx(50 / 160)


@pytest.mark.parametrize(("count", "period"), [(80, 0.25), (300, 0.75), (1_000, 1.0), (1_800, 1.8)])
def test_the_objects_of_one_namespace_are_decided_on_a_thousand_times_a_second(count, period):
    budget = ReadBudget(Pace(), 2_000)
    budget.update(of("flood", count), 0.0)

    assert budget.period(Key("flood", "1"), Rank.BUSY) == period


@pytest.mark.parametrize(("count", "period"), [(20, 0.25), (100, 1), (1_000, 10), (4_000, 30)])
def test_objects_that_cannot_be_read_share_a_quarter_of_the_budget(count, period):
    budget = ReadBudget(Pace(), 5_000)
    unreadable = [(Key("broken", str(number)), 1, Rank.UNREADABLE) for number in range(count)]
    budget.update([*unreadable, *of("shop", 80)], 0.0)

    assert budget.period(Key("broken", "1"), Rank.UNREADABLE) == period
    assert budget.period(Key("shop", "1"), Rank.BUSY) == 0.25


def _exceeding(budget: ReadBudget, costs: list[tuple[Key, int]], now: float) -> set[Key]:
    budget.update([(*each, Rank.BUSY) for each in costs], now)
    return {key for key, _ in costs if budget.refusal(key)}


@pytest.mark.parametrize("names", [("first", "second"), ("second", "first")])
async def test_the_newest_object_beyond_the_budget_keeps_its_replicas_and_reports_why(names):
    created = {"first": "2026-01-01T00:00:00Z", "second": "2026-01-02T00:00:00Z"}
    world = World(namespace_queues=1)
    for name in names:
        world.begin(2, 95, name, created=created[name])
    await world.ticks(3)

    assert world.workloads.done == [("first", 10)]
    assert world.objects.condition("MetricsFresh", "second") == ("False", "NamespaceBudgetExceeded")
    assert all("second" not in names for names in world.brokers.reads)
