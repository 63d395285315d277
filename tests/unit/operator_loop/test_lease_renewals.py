"""How a leader renews and releases its Lease."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.test_leadership import AWAY


async def test_a_leader_renews_by_one_request(leases, candidate):
    first = candidate("first")
    await first.attempt()
    leases.requests.clear()
    for _ in range(5):
        await asyncio.sleep(0.7)
        await first.attempt()
        assert first()
    assert leases.requests == ["PUT"] * 5


async def test_a_lease_that_another_client_has_written_is_read_again(leases, candidate):
    first = candidate("first")
    await first.attempt()
    await first.attempt()
    leases.change(holderIdentity="hand", renewTime="later")
    await first.attempt()
    assert not first()
    assert first.holder == "hand"
    leases.lease = None
    await asyncio.sleep(4.0)
    await first.attempt()
    assert first()


async def test_a_lease_that_was_deleted_is_made_again_in_the_same_attempt(leases, candidate):
    first = candidate("first")
    await first.attempt()
    leases.lease = None
    leases.requests.clear()
    await asyncio.sleep(3.0)
    await first.attempt()
    assert leases.requests == ["PUT", "GET", "POST"]
    await asyncio.sleep(3.0)
    assert first()


async def test_a_deleted_lease_is_not_taken_from_a_leader_that_has_not_read_it_again(
    leases, candidate
):
    first, second = candidate("first"), candidate("second")
    await first.attempt()
    await second.attempt()
    leases.lease = None
    await asyncio.sleep(0.3)
    await second.attempt()
    assert (first(), second()) == (True, False)
    await asyncio.sleep(0.3)
    await first.attempt()
    await second.attempt()
    assert (first(), second()) == (True, False)
    leases.lease = None
    for _ in range(16):
        await asyncio.sleep(0.25)
        await second.attempt()
        assert not (first() and second())
    assert second()


async def test_a_lease_that_was_made_again_begins_a_term_though_the_answer_is_lost(
    leases, candidate
):
    first = candidate("first")
    await first.attempt()
    leases.lease, leases.loses_answers = None, True
    await first.attempt()
    leases.loses_answers = False
    await first.attempt()
    assert (first(), first.term) == (True, 2)


async def test_a_lease_has_the_time_at_which_its_holder_acquired_it(leases, candidate):
    long_ago = "2020-01-01T00:00:00.000000Z"
    first, second = candidate("first"), candidate("second")
    await first.attempt()
    leases.lease["spec"]["acquireTime"] = long_ago
    await asyncio.sleep(5)
    for _ in range(3):
        await first.attempt()
        assert leases.lease["spec"]["acquireTime"] == long_ago
        assert leases.lease["spec"]["renewTime"] > long_ago
    await first.release()
    await second.attempt()
    assert leases.lease["spec"]["acquireTime"] > long_ago
    assert leases.lease["spec"]["leaseTransitions"] == 2


@pytest.fixture
def in_recife(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "<-03>3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def test_the_times_of_a_lease_are_utc_wherever_the_machine_stands(
    leases, candidate, in_recife
):
    await candidate("first").attempt()
    renewed = datetime.fromisoformat(leases.lease["spec"]["renewTime"])
    assert abs((datetime.now(UTC) - renewed).total_seconds()) < 3600


async def test_a_waiting_replica_tries_twice_as_often_and_when_the_lease_expires(candidate):
    first, second = candidate("first"), candidate("second")
    assert first.pause() == 0.7
    await first.attempt()
    await second.attempt()
    expires = virtual_time.now() + 4
    assert (first.pause(), second.pause()) == (0.7, 0.35)
    pauses = []
    for left in (0.36, 0.2, 0.01, -1):
        await asyncio.sleep(expires - left - virtual_time.now())
        pauses.append(second.pause())
    assert pauses == pytest.approx([0.35, 0.2, 0.05, 0.05])
    assert first.pause() == 0.7


async def test_an_election_without_attempts_has_stalled(leases, candidate):
    first = candidate("first")
    leases.fails = AWAY
    for _ in range(60):
        await asyncio.sleep(1)
        await first.attempt()
    assert not first.is_stalled
    await asyncio.sleep(31)
    assert first.is_stalled


@pytest.mark.parametrize("seconds", [0.0, 3.0])
async def test_a_replica_that_stops_without_leading_does_not_release_the_lease(
    leases, candidate, seconds: float
):
    first, second = candidate("first"), candidate("second")
    await first.attempt()
    await asyncio.sleep(seconds)
    await second.release()
    assert leases.lease["spec"]["holderIdentity"] == "first"
