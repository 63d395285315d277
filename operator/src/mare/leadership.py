"""Leader election by a Lease (coordination.k8s.io), so that one of several replicas acts.

The official client's election neither releases the Lease nor survives a broken connection. This is
the same protocol: a Lease is replaced only in the version that was read, and expires by the own
clock, counted from the moment at which its last renewal was read.
"""

import asyncio
import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mare.cluster.api import Api
from mare.cluster.paths import LEASES, ApiPath
from mare.ports import AccessRefused, ApiError, Clock, Conflict, NotFound, Rejected, Unavailable

STALLED_SECONDS = 30.0
SAFETY_FACTOR = 0.9
"""A leader stops acting after this share of the duration, before others may take the Lease."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseSettings:
    namespace: str
    name: str
    identity: str
    duration_seconds: float = 3.5
    """Time after which another replica takes a Lease that is not renewed."""

    @property
    def renew_seconds(self) -> float:
        return self.duration_seconds / 5

    @property
    def published_seconds(self) -> int:
        """The duration that others have to wait for: the Lease has whole seconds only."""
        return math.ceil(self.duration_seconds)


class LeaseElection(ABC):
    """Renews a Lease until cancelled, whatever the API server answers; then releases it."""

    def __init__(self, api: Api, settings: LeaseSettings, clock: Clock) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._collection = LEASES.path(settings.namespace)
        self._path = LEASES.path(settings.namespace, settings.name)
        self._until = 0.0
        """Until when this replica may act, without another renewal."""
        self._tried_at = clock()

    @property
    def is_stalled(self) -> bool:
        """Whether the last attempt to get or renew the Lease is too long ago."""
        patience = max(STALLED_SECONDS, 2 * self._settings.duration_seconds)
        return self._clock() - self._tried_at > patience

    async def run(self) -> None:
        try:
            while True:
                await self.attempt()
                await asyncio.sleep(self.pause())
        finally:
            await self.release()

    async def attempt(self) -> None:
        try:
            await self.renew()
        except (Conflict, NotFound, TimeoutError):
            pass  # leadership lasts until it expires
        except (AccessRefused, Rejected, Unavailable) as error:
            _log.warning("Lease could not be read or written", extra={"error": str(error)[:512]})
        except Exception:  # noqa: BLE001 - an answer of an unexpected shape must not end the election
            _log.exception("Lease could not be read or written")
        self._tried_at = self._clock()

    async def _request(
        self, method: str, path: ApiPath, body: object = None, *, kind: str = "application/json"
    ) -> dict[str, Any]:
        """Send a request; raise TimeoutError well before the Lease expires."""
        async with asyncio.timeout(self._settings.duration_seconds / 2):
            return await self._api.request(method, path, body, kind=kind)

    @property
    @abstractmethod
    def is_held(self) -> bool:
        """Whether a replica leads everything, as this replica knows for certain."""

    @abstractmethod
    def pause(self) -> float:
        """Return the seconds until the next attempt."""

    @abstractmethod
    async def renew(self) -> None:
        """Get or renew the Lease, and count from the first request until when it lasts."""

    @abstractmethod
    async def release(self) -> None:
        """Release the Lease, so that another replica may have it at once; raise nothing."""


class ElectedLeader(LeaseElection):
    """Implements `mare.ports.Leadership`."""

    def __init__(self, api: Api, settings: LeaseSettings, clock: Clock) -> None:
        super().__init__(api, settings, clock)
        self._holds = False
        """Whether the last Lease that was read or written names this replica."""
        self._observed: tuple[str, str] = ("", "")
        """Holder and renewal time of the Lease as last read."""
        self._observed_at = 0.0
        self._observed_seconds = settings.duration_seconds
        """How long the holder's Lease lasts, which its own settings decide."""
        self._begun_at = 0.0
        """When the last attempt began."""
        self._written: dict[str, Any] | None = None
        """The Lease as last written, while this replica holds it."""
        self.term = 0

    def __call__(self) -> bool:
        return self._clock() < self._until

    @property
    def holder(self) -> str | None:
        return self._settings.identity if self() else self._observed[0] or None

    @property
    def is_held(self) -> bool:
        if self():
            return True
        until = self._observed_at + self._observed_seconds
        return bool(self._observed[0]) and self._clock() < until

    def pause(self) -> float:
        """Return the seconds until the next attempt.

        A waiting replica reads the Lease twice as often as its holder renews it, and once more at
        the moment at which it expires.
        """
        if self() or self._observed[0] in ("", self._settings.identity):
            return self._settings.renew_seconds
        often = self._settings.renew_seconds / 2
        expires = self._observed_at + self._observed_seconds
        is_tried = self._begun_at > expires
        return often if is_tried else min(often, max(0.05, expires - self._clock()))

    async def renew(self) -> None:
        begun = self._begun_at = self._clock()
        if await self._acquire():
            if not self():
                _log.info("Started leading", extra={"term": self.term})
            # Counted from before the request: other replicas count from when they see the Lease.
            self._until = begun + self._settings.duration_seconds * SAFETY_FACTOR

    async def _acquire(self) -> bool:
        written, self._written = self._written, None
        if written is not None and self():
            with suppress(Conflict, NotFound):  # another client has changed it: read it below
                await self._replace(written, self._spec(written["spec"]))
                return True
        try:
            lease = await self._request("GET", self._path)
        except NotFound:
            self._holds = False
            if self.is_held and self.holder != self._settings.identity:
                return False  # the leader before has not read yet that its Lease was deleted
            body = {"metadata": {"name": self._settings.name}, "spec": self._spec({})}
            self._written = await self._request("POST", self._collection, body)
            self._start_term()
            return True
        spec = lease.get("spec") or {}
        self._holds = self._holds and spec.get("holderIdentity") == self._settings.identity
        if not self._may_take(spec):
            self._until = 0.0
            return False
        await self._replace(lease, self._spec(spec))
        if not self._holds:
            self._start_term()
        return True

    def _start_term(self) -> None:
        """Count a new term: another replica may have led since this one did."""
        self.term += 1
        self._holds = True

    def _may_take(self, spec: Mapping[str, Any]) -> bool:
        """Observe a Lease; return whether it is ours, free or expired."""
        holder, renewed = spec.get("holderIdentity") or "", spec.get("renewTime") or ""
        if (holder, renewed) != self._observed:
            self._observed, self._observed_at = (holder, renewed), self._clock()
        published = spec.get("leaseDurationSeconds") or self._settings.published_seconds
        self._observed_seconds = float(published)
        if holder in ("", self._settings.identity):
            return True
        return self._clock() >= self._observed_at + self._observed_seconds

    def _spec(self, before: Mapping[str, Any]) -> dict[str, Any]:
        now = lease_time()
        is_ours = before.get("holderIdentity") == self._settings.identity
        return {
            "holderIdentity": self._settings.identity,
            "leaseDurationSeconds": self._settings.published_seconds,
            "acquireTime": before.get("acquireTime", now) if is_ours else now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", 0) + (0 if is_ours else 1),
        }

    async def _replace(self, lease: Mapping[str, Any], spec: Mapping[str, Any]) -> None:
        """Write the Lease, if it still has the version that was read."""
        body = {"metadata": lease["metadata"], "spec": spec}
        self._written = await self._request("PUT", self._path, body)

    async def release(self) -> None:
        if not self():
            return
        self._until, self._written = 0.0, None
        try:
            lease = await self._request("GET", self._path)
            if lease["spec"].get("holderIdentity") == self._settings.identity:
                await self._replace(lease, {**lease["spec"], "holderIdentity": ""})
        except (ApiError, TimeoutError) as error:
            _log.warning("Lease was not released", extra={"error": str(error)[:512]})
        except Exception:  # noqa: BLE001 - it expires by itself
            _log.exception("Lease was not released")
        else:
            _log.info("Released the Lease")


def lease_time() -> str:
    """Return the present time as a Lease has it, in microseconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
