"""Two operators that watch the same object: one acts, the other leaves it alone."""

import pytest

from mare.custom_resource.autoscaler import read_autoscaler
from mare.custom_resource.status import without_absent
from mare.loop.operator_claim import OperatorClaim, Standing
from tests.unit.operator_loop.worlds import World, body

A, B = "mare/mare-operator", "shop/mare-operator"


class Object:
    """The stored object that two worlds share, with a watch event for each write."""

    def __init__(self, *worlds: World) -> None:
        self.status: dict = {}
        self.version = 100
        self.worlds = worlds

    def announce(self) -> None:
        event = {**body(version=self.version), "status": self.status}
        for world in self.worlds:
            world.objects.stored["worker"] = self.version
            world.loop.put(read_autoscaler(event))

    async def tick(self, world: World, seconds: float = 1.0) -> None:
        written = len(world.objects.statuses)
        await world.tick(seconds)
        for _, status in world.objects.statuses[written:]:
            self.status = without_absent({**self.status, **status})
            self.version += 1
            self.announce()


def operator(name: str) -> World:
    world = World(operator=name)
    world.workloads.have("worker", 1)
    world.brokers.ready["worker"] = 95
    return world


@pytest.fixture
def first() -> World:
    return operator(A)


@pytest.fixture
def second() -> World:
    return operator(B)


@pytest.fixture
def stored(first: World, second: World) -> Object:
    return Object(first, second)


async def minutes(stored: Object, worlds: list[World], count: float) -> None:
    for _ in range(int(count * 60)):
        for world in worlds:
            await stored.tick(world)


async def test_the_second_operator_changes_nothing_and_reports_it(stored, first, second):
    stored.announce()
    await stored.tick(first)
    second.clock.now = first.clock.now
    await minutes(stored, [first, second], 2)
    assert stored.status["operator"] == A
    assert first.workloads.done == [("worker", 10)]
    assert second.workloads.done == []
    assert second.objects.events == [("worker", "Warning", "OtherOperator")]
    assert len(second.objects.statuses) == len(second.record.failures) == 1


async def test_the_second_operator_takes_over_when_the_first_is_gone(stored, first, second):
    stored.announce()
    await stored.tick(first)
    await minutes(stored, [second], 0.5)
    assert stored.status["operator"] == B
    assert second.workloads.done == [("worker", 10)]
    assert second.objects.events[-1][1] == "Normal"


async def test_it_takes_over_later_when_the_first_is_removed_later(stored, first, second):
    stored.announce()
    await stored.tick(first)
    await minutes(stored, [first, second], 2)
    await minutes(stored, [second], 6)
    assert stored.status["operator"] == B
    assert second.workloads.done == [("worker", 10)]


def test_two_operators_that_both_believe_to_act_do_not_answer_for_ever():
    claims = [OperatorClaim(A, stored=A), OperatorClaim(B, stored=B)]
    assert [claim.standing(0) for claim in claims] == [Standing.ACTS] * 2
    name, writes = A, 0
    for second in range(60):
        for claim in claims:
            claim.observe(name)
            if claim.must_answer and claim.standing(second) is Standing.ACTS:
                claim.written(second)
                name, writes = claim.own, writes + 1
    assert writes <= 6
    assert sorted(claim.standing(60).value for claim in claims) == ["acts", "challenges"]


def test_only_an_answer_to_its_own_challenge_makes_an_operator_lose():
    claim = OperatorClaim(B)
    claim.observe(A)
    assert (claim.other, claim.lost) == (A, False)
    assert claim.standing(0) is Standing.CHALLENGES
    claim.challenged(0)
    claim.observe(A)
    assert claim.lost


def test_an_operator_whose_challenge_was_not_answered_answers_those_of_others():
    claim = OperatorClaim(B, stored=A)
    claim.challenged(0)
    assert [claim.standing(second) for second in (9, 10)] == [Standing.WAITS, Standing.ACTS]
    claim.observe(A)
    assert (claim.must_answer, claim.lost) == (True, False)


def test_an_operator_without_a_name_always_acts():
    assert OperatorClaim("", stored=A).standing(0) is Standing.ACTS


def test_answers_count_for_the_time_of_a_challenge():
    claim = OperatorClaim(A, stored=A)
    for second in (0, 60, 120):
        assert claim.standing(second) is Standing.ACTS
        claim.observe(B)
        claim.written(second)
        claim.observe(A)
    claim.observe(B)
    assert claim.standing(180) is Standing.CHALLENGES
    later = OperatorClaim(A, stored=A, _holds=True, _answers=[0, 60, 120])
    later.observe(B)
    assert later.standing(300) is Standing.ACTS
