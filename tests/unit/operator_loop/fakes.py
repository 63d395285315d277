"""Brokers, workloads and objects in memory, for tests of the loop."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mare.custom_resource.autoscaler import Autoscaler, BrokerReference, Key, ScaleTarget
from mare.domain.jobs import Job
from mare.domain.observation import NOT_REPORTED, QueueReading
from mare.domain.unknown import Unknown, known
from mare.ports import BrokerReading, Conflict, NotFound, OnKilled, Removal, Scale
from tests.unit.operator_loop.merge_patch import merge_patch


@dataclass
class Clock:
    now: float = 1_000_000.0
    offset: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeBrokers:
    clock: Clock
    ready: dict[str, int | Unknown] = field(default_factory=dict)
    unacknowledged: int = 0
    consumers: int = 1
    queues_of: Callable[[str], Sequence[str]] = lambda name: (name,)  # with the same messages each
    busy: Mapping[str, int] | Unknown = NOT_REPORTED
    held: Mapping[str, int] | None = None
    """The messages of replicas in the newest statistics, if not as in `busy`."""
    busy_at: float | None = None
    """When the busy replicas were counted, if not now."""
    slow: set[str] = field(default_factory=set)
    """Secrets whose broker never answers."""
    answers: asyncio.Event | None = None
    """Set when reads are to be answered; without it they are answered at once."""
    silent: set[str] = field(default_factory=set)
    """Objects whose quiet checks are answered once `quiet_answers` is set."""
    quiet_answers: asyncio.Event = field(default_factory=asyncio.Event)
    quiet_checks: int = 0
    left: dict[str, Unknown] = field(default_factory=dict)
    """Why the queue of an object may have a message although statistics contain none."""
    away: dict[str, Unknown] = field(default_factory=dict)
    """Secrets whose broker cannot be reached."""
    odd: dict[str, Exception] = field(default_factory=dict)
    """Secrets with which a read raises an unexpected error."""
    reads: list[list[str]] = field(default_factory=list)
    read_at: float | None = None
    """When a source that no longer answers was last complete."""
    reading: BrokerReading | None = None
    """What each read returns, if not one queue named after the object."""
    statistics_at: float | None = None
    """When its statistics did."""
    published: int | Unknown = NOT_REPORTED

    def group(self, autoscaler: Autoscaler) -> BrokerReference:
        return autoscaler.broker

    def cost(self, autoscaler: Autoscaler) -> int:
        return len(autoscaler.entries)

    async def check_quiet(self, autoscaler: Autoscaler) -> Unknown | None:
        self.quiet_checks += 1
        if autoscaler.key.name in self.silent:
            await self.quiet_answers.wait()
        return self.left.get(autoscaler.key.name)

    async def read(self, autoscalers: Collection[Autoscaler]) -> Mapping[Key, BrokerReading]:
        self.reads.append([each.key.name for each in autoscalers])
        if any(each.broker.secret_name in self.slow for each in autoscalers):
            await asyncio.Event().wait()
        if self.answers is not None:
            await self.answers.wait()
        for each in autoscalers:
            if each.broker.secret_name in self.odd:
                raise self.odd[each.broker.secret_name]
        away = {each.key: self.away.get(each.broker.secret_name) for each in autoscalers}
        return {
            key: BrokerReading(queues=why, busy=why) if why else self._seen(key.name)
            for key, why in away.items()
        }

    def _seen(self, name: str) -> BrokerReading:
        if self.reading is not None:
            return self.reading
        ready = self.ready.get(name, Unknown("QueueNotFound", f"queue {name} does not exist"))
        now = self.clock()
        one = QueueReading(
            name=name,
            read_at=self.read_at or now,
            ready=ready,
            consumers=self.consumers,
            statistics_at=self.statistics_at or now,
            sampled_after=self.statistics_at or now,
            unacknowledged=self.unacknowledged,
            published=self.published,
        )
        queues = tuple(replace(one, name=each, entries=(each,)) for each in self.queues_of(name))
        return BrokerReading(
            queues=queues,
            busy=self.busy,
            held=self.held or known(self.busy, {}),
            busy_at=self.busy_at or now,
        )


@dataclass
class FakeWorkloads:
    scales: dict[str, Scale | Unknown] = field(default_factory=dict)
    done: list[tuple[str, int]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    """The workloads of all requests to change or mark something, answered or not."""
    answers: asyncio.Event | None = None
    """Set when those requests are to be answered; without it they are answered at once."""
    preferred: list[Removal] = field(default_factory=list)
    marking: Any = True
    """Whether idle replicas can be made to go first, or what comes of trying."""
    errors: dict[str, Exception] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    behind: set[str] = field(default_factory=set)
    """Workloads that have changed without our having seen it."""

    killed: list[str | Exception | asyncio.Event | None] = field(default_factory=list)
    """Replicas that a watch reports, what it raises or waits for; None: it has an end there."""
    killed_generation: int = 1
    """Part of the UIDs of these replicas."""

    unready: str | Exception | None = None
    """Why replicas are not ready, or what reading it raises."""
    unready_reads: int = 0

    def remembered_jobs(self, target: ScaleTarget) -> tuple[tuple[Job, ...], bool]:
        raise AssertionError(f"{target} are no Jobs")

    async def delete_job(self, target: ScaleTarget, job: Job) -> None:
        raise AssertionError(f"no Job of {target} is to be deleted")

    async def unready_cause(self, target: ScaleTarget, last_read: Scale) -> str | None:
        self.unready_reads += 1
        if isinstance(self.unready, Exception):
            raise self.unready
        return self.unready

    async def watch_killed(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        on_killed: OnKilled,
    ) -> None:
        self.left = replicas
        while self.killed and (killed := self.killed.pop(0)) is not None:
            if isinstance(killed, Exception):
                raise killed
            if isinstance(killed, asyncio.Event):
                await killed.wait()
                continue
            on_killed(f"{killed}-{self.killed_generation}", killed)

    def have(self, name: str, replicas: int, **more: Any) -> None:
        self.scales[name] = Scale(
            replicas=replicas, version="1", ready=replicas, selector="a=b", **more
        )

    def get(self, target: ScaleTarget) -> Scale | Unknown:
        return self.scales.get(target.name, Unknown("WorkloadNotFound", f"{target} is not there"))

    async def scale(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        is_allowed: Callable[[], bool] = lambda: True,
    ) -> None:
        await self._send(target.name)
        if target.name in self.slow:
            await asyncio.Event().wait()
        if target.name in self.behind:
            raise Conflict("it has changed")
        if target.name in self.errors:
            raise self.errors[target.name]
        self.done.append((target.name, replicas))
        self.scales[target.name] = replace(last_read, replicas=replicas)

    async def _send(self, name: str) -> None:
        self.sent.append(name)
        if self.answers is not None:
            await self.answers.wait()

    marking_allowed: bool | None = None
    """Whether Pods could still be marked after the last answer to a request to do so."""

    async def refresh(self, target: ScaleTarget) -> None:
        self.behind.discard(target.name)

    async def mark_victims(
        self,
        target: ScaleTarget,
        last_read: Scale,
        removal: Removal,
        is_allowed: Callable[[], bool],
    ) -> bool:
        await self._send(target.name)
        self.marking_allowed = is_allowed()
        self.preferred.append(removal)
        if isinstance(self.marking, Exception):
            raise self.marking
        return self.marking


@dataclass
class FakeObjects:
    statuses: list[tuple[str, dict]] = field(default_factory=list)
    events: list[tuple[str, str, str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    """The messages of the events."""
    error: Exception | None = None
    event_error: Exception | None = None
    answers: asyncio.Event | None = None
    """Set when writes are to be answered; without it they are answered at once."""
    answers_first: str | None = None
    """The object whose writes are answered at once in any case."""
    late_answers: asyncio.Event | None = None
    """The same for writes that have been made, and below for Events."""
    event_answers: asyncio.Event | None = None
    lost_answer: Exception | None = None
    """What writes raise after they have been made."""
    stored: dict[str, int] = field(default_factory=dict)
    """The resourceVersion of each object."""
    bodies: dict[str, dict] = field(default_factory=dict)
    """Objects that can be read again, by name."""

    async def read(self, key: Key) -> Mapping[str, Any]:
        if key.name not in self.bodies:
            raise NotFound(f"{key.name} does not exist")
        stored = {**self.bodies[key.name], "status": self.status(key.name)}
        version = str(self.stored.get(key.name, 100))
        stored["metadata"] = {**stored["metadata"], "resourceVersion": version}
        return stored

    async def write_status(
        self, autoscaler: Autoscaler, version: str, status: Mapping[str, Any]
    ) -> str:
        name = autoscaler.key.name
        if self.answers is not None and name != self.answers_first:
            await self.answers.wait()
        if self.error is not None:
            raise self.error
        stored = self.stored.get(name, int(version))
        if int(version) != stored:
            raise Conflict("the object has been modified")
        self.statuses.append((name, dict(status)))
        self.stored[name] = stored + 1
        if self.late_answers is not None:
            await self.late_answers.wait()
        if self.lost_answer is not None:
            raise self.lost_answer
        return str(stored + 1)

    async def publish_event(
        self, autoscaler: Autoscaler, kind: str, reason: str, message: str
    ) -> None:
        if self.event_answers is not None:
            await self.event_answers.wait()
        if self.event_error is not None:
            raise self.event_error
        self.events.append((autoscaler.key.name, kind, reason))
        self.messages.append(message)

    def status(self, name: str = "worker") -> dict:
        """Return the status that all writes have led to."""
        merged: dict = {}
        for owner, status in self.statuses:
            if owner == name:
                merged = merge_patch(merged, status)
        return merged

    def last(self, name: str = "worker") -> dict:
        """Return the last whole status that was written."""
        whole = (each for each in reversed(self.statuses) if "conditions" in each[1])
        return next(status for owner, status in whole if owner == name)

    def condition(self, kind: str, name: str = "worker") -> tuple[str, str]:
        for each in self.last(name)["conditions"]:
            if each["type"] == kind:
                return each["status"], each["reason"]
        raise KeyError(kind)


@dataclass
class FakeConflicts:
    conflicting: str | None = None
    """The other autoscaler of the workload `worker`."""

    def find(self, target: ScaleTarget) -> str | None:
        return self.conflicting if target.name == "worker" else None
