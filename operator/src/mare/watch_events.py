"""Takes the watch events of objects, at the rate that their namespace may spend.

kopf keeps each event of an object until a handler has returned: while one waited, 300 changes of
250 kB in 7 s took 60 MiB. So it returns at once, and the newest event of each object waits here,
without its annotations: those of an object may have 256 KiB.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Protocol

from mare.background import Tasks
from mare.custom_resource.autoscaler import Autoscaler, Key, read_autoscaler, used_fields
from mare.tenant_scheduler import EVENTS, TenantScheduler

_log = logging.getLogger(__name__)


class Watched(Protocol):
    """A loop, or one for each shard."""

    @property
    def scheduler(self) -> TenantScheduler: ...

    def put(self, autoscaler: Autoscaler) -> None: ...

    def remove(self, key: Key, uid: str) -> None: ...


class WatchEvents:
    def __init__(self, loop: Watched) -> None:
        self._loop = loop
        self._waiting: dict[str, dict[Key, tuple[str | None, Mapping[str, Any]]]] = {}
        """By namespace and object: the newest event, its type and the used fields of its object."""
        self._tasks = Tasks()

    def take(self, kind: str | None, body: Mapping[str, Any]) -> None:
        """Handle an event once its namespace may spend; a newer one of the object replaces it."""
        key = _key(body)
        if key.namespace not in self._waiting:
            self._waiting[key.namespace] = {}
            self._tasks.start(self._handle_all(key.namespace))
        self._waiting[key.namespace][key] = kind, used_fields(body)

    async def _handle_all(self, namespace: str) -> None:
        waiting, scheduler = self._waiting[namespace], self._loop.scheduler
        while waiting:
            await scheduler.wait_for_allowance(EVENTS, namespace)
            kind, body = waiting.pop(next(iter(waiting)))
            begun = time.thread_time()
            try:
                handle_event(self._loop, kind, body)
            except Exception:  # noqa: BLE001 - the other events of the namespace still wait
                _log.exception("Event could not be handled", extra={"object": _key(body)})
            scheduler.spend(EVENTS, namespace, time.thread_time() - begun)
            await asyncio.sleep(0)
        del self._waiting[namespace]


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
