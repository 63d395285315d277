"""Replicas that share the shards of one Lease: how soon, how evenly, and at what cost."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from mare.ports import Rejected
from mare.sharding.assignment import ANNOTATION, read_assignment, renewal_of
from mare.sharding.election import ShardElection
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_sharding.lease_server import TEST_FAILED, LeaseServer, election


class Replicas:
    def __init__(self, shards: int = 3, seconds: float = 3.5) -> None:
        self.shards = shards
        self.seconds = seconds
        self.server = LeaseServer()
        self.clock = virtual_time.now
        self.running: dict[str, tuple[ShardElection, asyncio.Task]] = {}

    def start(self, *names: str) -> None:
        for name in names:
            replica = election(self.server, name, self.shards, self.clock, self.seconds)
            self.running[name] = replica, asyncio.create_task(replica.run())

    async def stop(self, name: str) -> None:
        _, task = self.running.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def kill(self, name: str) -> None:
        replica, _ = self.running[name]
        replica.release = replica.attempt  # a killed process releases nothing
        replica._api = None
        await self.stop(name)

    def loads(self) -> dict[str, int]:
        return {
            name: sum(each.leads(shard) for shard in range(self.shards))
            for name, (each, _) in self.running.items()
        }

    @property
    def is_whole(self) -> bool:
        """Whether each shard has one leader: not if one has two and another none."""
        leaders = [replica for replica, _ in self.running.values()]
        return all(sum(e.leads(shard) for e in leaders) == 1 for shard in range(self.shards))

    async def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> float:
        """Return the seconds until a condition holds."""
        begun = self.clock()
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - virtual time
                await asyncio.sleep(0.05)
        return self.clock() - begun


async def test_replicas_that_start_together_lead_a_share_each():
    replicas = Replicas()
    replicas.start("a", "b", "c")
    await replicas.until(lambda: replicas.is_whole)
    assert replicas.loads() == {"a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize(
    ("shards", "names", "loads"),
    [(10, "abc", [3, 3, 4]), (10, "abcd", [2, 2, 3, 3]), (2, "abc", [0, 1, 1])],
)
async def test_no_replica_leads_two_more_than_another(shards: int, names: str, loads: list[int]):
    replicas = Replicas(shards)
    replicas.start(*names)
    await replicas.until(lambda: replicas.is_whole)
    assert sorted(replicas.loads().values()) == loads


async def test_the_shards_of_a_killed_replica_are_led_within_six_seconds():
    replicas = Replicas()
    replicas.start("a", "b", "c")
    await replicas.until(lambda: replicas.is_whole)
    for name in ("a", "b"):
        await replicas.kill(name)
        assert not replicas.is_whole
        assert await replicas.until(lambda: replicas.is_whole) <= 6
    assert replicas.loads() == {"c": 3}


@pytest.mark.parametrize("names", ["b", "bc"], ids=["one", "together"])
async def test_the_shards_of_replicas_that_stop_are_led_within_a_second(names: str):
    replicas = Replicas()
    replicas.start("a", "b", "c")
    await replicas.until(lambda: replicas.is_whole)
    await asyncio.gather(*map(replicas.stop, names))
    assert read_assignment(replicas.server.lease).members.keys() == {*"abc"} - {*names}
    assert await replicas.until(lambda: replicas.is_whole) <= 1


async def test_a_replica_that_comes_back_gets_its_share_one_shard_at_a_time():
    replicas = Replicas(9)
    replicas.start("a", "b")
    await replicas.until(lambda: replicas.is_whole)
    replicas.start("c")
    lowest = 9
    while sorted(replicas.loads().values()) != [3, 3, 3]:
        lowest = min(lowest, sum(replicas.loads().values()))
        await asyncio.sleep(0.05)
    assert lowest >= 5, "a replica hands over the next shard while one is being taken at most"
    before = replicas.loads()
    await asyncio.sleep(30)
    assert replicas.loads() == before


async def test_a_shard_is_quiet_for_a_renewal_before_another_replica_may_take_it():
    """Requests that are under way end before: nothing else would stop a second PATCH."""
    replicas = Replicas(2)
    replicas.start("a")
    await replicas.until(lambda: replicas.is_whole)
    replicas.start("b")
    await replicas.until(lambda: not replicas.is_whole)
    assert await replicas.until(lambda: replicas.is_whole) >= 0.5


async def test_a_takeover_begins_a_term_and_a_renewal_none():
    replicas = Replicas()
    replicas.start("a")
    await replicas.until(lambda: replicas.is_whole)
    first, _ = replicas.running["a"]
    await asyncio.sleep(10)
    assert [first.term(shard) for shard in range(3)] == [1, 1, 1]
    replicas.start("b")
    await replicas.until(lambda: replicas.loads() == {"a": 2, "b": 1})
    await replicas.stop("b")
    await replicas.until(lambda: replicas.is_whole)
    assert sorted(first.term(shard) for shard in range(3)) == [1, 1, 2]


async def sole_replica(replicas: Replicas) -> ShardElection:
    """Return a replica that leads all shards, and renews when the test says so."""
    replica = election(replicas.server, "a", replicas.shards, replicas.clock)
    while not replica.leads(0):
        await replica.attempt()
        await asyncio.sleep(0.7)
    return replica


async def test_shards_are_led_from_the_request_and_not_from_the_answer():
    replicas = Replicas()
    replica = await sole_replica(replicas)
    replicas.server.takes = 0.8
    begun = replicas.clock()
    await replica.attempt()
    assert replicas.clock() == begun + 0.8
    await asyncio.sleep(2.3)
    assert replica.leads(0)
    await asyncio.sleep(0.1)
    assert not replica.leads(0)


async def test_a_shard_that_another_replica_may_have_led_begins_a_term():
    """The Lease shows fewer shards than were led: the answer to a handover was lost."""
    replicas = Replicas()
    replica = await sole_replica(replicas)
    found = read_assignment(replicas.server.lease)
    member = replace(found.members["a"], shards=frozenset({0, 1}))
    replicas.server.lease["metadata"]["annotations"] = found.with_member("a", member).annotations()
    await replica.attempt()
    assert [replica.leads(shard) for shard in range(3)] == [True] * 3
    assert [replica.term(shard) for shard in range(3)] == [1, 1, 2]


async def test_a_renewal_is_one_request():
    replicas = Replicas()
    replicas.start("a", "b", "c")
    await replicas.until(lambda: replicas.is_whole)
    await asyncio.sleep(2)
    replicas.server.requests.clear()
    await asyncio.sleep(70)
    each = 3 * 70 / 0.63  # mean of the pauses
    assert set(replicas.server.requests) == {"PATCH"}
    assert len(replicas.server.requests) == pytest.approx(each, rel=0.1)


@pytest.mark.parametrize(("replicas", "takes", "seconds"), [(3, 1.2, 3.5), (10, 2.0, 8.0)])
async def test_a_slow_api_server_costs_no_replica_its_shards(
    replicas: int, takes: float, seconds: float
):
    """A read and a write of one version met those of other replicas: no shard had a leader."""
    slow = Replicas(replicas, seconds)
    slow.server.takes = takes
    slow.start(*"abcdefghij"[:replicas])
    await slow.until(lambda: slow.is_whole, 600)
    await slow.until(lambda: slow.loads() == dict.fromkeys(slow.running, 1), 600)
    for _ in range(1000):
        await asyncio.sleep(0.1)
        assert slow.is_whole


async def test_a_replica_that_is_removed_reads_the_lease_before_it_leads_again():
    replica = await sole_replica(replicas := Replicas())
    found = read_assignment(replicas.server.lease)
    left = found.with_member("b", replace(found.members["a"], shards=frozenset({0}))).without({"a"})
    replicas.server.lease["metadata"]["annotations"] = left.annotations()
    replicas.server.requests.clear()
    await replica.attempt()
    assert replicas.server.requests == ["PATCH", "GET", "PATCH"]
    assert [replica.leads(shard) for shard in range(3)] == [False, True, True]


async def test_attempts_that_meet_other_changes_end():
    replica = await sole_replica(replicas := Replicas())
    replicas.server.requests.clear()
    replicas.server.fails = Rejected(TEST_FAILED)
    await replica.attempt()
    assert len(replicas.server.requests) == 3
    assert replica.leads(0), "until its renewal expires"


async def test_a_patch_that_is_refused_for_another_reason_is_logged(caplog):
    replica = await sole_replica(replicas := Replicas())
    replicas.server.fails = Rejected("an admission policy says no")
    await replica.attempt()
    assert [each.error for each in caplog.records if each.levelname == "WARNING"] == [
        "an admission policy says no"
    ]


async def test_the_lease_has_the_renewals_of_its_members_only():
    replicas = Replicas()
    replicas.start("a", "b", "c")
    await replicas.until(lambda: replicas.is_whole)
    replicas.server.lease["metadata"]["annotations"]["team"] = "shop"
    await replicas.kill("a")
    await replicas.until(lambda: replicas.is_whole)
    await replicas.stop("b")
    await replicas.until(lambda: replicas.is_whole)
    annotations = replicas.server.lease["metadata"]["annotations"]
    assert annotations.keys() == {"team", ANNOTATION, renewal_of("c")}
    await replicas.stop("c")
    others = Replicas(5)
    others.server = replicas.server
    others.start("d")
    await others.until(lambda: others.is_whole)
    annotations = replicas.server.lease["metadata"]["annotations"]
    assert annotations.keys() == {"team", ANNOTATION, renewal_of("d")}


async def test_an_annotation_that_a_person_has_formatted_is_no_obstacle():
    replicas = Replicas()
    replicas.start("a")
    await replicas.until(lambda: replicas.is_whole)
    annotations = replicas.server.lease["metadata"]["annotations"]
    annotations[ANNOTATION] = json.dumps(json.loads(annotations[ANNOTATION]), indent=2)
    replicas.start("b")
    await replicas.until(lambda: replicas.loads() == {"a": 2, "b": 1})


async def test_a_deleted_lease_moves_no_shard():
    replicas = Replicas()
    replicas.start("a", "b", "c")
    await replicas.until(lambda: replicas.is_whole)
    led = {name: each._mine for name, (each, _) in replicas.running.items()}
    replicas.server.lease = None
    for _ in range(200):
        await asyncio.sleep(0.05)
        assert replicas.is_whole
    assert {name: each._mine for name, (each, _) in replicas.running.items()} == led


async def test_an_annotation_that_cannot_be_read_is_replaced_once_all_leaders_have_stopped():
    replicas = Replicas()
    replicas.start("a", "b")
    await replicas.until(lambda: replicas.is_whole)
    replicas.server.lease["metadata"]["annotations"][ANNOTATION] = "{"
    replicas.server.change()
    await replicas.until(lambda: not any(replicas.loads().values()))
    assert await replicas.until(lambda: replicas.is_whole) <= 4


async def test_replicas_of_another_number_of_shards_wait_until_the_last_one_stops():
    replicas = Replicas()
    replicas.start("a", "b")
    await replicas.until(lambda: replicas.is_whole)
    others = Replicas(5)
    others.server = replicas.server
    others.start("c", "d")
    single = election(replicas.server, "e", 1, replicas.clock)
    task = asyncio.create_task(single.run())
    await replicas.stop("a")
    await asyncio.sleep(30)
    assert (replicas.loads(), others.loads(), single()) == ({"b": 3}, {"c": 0, "d": 0}, False)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await replicas.stop("b")
    assert await others.until(lambda: others.is_whole) <= 2
    await others.until(lambda: sorted(others.loads().values()) == [2, 3])
