"""The loop: objects that are due are read in one batch per broker; each is decided separately."""

import asyncio
import itertools
import logging
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mare.background import cancel
from mare.custom_resource.autoscaler import Autoscaler, BrokerReference, Key, is_older
from mare.domain.unknown import Unknown
from mare.loop.admission import Admission
from mare.loop.evidence_collector import EvidenceCollector
from mare.loop.metrics import Metrics
from mare.loop.object_places import ObjectPlaces
from mare.loop.operator_claim import OperatorClaim
from mare.loop.pace import Pace, Rank, ReadBudget, next_turn
from mare.loop.recent_entries import RecentEntries
from mare.loop.reconciler import Reconciler
from mare.loop.record import Record
from mare.loop.restorer import ReplicaRestorer
from mare.loop.scale_writer import ScaleWriter
from mare.loop.state import AutoscalerState
from mare.loop.status_writer import StatusWriter
from mare.loop.target_owners import TargetOwners
from mare.loop.write_guard import WriteGuard
from mare.ports import (
    BrokerReading,
    Brokers,
    ConflictingAutoscalers,
    DecisionClock,
    Leadership,
    Objects,
    Workloads,
)
from mare.tenant_scheduler import TenantScheduler

_BATCH = 25
"""Decisions between two yields to the event loop; each takes 0.1 ms, and so does a schedule."""
_QUEUES = 80
"""Queues whose decision takes as long as another object: one with 2,000 takes 10 ms."""
_MAX_REMOVED = 1024
_IN_STATE: dict[str, Any] = {}
"""Stands for the status of an object, which `AutoscalerState` holds as text."""
_log = logging.getLogger(__name__)


