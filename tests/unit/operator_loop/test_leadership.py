"""Leader election between replicas."""

import asyncio

import pytest

from tests.unit.operator_loop.candidates import play


def test_the_first_replica_leads_until_it_does_not_renew_its_lease():
    async def timeline(leases, clock, candidate):
        first, second = candidate("first"), candidate("second")
        await first.attempt()
        await second.attempt()
        assert (first(), second()) == (True, False)
        clock.now += 3.2
        assert not first()
        await second.attempt()
        assert not second()
        clock.now += 0.9
        await second.attempt()
        assert second()
        await first.attempt()
        assert not first()

    play(timeline)


def test_a_killed_leader_is_replaced_within_four_and_a_half_seconds_at_any_phase():
    async def timeline(leases, clock, candidate):
        for phase in range(8):
            first, second = candidate(f"first-{phase}"), candidate(f"second-{phase}")
            await first.attempt()
            renewed, tried, killed = clock.now, clock.now + phase / 10, clock.now + 2
            while not second():
                if renewed + 0.7 < min(tried, killed):
                    clock.now = renewed = renewed + 0.7
                    await first.attempt()
                else:
                    clock.now = tried
                    await second.attempt()
                    tried += second.pause()
            assert clock.now - renewed <= 4.5
            await second.release()
            clock.now += 10

    play(timeline)


def test_the_lease_of_another_replica_has_the_duration_in_the_lease():
    async def timeline(leases, clock, candidate):
        slow, fast = candidate("slow", 60.0), candidate("fast", 3.5)
        await slow.attempt()
        await fast.attempt()
        clock.now += 53.9
        await fast.attempt()
        assert (slow(), fast()) == (True, False)
        clock.now += 6.2
        await fast.attempt()
        assert (slow(), fast()) == (False, True)

    play(timeline)


def test_a_published_duration_is_never_shorter_than_the_real_one():
    async def timeline(leases, clock, candidate):
        for seconds, published in ((2.0, 2), (2.1, 3), (3.5, 4), (59.5, 60)):
            replica = candidate(f"with-{seconds}", seconds)
            await replica.attempt()
            assert leases.lease["spec"]["leaseDurationSeconds"] == published
            await replica.release()

    play(timeline)


def test_leadership_lasts_from_the_request_and_not_from_the_answer():
    async def timeline(leases, clock, candidate):
        first = candidate("first")
        await first.attempt()
        leases.takes = 1.5
        begun = clock.now
        await first.attempt()
        assert clock.now == begun + 1.5
        clock.now = begun + 3.1
        assert first()
        clock.now = begun + 3.2
        assert not first()

    play(timeline)


def test_a_lease_that_another_replica_holds_is_only_read():
    async def timeline(leases, clock, candidate):
        await candidate("first").attempt()
        second = candidate("second")
        leases.requests.clear()
        for _ in range(5):
            clock.now += 0.6
            await second.attempt()
        assert leases.requests == ["GET"] * 5
        assert leases.lease["spec"]["holderIdentity"] == "first"

    play(timeline)


def test_a_leader_whose_lease_was_taken_does_not_release_it():
    async def timeline(leases, clock, candidate):
        first = candidate("first")
        await first.attempt()
        leases.lease["spec"]["holderIdentity"] = "hand"
        await first.release()
        assert leases.lease["spec"]["holderIdentity"] == "hand"

    play(timeline)


def test_an_attempt_ends_well_before_the_lease_does(monkeypatch: pytest.MonkeyPatch):
    timeouts = []
    timeout = asyncio.timeout

    def recording(seconds: float):
        timeouts.append(seconds)
        return timeout(seconds)

    monkeypatch.setattr(asyncio, "timeout", recording)

    async def timeline(leases, clock, candidate):
        await candidate("first", 10.0).attempt()

    play(timeline)
    assert timeouts == [5.0]


def test_a_lapse_without_another_leader_keeps_the_term():
    async def timeline(leases, clock, candidate):
        first = candidate("first")
        await first.attempt()
        term = first.term
        for _ in range(3):
            leases.away = True
            clock.now += 20
            await first.attempt()
            assert not first()
            leases.away = False
            await first.attempt()
            assert first()
        assert first.term == term

    play(timeline)


def test_after_another_leader_a_new_term_begins():
    async def timeline(leases, clock, candidate):
        first, second = candidate("first"), candidate("second")
        await first.attempt()
        term = first.term
        await second.attempt()
        clock.now += 5
        await second.attempt()
        assert second()
        await second.release()
        await first.attempt()
        assert first()
        assert first.term == term + 1

    play(timeline)


def test_a_restarted_replica_begins_its_first_term_with_its_own_lease():
    async def timeline(leases, clock, candidate):
        await candidate("first").attempt()
        again = candidate("first")
        assert (again.term, again.holder, again.is_stalled) == (0, None, False)
        await again.attempt()
        assert (again.term, again.holder) == (1, "first")

    play(timeline)


def test_a_lease_whose_answer_was_lost_begins_a_new_term():
    async def timeline(leases, clock, candidate):
        first, second = candidate("first"), candidate("second")
        await second.attempt()
        term = second.term
        clock.now += 5
        await first.attempt()
        clock.now += 5
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

    play(timeline)


def test_a_replica_that_renews_its_lease_keeps_it():
    async def timeline(leases, clock, candidate):
        first, second = candidate("first"), candidate("second")
        for _ in range(20):
            await first.attempt()
            await second.attempt()
            assert (first(), second()) == (True, False)
            clock.now += 0.7
        assert leases.lease["spec"]["leaseTransitions"] == 1

    play(timeline)


def test_one_of_two_replicas_gets_a_free_lease():
    async def timeline(leases, clock, candidate):
        both = candidate("first"), candidate("second")
        await asyncio.gather(*(each.attempt() for each in both))
        assert sorted(each() for each in both) == [False, True]

    play(timeline)


def test_a_leader_that_cannot_renew_stops_before_its_lease_ends():
    async def timeline(leases, clock, candidate):
        first = candidate("first")
        await first.attempt()
        leases.away = True
        await first.attempt()
        assert first()
        clock.now += 3.2
        assert not first()
        leases.away = False
        await first.attempt()
        assert first()

    play(timeline)


@pytest.mark.parametrize("odd", [ValueError("no JSON"), KeyError("spec"), AssertionError()])
def test_an_unexpected_answer_does_not_end_the_election(
    odd: Exception, caplog: pytest.LogCaptureFixture
):
    async def timeline(leases, clock, candidate):
        first = candidate("first")
        running = asyncio.create_task(first.run())
        leases.odd = odd
        for _ in range(10):
            await asyncio.sleep(0)
        assert not running.done()
        await first.attempt()
        assert not first()
        leases.odd = None
        await first.attempt()
        assert first()
        leases.odd = odd
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    play(timeline)
    assert "Lease could not be read or written" in caplog.messages
