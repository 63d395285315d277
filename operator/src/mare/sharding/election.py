"""The election of the leaders of shards: all replicas write one Lease.

A replica leads its shards while it renews its annotation there. It moves shards by a patch that
applies to the members and renewals that it has read; `mare.sharding.lease_patch` has the reasons.
Replicas of another number of shards see a Lease that another holder renews, as a waiting replica
does.
"""

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mare.cluster.api import JSON_PATCH, Api
from mare.leadership import SAFETY_FACTOR, LeaseElection, LeaseSettings, lease_time
from mare.ports import ApiError, Clock, Conflict, NotFound, Rejected, Unavailable
from mare.sharding.assignment import (
    Assignment,
    Member,
    group_of,
    other_annotations,
    read_assignment,
)
from mare.sharding.balance import claims, hands_over
from mare.sharding.lease_patch import lease_patch
from mare.sharding.sightings import Sightings

_ATTEMPTS = 3
"""Attempts in a row, where another replica has moved shards in between."""
_CHANGED = "the server rejected our request due to an error in our request"
"""What the API server answers, with status 422, to a patch whose comparison fails, and no more."""
_log = logging.getLogger(__name__)


class ShardElection(LeaseElection):
    """Renews, takes and hands over shards until cancelled; then releases all."""

    def __init__(self, api: Api, settings: LeaseSettings, shards: int, clock: Clock) -> None:
        super().__init__(api, settings, clock)
        self._group = group_of(shards)
        self._mine: frozenset[int] = frozenset()
        """The shards of this replica in the Lease that was read or written last."""
        self._leaving: int | None = None
        """The shard that is handed over: not led any more, and released by the next write."""
        self._assignment = Assignment()
        self._written: Assignment | None = None
        """The assignment as last written, which this replica renews without reading it."""
        self._terms = [0] * shards
        self._sightings = Sightings(clock)

    @property
    def shards(self) -> int:
        return len(self._terms)

    def leads(self, shard: int) -> bool:
        return self._clock() < self._until and shard in self._mine and shard != self._leaving

    def term(self, shard: int) -> int:
        return self._terms[shard]

    def leader_of(self, shard: int) -> str | None:
        """Return the identity of the leader of a shard, as last read."""
        return self._assignment.leader_of(shard)

    @property
    def is_held(self) -> bool:
        is_current = self._clock() < self._until
        return is_current and None not in map(self.leader_of, range(self.shards))

    @property
    def identity(self) -> str:
        return self._settings.identity

    def pause(self) -> float:
        """Return the seconds until the next attempt: sooner if a Lease or an entry expires.

        They vary. With equal ones, replicas that once write at the same time do so again and again.
        """
        left = self._sightings.next_expiry - self._clock()
        varied = self._settings.renew_seconds * random.uniform(0.8, 1.0)  # noqa: S311 - no secret
        return min(varied, max(0.05, left))

    async def renew(self) -> None:
        """Renew the entry of this replica, and move shards if the answer shows that they should."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._try_renew()
            except (Conflict, NotFound, Rejected):
                await asyncio.sleep(0)
        return await self._try_renew()

    async def _try_renew(self) -> None:
        begun = self._clock()
        written, self._written = self._written, None  # after an error it is read again
        lease = await (self._read() if written is None else self._patch(written, self._in(written)))
        found = self._found(lease)
        if found is None:
            self._until, self._mine, self._leaving = 0.0, frozenset(), None
            self._assignment = Assignment()
            return
        leaving, new = self._planned(found)
        if written is None or new.text() != found.stored:
            if written is not None:
                self._written = found
                self._lead_until(begun)
            begun = self._clock()
            found = read_assignment(await self._write(lease, found, new))
        self._led(new.members[self.identity].shards, leaving, found)
        self._lead_until(begun)

    def _lead_until(self, begun: float) -> None:
        """Count from before the request: other replicas count from when they see the renewal."""
        self._until = begun + self._settings.duration_seconds * SAFETY_FACTOR

    def _in(self, written: Assignment) -> Assignment:
        """Return an assignment with a new renewal of this replica."""
        member = replace(written.members[self.identity], renewed=lease_time())
        return written.with_member(self.identity, member)

    async def _read(self) -> dict[str, Any] | None:
        try:
            return await self._request("GET", self._path)
        except NotFound:
            return None

    def _found(self, lease: Mapping[str, Any] | None) -> Assignment | None:
        """Return the assignment to continue; None while another holder has the Lease."""
        if lease is None:
            made = Assignment(made=lease_time())
            self._sightings.see_made(made.made, self._settings.published_seconds)
            return made
        spec = lease.get("spec") or {}
        holder, renewed = spec.get("holderIdentity") or "", spec.get("renewTime") or ""
        seconds = float(spec.get("leaseDurationSeconds") or self._settings.published_seconds)
        is_expired = self._sightings.has_expired("", f"{holder} {renewed}", seconds)
        if holder != self._group:
            return Assignment() if is_expired or not holder else None
        try:
            found = read_assignment(lease)
        except ValueError as error:
            if not is_expired:
                raise Unavailable(str(error)) from error
            return Assignment()  # no replica has led since
        self._sightings.see_made(found.made, self._settings.published_seconds)
        return found

    def _planned(self, found: Assignment) -> tuple[int | None, Assignment]:
        """Return the shard to hand over next, and the assignment to write."""
        others = {name: each for name, each in found.members.items() if name != self.identity}
        gone = frozenset(
            name
            for name, each in others.items()
            if self._sightings.has_expired(name, each.renewed, each.seconds)
        )
        self._sightings.keep_only(found.members)
        kept = found.without(gone)
        loads = [len(each.shards) for name, each in kept.members.items() if name in others]
        led = {shard for name in others if name not in gone for shard in others[name].shards}
        mine = self._own(found) - led
        leaving = None
        if hands_over(len(mine), loads):
            if self._leaving in mine:  # not led since the last write
                mine -= {self._leaving}
            else:
                leaving = max(mine)
        if self._sightings.may_claim:
            kept = replace(kept, made="")
            free = set(range(self.shards)) - led - mine - {self._leaving}
            mine |= frozenset(claims(len(mine), loads, free))
        member = Member(mine, lease_time(), self._settings.published_seconds)
        return leaving, kept.with_member(self.identity, member)

    def _own(self, found: Assignment) -> frozenset[int]:
        """Return the shards of this replica; of those that a deleted Lease had, what it leads."""
        entry = found.members.get(self.identity)
        if entry is not None:
            self._mine &= entry.shards  # another replica may have led the others
            return entry.shards & frozenset(range(self.shards))
        if self._clock() < self._until:
            return self._mine
        self._mine = frozenset()
        return self._mine

    def _led(self, shards: frozenset[int], leaving: int | None, new: Assignment) -> None:
        for shard in shards - self._mine:
            self._terms[shard] += 1
            _log.info("Started leading", extra={"shard": shard, "term": self._terms[shard]})
        for shard in self._mine - shards:
            _log.info("Handed over", extra={"shard": shard})
        self._mine, self._leaving = shards, leaving
        self._assignment = self._written = new

    async def _write(
        self, lease: Mapping[str, Any] | None, found: Assignment, new: Assignment
    ) -> dict[str, Any]:
        """Write the assignment; without one of this group, replace the Lease that was read."""
        if found.stored:
            return await self._patch(found, new)
        before = {} if lease is None else lease.get("spec") or {}
        now = lease_time()
        spec = {
            "holderIdentity": self._group,
            "leaseDurationSeconds": new.seconds,
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", 0) + 1,
        }
        if lease is None:
            metadata = {"name": self._settings.name, "annotations": new.annotations()}
            return await self._request(
                "POST", self._collection, {"metadata": metadata, "spec": spec}
            )
        annotations = {**other_annotations(lease), **new.annotations()}
        metadata = {**lease["metadata"], "annotations": annotations}
        return await self._request("PUT", self._path, {"metadata": metadata, "spec": spec})

    async def _patch(self, found: Assignment, new: Assignment) -> dict[str, Any]:
        patch = lease_patch(found, new, self.identity, self._group, lease_time())
        try:
            return await self._request("PATCH", self._path, patch, kind=JSON_PATCH)
        except Rejected as error:
            if str(error) == _CHANGED:
                raise Conflict(str(error)) from error
            raise

    async def release(self) -> None:
        """Leave the Lease, so that others take the shards at once; without others, release it."""
        self._until, self._leaving, self._written = 0.0, None, None
        try:
            for _ in range(_ATTEMPTS):
                try:
                    return await self._try_release()
                except Conflict:
                    await asyncio.sleep(0)
        except (ApiError, TimeoutError, ValueError) as error:
            _log.warning("Shards were not released", extra={"error": str(error)[:512]})
        except Exception:  # noqa: BLE001 - they expire by themselves
            _log.exception("Shards were not released")

    async def _try_release(self) -> None:
        lease = await self._request("GET", self._path)
        if lease["spec"].get("holderIdentity") != self._group:
            return
        found = read_assignment(lease)
        if self.identity not in found.members:
            return
        await self._patch(found, found.without(frozenset({self.identity})))
        self._mine = frozenset()
        _log.info("Released the shards")


class ShardLeadership:
    """Implements `mare.ports.Leadership` for one shard."""

    def __init__(self, election: ShardElection, shard: int) -> None:
        self._election = election
        self._shard = shard

    def __call__(self) -> bool:
        return self._election.leads(self._shard)

    @property
    def term(self) -> int:
        return self._election.term(self._shard)
