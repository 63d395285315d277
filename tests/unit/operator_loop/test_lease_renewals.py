"""How a leader renews and releases its Lease."""

import pytest

from tests.unit.operator_loop.candidates import play


def test_a_leader_renews_by_one_request():
    async def story(leases, clock, candidate):
        first = candidate("first")
        await first._try()
        leases.asked.clear()
        for _ in range(5):
            clock.now += 0.7
            await first._try()
            assert first()
        assert leases.asked == ["PUT"] * 5

    play(story)


def test_a_lease_that_another_client_has_written_is_read_again():
    async def story(leases, clock, candidate):
        first = candidate("first")
        await first._try()
        await first._try()
        taken = {**leases.lease["spec"], "holderIdentity": "hand", "renewTime": "later"}
        version = leases.lease["metadata"]["resourceVersion"] + 1
        leases.lease = {"metadata": {"resourceVersion": version}, "spec": taken}
        await first._try()
        assert not first()
        assert first.holder == "hand"
        leases.lease = None
        await first._try()
        assert first()

    play(story)


def test_an_election_without_attempts_has_stalled():
    async def story(leases, clock, candidate):
        first = candidate("first")
        leases.away = True
        for _ in range(60):
            clock.now += 1
            await first._try()
        assert not first.is_stalled
        clock.now += 31
        assert first.is_stalled

    play(story)


def test_a_released_lease_is_taken_at_once():
    async def story(leases, clock, candidate):
        first, second = candidate("first"), candidate("second")
        await first._try()
        await first._release()
        assert not first()
        await second._try()
        assert second()

    play(story)


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_a_replica_that_stops_without_leading_does_not_release_the_lease(seconds: float):
    async def story(leases, clock, candidate):
        first, second = candidate("first"), candidate("second")
        await first._try()
        clock.now += seconds
        await second._release()
        assert leases.lease["spec"]["holderIdentity"] == "first"

    play(story)
