"""Writes statuses and Events."""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from mare.background import Tasks
from mare.custom_resource.autoscaler import Autoscaler, Key
from mare.custom_resource.condition import Condition, state_of
from mare.custom_resource.status import status_of, without_absent
from mare.custom_resource.stored_timers import timers_status, workload_status
from mare.loop.record import Record
from mare.loop.state import AutoscalerState
from mare.loop.stored_status import StoredStatus
from mare.loop.write_guard import WriteGuard
from mare.ports import ApiError, Conflict, DecisionClock, Objects, Unavailable
from mare.tenant_scheduler import STATUS_WRITES, TenantScheduler

_MOST_WAITING = 64
"""Writes of a namespace that wait. Each takes 4 KB; further objects are written in turn."""
_log = logging.getLogger(__name__)


class StatusWriter:
    def __init__(
        self,
        objects: Objects,
        guard: WriteGuard,
        clock: DecisionClock,
        record: Record,
        scheduler: TenantScheduler,
    ) -> None:
        self._objects = objects
        self._guard = guard
        self._clock = clock
        self._record = record
        self._scheduler = scheduler
        self._tasks = Tasks()
        self._left_out: dict[str, dict[Key, AutoscalerState]] = {}
        """By namespace, in order. Otherwise the objects that are read first took each place."""

    async def close(self) -> None:
        await self._tasks.finish()

    def start(self, state: AutoscalerState) -> None:
        """Write the status in the background; if many of its namespace wait, after these."""
        key = state.autoscaler.key
        waiting = self._scheduler.waiting(STATUS_WRITES, key.namespace)
        if waiting >= _MOST_WAITING or (waiting and self._left_out.get(key.namespace)):
            self._left_out.setdefault(key.namespace, {})[key] = state
        else:
            self._start(state, self._attempt(state, self._write))

    def _start(self, state: AutoscalerState, attempt: Coroutine[Any, Any, None]) -> None:
        state.stored.waiting += 1
        self._tasks.start(attempt)

    def start_applied(self, state: AutoscalerState, reason: str, message: str) -> None:
        """Write the status of a change that was applied and publish its Event, in the background.

        It is not left out: the next change of the object may come before, and counts are recorded.
        """
        self._start(state, self._tell(state, reason, message))

    async def _tell(self, state: AutoscalerState, reason: str, message: str) -> None:
        await self._attempt(state, self._write)
        await self.publish_event(state, "Normal", reason, message)

    def start_challenge(self, state: AutoscalerState) -> None:
        """Write the name of this operator over another one, in the background."""
        self._start(state, self._attempt(state, self._challenge))

    def start_warning(self, state: AutoscalerState, reason: str, message: str) -> None:
        """Publish an Event in the background."""
        self._tasks.start(self.publish_event(state, "Warning", reason, message))

    async def record_counts(self, state: AutoscalerState, replicas: int) -> None:
        """Write the count before a change, its events, and the original count.

        A leader that stops after the change leaves no other trace of these. Raises as
        `write_status`.
        """
        stored, now, offset = state.stored, self._clock(), self._clock.offset
        history, spec = state.history, state.autoscaler.spec
        counts = {
            "operator": state.claim.own or None,
            **workload_status(state.autoscaler.target, stored.status),
            "originalReplicas": state.original_of(replicas),
            "currentReplicas": replicas,
            "timers": history and timers_status(history.timers(spec, now), offset),
        }
        try:
            version = await self._send(stored, state.autoscaler, counts)
        except ApiError as error:
            stored.fail(self._clock(), is_outdated=isinstance(error, Conflict))
            raise
        stored.attempts.succeeded()
        if stored.amended(without_absent({**stored.status, **counts}), version):
            state.claim.written(self._clock())

    async def _attempt(
        self, state: AutoscalerState, write: Callable[[AutoscalerState], Awaitable[list[Condition]]]
    ) -> None:
        """Write when the turn comes, as `waiting` says until then; then publish new warnings."""
        stored, is_waiting = state.stored, True
        try:
            # The status is built inside: 1,000 statuses that wait for a slot take 15 MB.
            async with self._turn(state):
                stored.waiting, is_waiting = stored.waiting - 1, False
                self._start_next(state.autoscaler.key.namespace)
                warnings = [] if stored.writing else await write(state)
            for each in warnings:
                await self._warn(state, each)
        except Conflict:
            stored.fail(self._clock(), is_outdated=True)
        except ApiError as error:
            self._failed(state, error)
        except Exception:  # noqa: BLE001 - an error of one object must not end the others
            _log.exception("Status could not be written", extra={"object": state.autoscaler.key})
            stored.fail(self._clock())
        finally:
            if is_waiting:
                stored.waiting -= 1

    async def _warn(self, state: AutoscalerState, condition: Condition) -> None:
        """Publish the Event of a condition, or let a later write of the status do it."""
        stored, is_published = state.stored, False
        stored.unpublished.discard(condition.type)
        try:
            is_published = await self.publish_event(
                state, "Warning", condition.reason, condition.message
            )
        finally:
            if is_published:
                stored.event_retry.succeeded()
            else:
                stored.unpublished.add(condition.type)
                stored.event_retry.failed(self._clock())

    def _start_next(self, namespace: str) -> None:
        left_out = self._left_out.get(namespace, {})
        while left_out:
            state = left_out.pop(next(iter(left_out)))
            if not state.removed and state.stored.may_be_written(self._clock()):
                self._start(state, self._attempt(state, self._write))
                return
        self._left_out.pop(namespace, None)

    async def _send(
        self, stored: StoredStatus, autoscaler: Autoscaler, status: Mapping[str, Any]
    ) -> str:
        """Write a status, one at a time for an object; return its new version."""
        stored.writing = True
        try:
            return await self._objects.write_status(autoscaler, stored.version, status)
        finally:
            stored.writing = False

    def _turn(self, state: AutoscalerState) -> AbstractAsyncContextManager[None]:
        return self._scheduler.turn(STATUS_WRITES, state.autoscaler.key.namespace)

    async def _challenge(self, state: AutoscalerState) -> list[Condition]:
        if not self._guard.allows_writes(state):
            return []
        name = {"operator": state.claim.own}
        stored = state.stored
        if stored.takes(await self._send(stored, state.autoscaler, name)):
            state.claim.challenged(self._clock())
        stored.attempts.succeeded()
        return []

    async def _write(self, state: AutoscalerState) -> list[Condition]:
        """Write the last view, or one whose change was applied and is not in the status yet.

        Returns the conditions to warn of.
        """
        applied, view = state.applied, state.applied or state.view
        if view is None or not self._guard.allows_writes(state):
            return []
        if applied is None and view.autoscaler is not state.autoscaler:
            return []  # the next reconciliation decides by the new spec
        stored, now = state.stored, self._clock()
        if applied is None and not stored.differs(view, now):
            return []
        before = stored.status
        status = status_of(
            view.autoscaler,
            before,
            operator=state.claim.own,
            scale=view.scale,
            reading=view.reading,
            rates=state.rates.by_queue,
            decision=view.decision,
            history=state.history,
            conditions=view.conditions,
            original_replicas=state.original_replicas,
            job_failures=view.job_failures,
            scaled=applied is not None,
            now=now,
            offset=self._clock.offset,
        )
        version = await self._send(stored, view.autoscaler, status)
        stored.attempts.succeeded()
        if state.applied is applied:
            state.applied = None
        now = self._clock()
        if stored.written(without_absent({**before, **status}), version, view, now):
            state.claim.written(now)
        published = [e for e in before.get("conditions", ()) if e["type"] not in stored.unpublished]
        warnings = _new_warnings(published, view.conditions)
        stored.unpublished = {each.type for each in warnings}
        return warnings

    def _failed(self, state: AutoscalerState, error: Exception) -> None:
        now, text = self._clock(), str(error)[:512]
        state.stored.fail(now)
        self._guard.pause_after(error)
        self._record.failures.append(now)
        _log.warning(
            "Status could not be written", extra={"object": state.autoscaler.key, "error": text}
        )

    async def publish_event(
        self, state: AutoscalerState, kind: str, reason: str, message: str
    ) -> bool:
        """Publish an Event; return False if it was not, and another attempt may succeed."""
        try:
            async with self._turn(state):
                if not self._guard.allows_writes(state):
                    return False
                await self._objects.publish_event(state.autoscaler, kind, reason, message)
        except ApiError as error:
            self._guard.pause_after(error)
            _log.warning("Event could not be published", extra={"error": str(error)[:512]})
            return not isinstance(error, Unavailable)
        return True


def _new_warnings(
    before: Iterable[Mapping[str, str]], after: Iterable[Condition]
) -> list[Condition]:
    """Return the conditions that have become bad, or are so for another reason or text."""
    names = ("type", "status", "reason", "message")
    old = {state_of(*(each.get(name, "") for name in names)) for each in before}
    return [each for each in after if each.is_bad and each.state not in old]
