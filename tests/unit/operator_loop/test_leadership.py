"""Leader election between replicas."""

import asyncio

import pytest

from mare.ports import Unavailable
from tests.unit.operator_broker import virtual_time

AWAY = Unavailable("away")


async def test_the_first_replica_leads_until_it_does_not_renew_its_lease(candidate):
    first, second = candidate("first"), candidate("second")
    await first.attempt()
    await second.attempt()
    assert (first(), second()) == (True, False)
    await asyncio.sleep(3.2)
    assert not first()
    await second.attempt()
    assert not second()
    await asyncio.sleep(0.9)
    await second.attempt()
    assert second()
    await first.attempt()
    assert not first()


async def test_a_killed_leader_is_replaced_within_four_and_a_half_seconds_at_any_phase(candidate):
    for phase in range(8):
        first, second = candidate(f"first-{phase}"), candidate(f"second-{phase}")
        await first.attempt()
        renewed = now = virtual_time.now()
        tried, killed = now + phase / 10, now + 2
        while not second():
            if renewed + 0.7 < min(tried, killed):
                renewed += 0.7
                await asyncio.sleep(renewed - virtual_time.now())
                await first.attempt()
            else:
                await asyncio.sleep(tried - virtual_time.now())
                await second.attempt()
                tried += second.pause()
        assert virtual_time.now() - renewed <= 4.5
        await second.release()
        await asyncio.sleep(10)


async def test_the_lease_of_another_replica_has_the_duration_in_the_lease(candidate):
    slow, fast = candidate("slow", 60.0), candidate("fast", 3.5)
    await slow.attempt()
    await fast.attempt()
    await asyncio.sleep(53.9)
    await fast.attempt()
    assert (slow(), fast()) == (True, False)
    await asyncio.sleep(6.2)
    await fast.attempt()
    assert (slow(), fast()) == (False, True)


async def test_a_published_duration_is_never_shorter_than_the_real_one(leases, candidate):
    for seconds, published in ((2.0, 2), (2.1, 3), (3.5, 4), (59.5, 60)):
        replica = candidate(f"with-{seconds}", seconds)
        await replica.attempt()
        assert leases.lease["spec"]["leaseDurationSeconds"] == published
        await replica.release()


async def test_leadership_lasts_from_the_request_and_not_from_the_answer(leases, candidate):
    first = candidate("first")
    await first.attempt()
    leases.takes = 1.5
    begun = virtual_time.now()
    await first.attempt()
    assert virtual_time.now() == begun + 1.5
    await asyncio.sleep(1.6)
    assert first()
    await asyncio.sleep(0.1)
    assert not first()


async def test_a_lease_that_another_replica_holds_is_only_read(leases, candidate):
    await candidate("first").attempt()
    second = candidate("second")
    leases.requests.clear()
    for _ in range(5):
        await asyncio.sleep(0.6)
        await second.attempt()
    assert leases.requests == ["GET"] * 5
    assert leases.lease["spec"]["holderIdentity"] == "first"


async def test_a_leader_whose_lease_was_taken_does_not_release_it(leases, candidate):
    first = candidate("first")
    await first.attempt()
    leases.lease["spec"]["holderIdentity"] = "hand"
    await first.release()
    assert leases.lease["spec"]["holderIdentity"] == "hand"


async def test_an_attempt_ends_well_before_the_lease_does(leases, candidate):
    leases.takes = 60
    await candidate("first", 10.0).attempt()
    assert virtual_time.now() == 5


async def test_a_replica_that_waits_asks_an_api_server_that_is_away_seldom(leases, candidate):
    """It asked 20 times a second once the Lease that it had seen was over."""
    await candidate("first").attempt()
    waiting = asyncio.create_task(candidate("second").run())
    await asyncio.sleep(1)
    leases.fails, before = AWAY, len(leases.requests)
    await asyncio.sleep(60)
    waiting.cancel()

    assert 60 <= len(leases.requests) - before <= 240


async def test_a_lapse_without_another_leader_keeps_the_term(leases, candidate):
    first = candidate("first")
    await first.attempt()
    term = first.term
    for _ in range(3):
        leases.fails = AWAY
        await first.attempt()
        assert first()
        await asyncio.sleep(3.2)
        assert not first()
        await asyncio.sleep(17)
        await first.attempt()
        assert not first()
        leases.fails = None
        await first.attempt()
        assert first()
    assert first.term == term


async def test_after_another_leader_a_new_term_begins(candidate):
    first, second = candidate("first"), candidate("second")
    await first.attempt()
    term = first.term
    await second.attempt()
    await asyncio.sleep(5)
    await second.attempt()
    assert second()
    await second.release()
    assert not second()
    await first.attempt()
    assert first()
    assert first.term == term + 1


async def test_a_restarted_replica_begins_its_first_term_with_its_own_lease(candidate):
    await candidate("first").attempt()
    again = candidate("first")
    assert (again.term, again.holder, again.is_stalled) == (0, None, False)
    await again.attempt()
    assert (again.term, again.holder) == (1, "first")


async def test_a_lease_whose_answer_was_lost_begins_a_new_term(leases, candidate):
    first, second = candidate("first"), candidate("second")
    await second.attempt()
    term = second.term
    await asyncio.sleep(5)
    await first.attempt()
    await asyncio.sleep(5)
    await first.attempt()
    await first.release()
    leases.loses_answers = True
    await second.attempt()
    assert leases.lease["spec"]["holderIdentity"] == "second"
    assert not second()
    leases.loses_answers = False
    await second.attempt()
    assert second()
    assert second.term != term


async def test_a_replica_that_renews_its_lease_keeps_it(leases, candidate):
    first, second = candidate("first"), candidate("second")
    for _ in range(20):
        await first.attempt()
        await second.attempt()
        assert (first(), second()) == (True, False)
        await asyncio.sleep(0.7)
    assert leases.lease["spec"]["leaseTransitions"] == 1


async def test_one_of_two_replicas_gets_a_free_lease(candidate):
    both = candidate("first"), candidate("second")
    await asyncio.gather(*(each.attempt() for each in both))
    assert sorted(each() for each in both) == [False, True]


@pytest.mark.parametrize("odd", [ValueError("no JSON"), KeyError("spec"), AssertionError()])
async def test_an_unexpected_answer_does_not_end_the_election(
    leases, candidate, odd: Exception, caplog: pytest.LogCaptureFixture
):
    first = candidate("first")
    running = asyncio.create_task(first.run())
    leases.fails = odd
    await asyncio.sleep(10)
    assert not running.done()
    await first.attempt()
    assert not first()
    leases.fails = None
    await first.attempt()
    assert first()
    leases.fails = odd
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert "Lease could not be read or written" in caplog.messages
