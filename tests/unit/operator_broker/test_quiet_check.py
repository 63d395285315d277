"""Before a workload becomes idle, its queues themselves say whether they have a message."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.networks import ANY_NETWORK
from mare.broker.quiet_check import QuietCheck
from mare.domain.unknown import Unknown
from tests.unit.operator_broker.statistics_server import FakeServer, serve
from tests.unit.operator_loop.fakes import Clock

Run = Callable[[float], Awaitable[Unknown | None]]


def totals(kind: str, ready: int = 0, unacknowledged: int = 0) -> bytes:
    counts = {"messages_ready": ready, "messages_unacknowledged": unacknowledged}
    return json.dumps({"type": kind, **counts}).encode()


def log(index: int, term: int = 1) -> bytes:
    member = {"Raft State": "leader", "Term": term, "Last Log Index": index}
    follower = {"Raft State": "noproc", "Term": "", "Last Log Index": ""}
    return json.dumps([follower, member]).encode()


def play(
    bodies: dict[str, bytes],
    timeline: Callable[[Run], Awaitable[None]],
    names: Sequence[str] = ("work",),
    vhost: str = "/",
    **more: int,
) -> None:
    async def scenario(uri: str) -> None:
        clock = Clock()
        begun = clock.now
        check = QuietCheck(uri, ConnectionParameters(networks=ANY_NETWORK, vhost=vhost), clock)

        async def run(second: float) -> Unknown | None:
            clock.now = begun + second
            return await check.run(names)

        try:
            await timeline(run)
        finally:
            await check.close()

    with serve(FakeServer(bodies, **more)) as server:
        asyncio.run(scenario(server.uri))


QUEUE, STATUS = "/api/queues/%2F/work", "/api/queues/quorum/%2F/work/status"


@pytest.mark.parametrize("kind", ["classic", "quorum"])
@pytest.mark.parametrize(("counts", "left"), [({"ready": 1}, 1), ({"unacknowledged": 2}, 2)])
def test_a_queue_with_a_message_is_not_quiet(kind: str, counts: dict, left: int):
    async def timeline(run: Run) -> None:
        why = await run(0)
        assert why == Unknown("MessagesLeft", f"queue work still has messages: {left}")
        assert why.name == "work"

    play({QUEUE: totals(kind, **counts), STATUS: log(3)}, timeline)


def test_a_virtual_host_that_no_path_can_have_is_refused_by_the_check():
    async def timeline(run: Run) -> None:
        assert (await run(0)).reason == "AccessRefused"

    play({}, timeline, vhost="..")


def test_the_counts_of_a_classic_queue_are_current():
    async def timeline(run: Run) -> None:
        assert await run(0) is None

    play({QUEUE: totals("classic")}, timeline)


def test_a_quorum_queue_is_quiet_once_its_log_did_not_change_for_a_tick():
    async def timeline(run: Run) -> None:
        reasons = [why and why.reason for why in [await run(second) for second in (0, 3, 5.4, 5.6)]]
        assert reasons == ["QueueChanged", "QueueChanged", "QueueChanged", None]

    play({QUEUE: totals("quorum"), STATUS: log(3)}, timeline)


def test_a_message_of_a_quorum_queue_that_its_counts_do_not_contain_is_seen_in_its_log():
    bodies = {QUEUE: totals("quorum"), STATUS: log(3)}

    async def timeline(run: Run) -> None:
        await run(0)
        bodies[STATUS] = log(4)
        assert await run(6) is not None
        bodies[STATUS] = log(4, term=2)
        assert await run(12) is not None
        assert await run(18) is None

    play(bodies, timeline)


@pytest.mark.parametrize("field", ["term", "index"])
@pytest.mark.parametrize("value", ["9" * 1_000, 2**64, -1])
def test_a_position_in_a_log_that_is_no_count_is_not_remembered(field: str, value: str | int):
    """It stood for each of 20,000 queues, and a response may have 1 MiB."""

    async def timeline(run: Run) -> None:
        for second in 0, 6, 12:
            assert (await run(second)).reason == "StatisticsUnreachable"

    play({QUEUE: totals("quorum"), STATUS: log(**{"index": 3, field: value})}, timeline)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["quorum", "full"], "MessagesLeft"),
        (["full", "quorum"], "MessagesLeft"),
        (["classic", "quorum", "classic"], "QueueChanged"),
        (["classic", "classic"], None),
    ],
)
def test_a_queue_with_a_message_counts_more_than_one_that_has_changed(names, reason):
    async def timeline(run: Run) -> None:
        why = await run(0)
        assert (why and why.reason) == reason

    bodies = {
        "/api/queues/%2F/quorum": totals("quorum"),
        "/api/queues/quorum/%2F/quorum/status": log(3),
        "/api/queues/%2F/full": totals("classic", ready=1),
        "/api/queues/%2F/classic": totals("classic"),
    }
    play(bodies, timeline, names)


def test_a_quorum_queue_without_a_leader_is_not_quiet():
    async def timeline(run: Run) -> None:
        why = await run(0)
        assert why == Unknown("LeaderSilent", "the leader of queue work does not answer")
        assert why.name == "work"

    play({QUEUE: totals("quorum"), STATUS: b"[]"}, timeline)


@pytest.mark.parametrize("counts", [{}, {"messages_ready": 0}, {"messages_unacknowledged": 0}])
def test_a_queue_without_a_count_is_not_quiet(counts: dict):
    async def timeline(run: Run) -> None:
        assert await run(0) == Unknown("LeaderSilent", "queue work does not answer")

    play({QUEUE: json.dumps({"type": "classic", **counts}).encode()}, timeline)


@pytest.mark.parametrize("status", [400, 404])
def test_a_broker_without_these_requests_leaves_the_decision_to_the_statistics(status: int):
    async def timeline(run: Run) -> None:
        assert await run(0) is None

    play({}, timeline, status=status)


@pytest.mark.parametrize(("status", "reason"), [(401, "AccessRefused"), (500, "Statistics")])
def test_a_broker_that_fails_is_not_quiet(status: int, reason: str):
    async def timeline(run: Run) -> None:
        why = await run(0)
        assert why is not None
        assert why.reason.startswith(reason)

    play({}, timeline, status=status)


def test_an_unexpected_response_is_not_quiet():
    async def timeline(run: Run) -> None:
        assert await run(0) == Unknown(
            "StatisticsUnreachable", "the management API returns an unexpected response"
        )

    play({QUEUE: b"[]"}, timeline)
