"""Takes the watch events of objects, at the rate that their namespace may spend.

kopf keeps each event of an object until a handler has returned: while one waited, 300 changes of
250 kB in 7 s took 60 MiB. So it returns at once, and what is used of the newest event of each
object waits here, as JSON. Where that is too much, the object is read again at its turn: 577
objects that waited took 200 MiB.
"""

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from mare.background import Tasks
from mare.custom_resource.autoscaler import Autoscaler, Key, read_autoscaler, used_fields
from mare.ports import ApiError, NotFound, Objects
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import (
    DECODED_EVENTS,
    EVENTS,
    WAITING_EVENTS,
    WORKLOAD_READS,
    TenantScheduler,
)

_PAUSE_SECONDS = 5.0
"""After an object could not be read."""
_log = logging.getLogger(__name__)


class Watched(Protocol):
    """A loop, or one for each shard."""

    @property
    def scheduler(self) -> TenantScheduler: ...

    @property
    def objects(self) -> Objects: ...

    def put(self, autoscaler: Autoscaler) -> None: ...

    def remove(self, key: Key, uid: str) -> None: ...


class _Event(NamedTuple):
    kind: str | None
    uid: str
    fields: str | None
    """What is used of the object, as JSON; None if it is read at its turn."""


class WatchEvents:
    def __init__(self, loop: Watched) -> None:
        self._loop = loop
        self._waiting: dict[str, dict[Key, _Event]] = {}
        """By namespace and object: the newest event."""
        self._tasks = Tasks()

    def take(self, kind: str | None, body: Mapping[str, Any]) -> None:
        """Handle an event once its namespace may spend; a newer one of the object replaces it."""
        key = _key(body)
        if key.namespace not in self._waiting:
            self._waiting[key.namespace] = {}
            self._tasks.start(self._handle_all(key.namespace))
        waiting = self._waiting[key.namespace]
        if key in waiting:
            self._release(key.namespace, waiting[key])
        fields = None if kind == "DELETED" else self._held(key.namespace, body)
        waiting[key] = _Event(kind, body["metadata"]["uid"], fields)

    def _held(self, namespace: str, body: Mapping[str, Any]) -> str | None:
        """Return what is used of an object; None if it has to be read at its turn."""
        scheduler = self._loop.scheduler
        # An event has no spec if the namespace is over `DECODED_EVENTS`.
        if not (body.get("spec") and scheduler.may_spend(EVENTS, namespace)):
            return None
        try:
            begun = time.thread_time()
            fields = json.dumps(used_fields(body))
            scheduler.spend(EVENTS, namespace, time.thread_time() - begun)
            scheduler.hold(WAITING_EVENTS, namespace, len(fields))
        except OverBudget:
            return None
        return fields

    def _release(self, namespace: str, event: _Event) -> None:
        self._loop.scheduler.hold(WAITING_EVENTS, namespace, -len(event.fields or ""))

    async def _handle_all(self, namespace: str) -> None:
        waiting, scheduler = self._waiting[namespace], self._loop.scheduler
        while waiting:
            await scheduler.wait_for_allowance(EVENTS, namespace)
            key = next(iter(waiting))
            event = waiting.pop(key)
            self._release(namespace, event)
            try:
                await self._handle(key, event)
            except NotFound:
                pass  # the event of its deletion follows
            except ApiError as error:  # AccessRefused while an upgrade replaces the rights
                _log.info("Object could not be read", extra={"object": key, "error": str(error)})
                waiting.setdefault(key, event._replace(fields=None))
                await asyncio.sleep(_PAUSE_SECONDS)
            except Exception:  # noqa: BLE001 - the other events of the namespace still wait
                _log.exception("Event could not be handled", extra={"object": key})
            await asyncio.sleep(0)
        del self._waiting[namespace]

    async def _handle(self, key: Key, event: _Event) -> None:
        """Raises as `Objects.read`, and what the loop raises."""
        body: Mapping[str, Any] = {"metadata": {**key._asdict(), "uid": event.uid}}
        if event.kind != "DELETED" and event.fields is None:
            await self._loop.scheduler.wait_for_allowance(DECODED_EVENTS, key.namespace)
            async with self._loop.scheduler.turn(WORKLOAD_READS, key.namespace):
                body = await self._loop.objects.read(key)
        begun = time.thread_time()
        try:
            handle_event(self._loop, event.kind, json.loads(event.fields) if event.fields else body)
        finally:
            cost = time.thread_time() - begun
            self._loop.scheduler.spend(EVENTS, key.namespace, cost)


def handle_event(loop: Watched, kind: str | None, body: Mapping[str, Any]) -> None:
    """Take a watch event. An object that is being deleted is not scaled any more."""
    metadata, key = body["metadata"], _key(body)
    if kind == "DELETED" or metadata.get("deletionTimestamp"):
        loop.remove(key, metadata["uid"])
        return
    try:
        loop.put(read_autoscaler(body))
    except (KeyError, TypeError, ValueError):
        _log.exception("Object could not be read", extra={"object": key})


def _key(body: Mapping[str, Any]) -> Key:
    metadata = body["metadata"]
    return Key(metadata["namespace"], metadata["name"])
