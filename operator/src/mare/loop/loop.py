"""The loop: who is due is looked at together with the others of its broker, and decided alone."""

import asyncio
import itertools
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from mare.custom_resource.autoscaler import Autoscaler, BrokerReference, Key
from mare.domain.unknown import Unknown
from mare.loop.metrics import Metrics
from mare.loop.pace import Pace, Periods, next_turn
from mare.loop.reconciler import Reconciler
from mare.loop.record import Record
from mare.loop.scale_writer import ScaleWriter
from mare.loop.state import AutoscalerState
from mare.loop.target_owners import TargetOwners
from mare.ports import BrokerReading, Brokers, Clock, ConflictingAutoscalers, Objects, Workloads

_BATCH = 25
"""Decisions before others get a turn: at 0.1 ms each, a few milliseconds."""
_ELSEWHERE: dict[str, Any] = {}
"""The status of an object lies packed in what is kept of it."""
_log = logging.getLogger(__name__)


class Loop:
    """Give it objects by `put` and `remove`; it acts while `leads` says so."""

    def __init__(
        self,
        *,
        brokers: Brokers,
        workloads: Workloads,
        objects: Objects,
        conflicts: ConflictingAutoscalers,
        leads: Callable[[], bool],
        clock: Clock,
        record: Record,
        metrics: Metrics,
        pace: Pace,
    ) -> None:
        self._brokers = brokers
        self._leads = leads
        self._clock = clock
        self._record = record
        self._measures = metrics
        self._pace = pace
        self._periods = Periods(pace)
        self._claims = TargetOwners()
        self._acting = ScaleWriter(workloads, objects, clock, metrics, record)
        self._looking = Reconciler(
            workloads=workloads,
            conflicts=conflicts,
            claims=self._claims,
            acting=self._acting,
            clock=clock,
            record=record,
            metrics=metrics,
        )
        self._kept: dict[Key, AutoscalerState] = {}
        self._rounds: dict[BrokerReference, tuple[float, asyncio.Task[None]]] = {}
        """When each was begun."""
        self._numbers = itertools.count()
        self._led = False
        self.ticked_at = clock()
        """When the loop ticked last."""

    @property
    def oldest_round(self) -> float | None:
        """When the oldest round that has not ended was begun; None if there is none."""
        return min((begun for begun, _ in self._rounds.values()), default=None)

    @property
    def autoscalers(self) -> list[Autoscaler]:
        return [kept.autoscaler for kept in self._kept.values()]

    def put(self, autoscaler: Autoscaler) -> None:
        """Take an object that is new or changed."""
        kept = self._kept.get(autoscaler.key)
        if kept is None or kept.autoscaler.uid != autoscaler.uid:
            self.remove(autoscaler.key)
            kept = AutoscalerState(replace(autoscaler, status=_ELSEWHERE), next(self._numbers))
            kept.found(autoscaler.status)
            self._kept[autoscaler.key] = kept
            self._claims.put(autoscaler)
        elif kept.autoscaler.generation != autoscaler.generation:
            self._claims.remove(kept.autoscaler)
            self._claims.put(autoscaler)
            if kept.autoscaler.target != autoscaler.target:
                kept.history = kept.estimates = None
            kept.autoscaler = replace(autoscaler, status=_ELSEWHERE)
            kept.problem = None
            kept.due = 0.0
        if not self._led:
            kept.found(autoscaler.status)  # whoever leads goes on writing it

    def remove(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            kept.removed = True
            self._claims.remove(kept.autoscaler)
            self._record.remove(key)

    async def run(self) -> None:
        """Tick until cancelled; then wait for what is on its way."""
        try:
            while True:
                self.tick()
                await asyncio.sleep(self._pace.shortest / 5)
        finally:
            await self.close()

    def tick(self) -> None:
        """Start a round for each broker that has objects due and is not being read already."""
        now = self.ticked_at = self._clock()
        leads = self._leads()
        self._measures.leads(leads)
        if leads != self._led:
            for kept in self._kept.values():
                kept.forget()
        self._led = leads
        if not leads:
            return
        due: dict[BrokerReference, list[AutoscalerState]] = defaultdict(list)
        for kept in self._kept.values():
            if kept.due <= now and not kept.acting:
                due[self._brokers.group(kept.autoscaler)].append(kept)
        for group, some in due.items():
            if group not in self._rounds:
                self._rounds[group] = now, asyncio.create_task(self._round(group, some))

    async def _round(self, group: BrokerReference, some: Sequence[AutoscalerState]) -> None:
        try:
            begun = self._clock()
            self._set_due(some, begun)
            readings = await self._read(some)
            for number, kept in enumerate(some):
                if number % _BATCH == _BATCH - 1:
                    await asyncio.sleep(0)
                if not kept.removed and not kept.acting and self._leads():
                    self._looking.look(kept, readings[kept.autoscaler.key])
            self._measures.round.observe(self._clock() - begun)
        except Exception:  # noqa: BLE001 - whatever happens with one broker, the loop goes on
            _log.exception("Round failed", extra={"secret": group.secret_name})
        finally:
            del self._rounds[group]

    async def _read(self, some: Sequence[AutoscalerState]) -> Mapping[Key, BrokerReading]:
        """What the broker tells of each; a surprise leaves all unknown, and is logged once."""
        try:
            return await self._brokers.read([kept.autoscaler for kept in some])
        except Exception as error:  # noqa: BLE001 - its objects have to be told, and fall back
            # Without the error's text, which may have an address with a password.
            why = Unknown("NotUnderstood", f"reading the queues fails ({type(error).__name__})")
            if any(kept.look is None or kept.look.reading.queues != why for kept in some):
                key = some[0].autoscaler.broker
                _log.exception("Queues could not be read", extra={"secret": key.secret_name})
            return {kept.autoscaler.key: BrokerReading(queues=why, busy=why) for kept in some}

    def _set_due(self, some: Iterable[AutoscalerState], now: float) -> None:
        at_rest, awake = self._periods.at(now, self._reads)
        for kept in some:
            kept.due = next_turn(kept.number, at_rest if kept.resting else awake, now)

    def _reads(self) -> tuple[int, int]:
        """Those of one look at all objects at rest, and of one look at all objects."""
        at_rest, of_all = 0, 0
        for kept in self._kept.values():
            reads = self._brokers.cost(kept.autoscaler)
            of_all += reads
            at_rest += reads if kept.resting else 0
        return at_rest, of_all

    async def close(self) -> None:
        for _, task in list(self._rounds.values()):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._acting.close()
