"""One of several replicas acts: whoever holds a Lease (coordination.k8s.io).

The official client's own election neither gives the lease back nor survives a connection that
breaks, so this is its protocol once more: optimistic replacement of a Lease, expiry measured on the
own clock from the moment at which a renewal was seen, never from the times that others wrote.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mare.cluster.api import Api
from mare.cluster.paths import Resource
from mare.ports import AccessRefused, Conflict, NotFound, Unavailable

_LEASES = Resource("coordination.k8s.io/v1", "leases")
_PATIENCE_SECONDS = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseSettings:
    namespace: str
    name: str
    identity: str
    duration_seconds: float = 3.5
    """Time after which others take a lease that is not renewed."""

    @property
    def renew_seconds(self) -> float:
        return self.duration_seconds / 5


class Leadership:
    def __init__(
        self, api: Api, settings: LeaseSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._collection = _LEASES.path(settings.namespace)
        self._path = _LEASES.path(settings.namespace, settings.name)
        self._until = 0.0
        self._observed: tuple[str, str] = ("", "")
        self._observed_at = 0.0
        self._written: dict[str, Any] | None = None
        """The lease as written last, while it is ours."""
        self._tried_at = clock()

    def __call__(self) -> bool:
        """Whether this replica may act now: no longer than its last renewal is good for."""
        return self._clock() < self._until

    @property
    def holder(self) -> str | None:
        """Who acts, as far as is known."""
        return self._settings.identity if self() else self._observed[0] or None

    @property
    def stands_still(self) -> bool:
        """Whether it was not even tried for long to get the lease or to keep it."""
        patience = max(_PATIENCE_SECONDS, 2 * self._settings.duration_seconds)
        return self._clock() - self._tried_at > patience

    async def run(self) -> None:
        """Try to get the lease, and to keep it, until cancelled; then give it back."""
        try:
            while True:
                await self._try()
                await asyncio.sleep(self.pause())
        finally:
            await self._release()

    def pause(self) -> float:
        """Seconds until the next try; who waits for a lease is there when it expires."""
        left = self._observed_at + self._settings.duration_seconds - self._clock()
        waits = not self() and self._observed[0] not in ("", self._settings.identity)
        return (
            min(self._settings.renew_seconds, max(0.05, left))
            if waits
            else self._settings.renew_seconds
        )

    async def _try(self) -> None:
        begun = self._clock()
        try:
            async with asyncio.timeout(self._settings.duration_seconds / 2):
                held = await self._acquire()
        except (Conflict, NotFound, TimeoutError):
            held = False
        except (AccessRefused, Unavailable) as error:
            _log.warning("Lease could not be read or written", extra={"error": str(error)[:512]})
            held = False
        except Exception:  # noqa: BLE001 - whatever an answer looks like, the election goes on
            _log.exception("Lease could not be read or written")
            held = False
        self._tried_at = self._clock()
        if held:
            if not self():
                _log.info("Started leading")
            # Shorter than the others wait, so that two never act at the same time.
            self._until = begun + self._settings.duration_seconds * 0.9

    async def _acquire(self) -> bool:
        written, self._written = self._written, None
        if written is not None and self():
            with suppress(Conflict, NotFound):  # else somebody has changed it: look at it
                await self._replace(written, self._spec(written["spec"]))
                return True
        try:
            lease = await self._api.request("GET", self._path)
        except NotFound:
            body = {"metadata": {"name": self._settings.name}, "spec": self._spec({})}
            self._written = await self._api.request("POST", self._collection, body)
            return True
        spec = lease.get("spec") or {}
        holder, renewed = spec.get("holderIdentity") or "", spec.get("renewTime") or ""
        if (holder, renewed) != self._observed:
            self._observed, self._observed_at = (holder, renewed), self._clock()
        mine = holder == self._settings.identity
        expired = self._clock() >= self._observed_at + self._settings.duration_seconds
        if holder and not mine and not expired:
            self._until = 0.0
            return False
        await self._replace(lease, self._spec(spec))
        return True

    def _spec(self, before: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        mine = before.get("holderIdentity") == self._settings.identity
        return {
            "holderIdentity": self._settings.identity,
            "leaseDurationSeconds": max(1, round(self._settings.duration_seconds)),
            "acquireTime": before.get("acquireTime", now) if mine else now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", 0) + (0 if mine else 1),
        }

    async def _replace(self, lease: dict[str, Any], spec: dict[str, Any]) -> None:
        """With the version that was read: whoever was quicker wins."""
        body = {"metadata": lease["metadata"], "spec": spec}
        self._written = await self._api.request("PUT", self._path, body)

    async def _release(self) -> None:
        if not self():
            return
        self._until = 0.0
        self._written = None
        try:
            lease = await self._api.request("GET", self._path)
            if lease["spec"].get("holderIdentity") == self._settings.identity:
                await self._replace(lease, {**lease["spec"], "holderIdentity": ""})
        except (Conflict, NotFound, AccessRefused, Unavailable) as error:
            _log.warning("Lease was not given back", extra={"error": str(error)[:512]})
        except Exception:  # noqa: BLE001 - it expires by itself
            _log.exception("Lease was not given back")
        else:
            _log.info("Gave the lease back")


def always() -> bool:
    """The leadership of a replica that is alone."""
    return True