@dataclass(eq=False, kw_only=True)
class Loop:
    """Scales the objects given by `put`, until `remove`, while this replica leads."""

    brokers: Brokers
    workloads: Workloads
    objects: Objects
    conflicts: ConflictingAutoscalers
    leadership: Leadership
    clock: DecisionClock
    record: Record
    metrics: Metrics
    pace: Pace
    operator: str = ""
    """Names this operator in statuses; empty if there cannot be another one."""
    namespace_queues: int = 2_000
    """Queues that the objects of a namespace may select."""
    scheduler: TenantScheduler = field(default_factory=TenantScheduler)
    places: ObjectPlaces | None = None
    """Those of all shards; None without shards."""
    share: Callable[[], float] = lambda: 1.0
    """Returns the part of the reads per second of this process that the loop may make."""

    def __post_init__(self) -> None:
        self._budget = ReadBudget(self.pace, self.namespace_queues)
        self._owners = TargetOwners()
        guard = WriteGuard(self.leadership, self.clock)
        statuses = StatusWriter(self.objects, guard, self.clock, self.record, self.scheduler)
        scales = ScaleWriter(
            workloads=self.workloads,
            statuses=statuses,
            guard=guard,
            clock=self.clock,
            metrics=self.metrics,
            record=self.record,
            scheduler=self.scheduler,
        )
        self._reconciler = Reconciler(
            workloads=self.workloads,
            evidence=EvidenceCollector(self.conflicts, self._owners, guard),
            brokers=self.brokers,
            scales=scales,
            statuses=statuses,
            guard=guard,
            clock=self.clock,
            record=self.record,
            metrics=self.metrics,
            scheduler=self.scheduler,
        )
        self._restorer = ReplicaRestorer(
            workloads=self.workloads,
            brokers=self.brokers,
            leadership=self.leadership,
            owners=self._owners,
            conflicts=self.conflicts,
            clock=self.clock,
            scheduler=self.scheduler,
        )
        around = self.objects, self.leadership, self.clock, self.scheduler
        places = self.places or ObjectPlaces(self.scheduler, self.namespace_queues)
        self._admission = Admission(self.put, self._displace, places, *around, self.operator)
        self._states: dict[Key, AutoscalerState] = {}
        self._by_age: list[AutoscalerState] | None = None
        self._removed = RecentEntries(_MAX_REMOVED)
        """The uids removed last: a late watch event must not bring one back."""
        self._rounds: dict[BrokerReference, asyncio.Task[None]] = {}
        self._numbers = itertools.count()
        self._leads = False
        self._term: int | None = None
        self.ticked_at = self.clock()
        """When the last tick was."""

    @property
    def has_objects(self) -> bool:
        return bool(self._states)

    @property
    def autoscalers(self) -> list[Autoscaler]:
        return [state.autoscaler for state in self._states.values()]

    def version_of(self, key: Key) -> str | None:
        """Return the newest known resourceVersion of an object; None if there is none."""
        state = self._states.get(key)
        return None if state is None else state.stored.version

    def stored(self, key: Key) -> Autoscaler:
        """Return an object with its status as the API server has it; raise KeyError."""
        state = self._states[key]
        return replace(state.autoscaler, status=state.stored.status)

    def put(self, autoscaler: Autoscaler) -> None:
        """Add an object or take its change; an event older than what is known is ignored."""
        state = self._states.get(autoscaler.key)
        late = state is not None and is_older(autoscaler.version, state.stored.version)
        if late or self._removed.has(autoscaler.key.namespace, autoscaler.uid):
            return
        if state is not None and state.autoscaler.uid != autoscaler.uid:
            self.remove(autoscaler.key, state.autoscaler.uid)
            state = None
        has_changed = state is None or state.autoscaler.generation != autoscaler.generation
        if has_changed and not self._admission.takes(autoscaler):
            if state is not None:
                self._drop(state)
            return
        stored = replace(autoscaler, status=_IN_STATE)
        if state is None:
            state = AutoscalerState(stored, next(self._numbers), OperatorClaim(self.operator))
            state.adopt_status(autoscaler.status, self.clock.offset)
        elif has_changed:
            self._owners.remove(state.autoscaler)
            state = state.with_spec(stored)
        if has_changed:
            self._states[autoscaler.key], self._by_age = state, None
            self._owners.put(stored)
        is_new = state.stored.version != autoscaler.version
        state.stored.version = autoscaler.version
        state.observe_operator(autoscaler.status.get("operator"))
        leads = self._leads and self.leadership()  # the next tick notices that it leads no more
        if not leads or state.claim.is_others or state.stored.may_be_others:
            # Another replica or operator writes the status, or an answer is not there yet.
            is_of_others = is_new and not leads
            state.adopt_status(autoscaler.status, self.clock.offset, is_of_others=is_of_others)

    def remove(self, key: Key, uid: str) -> None:
        """Remove an object, unless another one has its name now."""
        self._removed.add(key.namespace, uid)
        state = self._states.get(key)
        if state is None or state.autoscaler.uid == uid:
            self._admission.remove(key, uid)
        if state is not None and state.autoscaler.uid == uid:
            self._drop(state)
            self._restorer.start(state)

    def _drop(self, state: AutoscalerState) -> None:
        del self._states[state.autoscaler.key]
        state.removed, self._by_age = True, None
        self._owners.remove(state.autoscaler)
        self.record.remove(state.autoscaler.key)

    def _displace(self, key: Key) -> Autoscaler:
        """Stop to scale an object, and return it with its status."""
        displaced = self.stored(key)
        self._drop(self._states[key])
        return displaced

    async def run(self) -> None:
        """Tick until cancelled, then wait for writes that are under way."""
        try:
            while True:
                self.tick()
                due = self.clock() + self.pause()
                await asyncio.sleep(due - self.clock())
                self.metrics.lateness.observe(self.clock() - due)
        finally:
            await self.close()

    def pause(self) -> float:
        """Return the seconds until the next tick: until an object is due.

        A round can make its objects due again, so that the next tick follows soon. Twenty ticks a
        second took a third of the processor time of an operator with few objects.
        """
        soon, late = self.pace.shortest / 5, self.pace.shortest
        if not self._leads:
            return late
        if self._rounds:
            return soon
        due = min((state.due for state in self._states.values()), default=math.inf)
        return max(soon, min(late, due - self.clock()))

    def tick(self) -> None:
        """Start a round for each broker that has objects due and no running round."""
        now = self.ticked_at = self.clock()
        self._leads = self.leadership()
        self.metrics.set_leading(self.record, leads=self._leads)
        self.metrics.set_refused(self.record, self._admission.refused if self._leads else 0)
        if not self._leads:
            return
        if self.leadership.term != self._term:
            self._term = self.leadership.term
            for state in self._states.values():
                state.start_term()
        due: dict[BrokerReference, list[AutoscalerState]] = defaultdict(list)
        for state in self._states.values():
            if state.due <= now:
                due[self.brokers.group(state.autoscaler)].append(state)
        for group, states in due.items():
            if group not in self._rounds:
                self._rounds[group] = asyncio.create_task(self._round(group, states))

    async def _round(self, group: BrokerReference, states: Sequence[AutoscalerState]) -> None:
        try:
            begun = self.clock()
            self._set_due(states, begun)
            autoscalers = [state.autoscaler for state in states]
            readings = await self._read(states)
            decided = 0
            for state, autoscaler in zip(states, autoscalers, strict=True):
                reading = readings[autoscaler.key]
                decided += 1 + reading.queue_count // _QUEUES + len(autoscaler.spec.schedules)
                if decided >= _BATCH:
                    decided = 0
                    await asyncio.sleep(0)
                is_current = not state.removed and state.autoscaler is autoscaler
                if is_current and self.leadership():
                    before = state.view
                    self._reconciler.reconcile(state, reading)
                    if state.view is not None and state.view.has_risen(before):
                        state.due = 0.0
            self.metrics.round.observe(self.clock() - begun)
        except Exception:  # noqa: BLE001 - an error with one broker must not end the loop
            _log.exception("Round failed", extra={"secret": group.secret_name})
        finally:
            del self._rounds[group]

    async def _read(self, states: Sequence[AutoscalerState]) -> Mapping[Key, BrokerReading]:
        """Read the queues; after an unexpected error all of them are unknown."""
        autoscalers = [state.autoscaler for state in states]
        refused = {e.key: why for e in autoscalers if (why := self._budget.refusal(e.key))}
        try:
            readings = await self.brokers.read([e for e in autoscalers if e.key not in refused])
            unread = {key: BrokerReading(queues=why, busy=why) for key, why in refused.items()}
        except Exception as error:  # noqa: BLE001 - the objects report it, and use their fallback
            # Without the error's text, which may contain an address with a password.
            why = Unknown("NotUnderstood", f"reading the queues fails ({type(error).__name__})")
            if any(state.view is None or state.view.reading.queues != why for state in states):
                broker = states[0].autoscaler.broker
                _log.exception("Queues could not be read", extra={"secret": broker.secret_name})
            return {state.autoscaler.key: BrokerReading(queues=why, busy=why) for state in states}
        return {**readings, **unread}

    def _set_due(self, states: Iterable[AutoscalerState], now: float) -> None:
        self._budget.update(self._costs(now), now, self.share())
        for state in states:
            period = self._budget.period(state.autoscaler.key, state.rank(now))
            state.due = next_turn(state.number, period, now)

    def _costs(self, now: float) -> Iterator[tuple[Key, int, Rank]]:
        """Yield what the read budget needs, oldest objects first."""
        if self._by_age is None:  # sorted each second, 3,400 objects took 4 % of the loop
            states = self._states.values()
            self._by_age = sorted(states, key=lambda e: (e.autoscaler.created, e.autoscaler.key))
        for state in self._by_age:
            yield state.autoscaler.key, self.brokers.cost(state.autoscaler), state.rank(now)

    async def close(self) -> None:
        await cancel(self._rounds.values())
        await self._admission.close()
        await self._restorer.close()
        await self._reconciler.close()
