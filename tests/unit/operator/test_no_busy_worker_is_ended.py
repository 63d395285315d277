"""No sequence of messages makes a workload idle while a worker has one.

RabbitMQ's answers are as late as measured: docs/measurements/statistics.md.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import decode
from mare.broker.networks import ANY_NETWORK
from mare.broker.queue_statistics import Statistics, StatisticsPoller
from mare.broker.quiet_check import QuietCheck
from mare.domain.decide import decide
from mare.domain.evidence import Evidence, QuietAnswer
from mare.domain.history import History
from mare.domain.observation import Observation, QueueReading, Workload
from mare.domain.reason import Reason
from mare.domain.spec import Behavior, QueueLength, ScalingRules, ScalingSpec
from tests.unit.examples import examples
from tests.unit.operator.building import fresh
from tests.unit.operator.delayed_broker import DelayedBroker

SECONDS = 90.0
seconds = st.floats(0, 5, allow_nan=False).map(lambda value: round(value, 2))
messages = st.lists(st.tuples(st.floats(0.1, 25), st.floats(0.05, 40)), min_size=1, max_size=6)


class Responses:
    """Implements what `QuietCheck` calls of `BrokerHttpClient`."""

    def __init__(self, operator: "Operator") -> None:
        self._operator = operator

    @asynccontextmanager
    async def body(self, path: str, query: object) -> AsyncIterator[bytearray]:
        yield self._operator.broker.answer(path, self._operator.now)

    async def decode(self, body: bytearray, decoder: Any) -> Any:
        return decode(body, decoder, "the management API")

    async def close(self) -> None: ...


class Operator:
    """The operator's decisions, with its own clocks, on a simulated broker."""

    def __init__(self, broker: DelayedBroker, spec: ScalingSpec, *, checks: bool) -> None:
        self.broker, self.spec, self.now = broker, spec, 0.0
        self.history = History.begin(0.0, broker.replicas)
        tenant = ConnectionParameters(networks=ANY_NETWORK).tenant
        clock = lambda: self.now  # noqa: E731
        self.poller = StatisticsPoller(broker, "/", clock, 5.0, tenant)  # type: ignore[arg-type]
        self.polled_at = -10.0
        self.check = QuietCheck("http://broker", ConnectionParameters(networks=ANY_NETWORK), self)
        self.check._http = Responses(self)  # type: ignore[assignment]
        self.checks = checks
        self.answer: QuietAnswer | None = None
        self.idle_at: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def run(self, tick: float) -> None:
        while self.now < SECONDS:
            self.now += tick
            self.broker.advance(self.now)
            if self.now >= self.polled_at + self.poller._sample_clock.pause:
                self.polled_at = self.now
                queues = {"work": self.broker.statistics(self.now)}
                self.poller._add(Statistics(self.now, queues))
            await self.decide()

    async def decide(self) -> None:
        observation = fresh(
            self.spec,
            Observation(
                workload=Workload(replicas=self.broker.replicas),
                queues=(self.reading(),),
                evidence=Evidence(quiet_answer=self.answer),
            ),
            self.now,
        )
        decision, self.history = decide(self.spec, observation, self.history, self.now)
        if decision.asks_queues:
            why = await self.check.run(["work"]) if self.checks else None
            self.answer = QuietAnswer(self.now, self.now, why)
            observation = replace(observation, evidence=Evidence(quiet_answer=self.answer))
            decision, self.history = decide(self.spec, observation, self.history, self.now)
        if not decision.changes:
            return
        if decision.reason is Reason.SCALED_TO_IDLE:
            assert self.broker.busy == 0, f"ended a busy worker at {self.now} s"
            self.idle_at.append(self.now)
        self.broker.scale(decision.replicas, self.now)

    def reading(self) -> QueueReading:
        state, latest = self.broker.at(self.now), self.poller.latest
        reading = QueueReading(
            name="work", read_at=self.now, ready=state.ready, consumers=state.consumers
        )
        if latest is None:
            return reading
        queue = latest.queues["work"]
        return replace(
            reading,
            statistics_at=latest.at,
            sampled_after=latest.sampled_after,
            unacknowledged=queue.unacknowledged,
            prefetch=queue.prefetch,
            published=queue.published,
            delivered=queue.delivered,
            acknowledged=queue.acknowledged,
        )


def spec_of(cooldown: int, window: int) -> ScalingSpec:
    down = ScalingRules(stabilization_window_seconds=window)
    return ScalingSpec(
        max_replicas=1,
        targets=(QueueLength(messages_per_replica=1),),
        cooldown_seconds=cooldown,
        behavior=Behavior(scale_up=ScalingRules(), scale_down=down),
    )


def arrivals_of(gaps: list[tuple[float, float]]) -> list[tuple[float, float]]:
    arrivals, at = [], 0.0
    for gap, service in gaps:
        at += gap
        arrivals.append((at, service))
    return arrivals


@settings(max_examples=examples(150), deadline=None)
@given(
    kind=st.sampled_from(["classic", "quorum"]),
    phases=st.tuples(seconds, seconds, seconds),
    gaps=messages,
    cooldown=st.integers(0, 30),
    window=st.integers(0, 30),
    tick=st.sampled_from([0.25, 0.5, 1.0, 3.0]),
)
@example(
    kind="classic", phases=(0.0, 0.0, 0.0), gaps=[(1.0, 80.0)], cooldown=5, window=0, tick=0.25
)
@example(
    kind="quorum", phases=(4.9, 4.9, 4.8), gaps=[(14.0, 80.0)], cooldown=0, window=0, tick=0.25
)
def test_no_busy_worker_is_ended(*, kind, phases, gaps, cooldown, window, tick):
    broker = DelayedBroker(kind, *phases, arrivals_of(gaps))
    asyncio.run(Operator(broker, spec_of(cooldown, window), checks=True).run(tick))


@settings(max_examples=examples(100), deadline=None)
@given(
    phases=st.tuples(seconds, seconds, seconds),
    gaps=messages,
    cooldown=st.integers(0, 30),
    tick=st.sampled_from([0.25, 0.5, 1.0]),
)
@example((0.0, 0.0, 0.0), [(1.0, 80.0)], 5, 0.25)
@example((4.9, 4.9, 4.8), [(1.0, 80.0)], 0, 0.25)
def test_without_such_a_check_no_worker_is_ended_whose_message_was_seen(
    phases, gaps, cooldown, tick
):
    """Messages are seen as ready: a worker takes each after the next reading."""

    class Watched(DelayedBroker):
        def _deliver(self, at: float) -> None: ...

        def take(self, at: float) -> None:
            super()._deliver(at)

    class Patient(Operator):
        async def decide(self) -> None:
            await super().decide()
            self.broker.take(self.now + 0.001)  # type: ignore[attr-defined]

    broker = Watched("classic", *phases, arrivals_of(gaps))
    asyncio.run(Patient(broker, spec_of(cooldown, 0), checks=False).run(tick))


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_quiet_workload_still_becomes_idle(kind):
    broker = DelayedBroker(kind, 1.0, 2.0, 3.0, [(1.0, 2.0)])
    operator = Operator(broker, spec_of(5, 0), checks=True)
    asyncio.run(operator.run(0.25))
    assert operator.idle_at
    assert operator.idle_at[0] < 35
