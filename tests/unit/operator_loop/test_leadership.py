"""Who may act, when several replicas want to."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mare.cluster.paths import ApiPath
from mare.leadership import Leadership, LeaseSettings
from mare.ports import Conflict, NotFound, Unavailable


class Leases:
    """The part of an API server that keeps one Lease."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.away = False
        self.odd: Exception | None = None
        self.asked: list[str] = []

    async def request(self, method: str, path: ApiPath, body: Any = None) -> dict[str, Any]:
        await asyncio.sleep(0)
        self.asked.append(method)
        if self.odd is not None:
            raise self.odd
        if self.away:
            raise Unavailable("away")
        if method == "GET":
            if self.lease is None:
                raise NotFound("no lease")
            return {"metadata": dict(self.lease["metadata"]), "spec": dict(self.lease["spec"])}
        version = self.lease["metadata"]["resourceVersion"] if self.lease else 0
        if method == "POST" and self.lease is not None:
            raise Conflict("it exists")
        if method == "PUT" and body["metadata"]["resourceVersion"] != version:
            raise Conflict("it has changed")
        self.lease = {"metadata": {"resourceVersion": version + 1}, "spec": dict(body["spec"])}
        return self.lease


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def play(story: Callable[[Leases, Clock, Callable[[str], Leadership]], Awaitable[None]]) -> None:
    leases, clock = Leases(), Clock()

    def candidate(identity: str) -> Leadership:
        settings = LeaseSettings(namespace="shop", name="mare", identity=identity)
        return Leadership(leases, settings, clock)

    asyncio.run(story(leases, clock, candidate))


def test_the_first_one_leads_and_the_second_waits_until_it_is_silent():
    async def story(leases, clock, candidate):
        first, second = candidate("first"), candidate("second")
        await first._try()
        await second._try()
        assert (first(), second()) == (True, False)
        clock.now += 3.2
        assert not first()
        await second._try()
        assert not second()
        clock.now += 0.4
        await second._try()
        assert second()
        await first._try()
        assert not first()

    play(story)


def test_who_is_killed_is_replaced_within_four_and_a_half_seconds_whenever_that_is():
    async def story(leases, clock, candidate):
        for phase in range(8):
            first, second = candidate(f"first-{phase}"), candidate(f"second-{phase}")
            await first._try()
            clock.now += phase / 10
            await second._try()
            for _ in range(3):
                clock.now += 0.7
                await first._try()  # its last renewal; the next one is 0.7 s away
                clock.now += phase / 10
                await second._try()
                clock.now -= phase / 10
            renewed = clock.now
            clock.now += phase / 10
            while not second():
                clock.now += second.pause()
                await second._try()
            assert clock.now - renewed <= 4.5
            await second._release()
            clock.now += 10

    play(story)


def test_who_renews_goes_on_leading():
    async def story(leases, clock, candidate):
        first, second = candidate("first"), candidate("second")
        for _ in range(20):
            await first._try()
            await second._try()
            assert (first(), second()) == (True, False)
            clock.now += 0.7
        assert leases.lease["spec"]["leaseTransitions"] == 1

    play(story)


def test_of_two_that_want_a_free_lease_at_the_same_time_one_gets_it():
    async def story(leases, clock, candidate):
        both = candidate("first"), candidate("second")
        await asyncio.gather(*(each._try() for each in both))
        assert sorted(each() for each in both) == [False, True]

    play(story)


def test_without_the_api_server_nobody_leads_for_long():
    async def story(leases, clock, candidate):
        first = candidate("first")
        await first._try()
        leases.away = True
        await first._try()
        assert first()
        clock.now += 3.2
        assert not first()
        leases.away = False
        await first._try()
        assert first()

    play(story)


@pytest.mark.parametrize("odd", [ValueError("no JSON"), KeyError("spec"), AssertionError()])
def test_no_answer_however_odd_ends_the_election(odd: Exception, caplog: pytest.LogCaptureFixture):
    async def story(leases, clock, candidate):
        first = candidate("first")
        running = asyncio.create_task(first.run())
        leases.odd = odd
        for _ in range(10):
            await asyncio.sleep(0)
        assert not running.done()
        await first._try()
        assert not first()
        leases.odd = None
        await first._try()
        assert first()
        leases.odd = odd
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    play(story)
    assert "Lease could not be read or written" in caplog.messages


def test_who_leads_renews_by_one_request():
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


def test_a_lease_that_somebody_else_has_written_is_looked_at():
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


def test_an_election_that_is_not_held_any_more_stands_still():
    async def story(leases, clock, candidate):
        first = candidate("first")
        leases.away = True
        for _ in range(60):
            clock.now += 1
            await first._try()
        assert not first.stands_still
        clock.now += 31
        assert first.stands_still

    play(story)


def test_a_lease_that_was_given_back_is_taken_at_once():
    async def story(leases, clock, candidate):
        first, second = candidate("first"), candidate("second")
        await first._try()
        await first._release()
        assert not first()
        await second._try()
        assert second()

    play(story)


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_a_replica_that_stops_without_leading_leaves_the_lease_alone(seconds: float):
    async def story(leases, clock, candidate):
        first, second = candidate("first"), candidate("second")
        await first._try()
        clock.now += seconds
        await second._release()
        assert leases.lease["spec"]["holderIdentity"] == "first"

    play(story)
