"""Reads the Lease by which the replicas of the operator of an object elect their leaders."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mare.cluster.api import Api
from mare.cluster.object_reader import Unreadable, connected
from mare.cluster.paths import LEASES
from mare.custom_resource.status_values import read_time
from mare.ports import NotFound
from mare.sharding.assignment import pod_of, read_assignment, shard_of, shards_of

_DIFFERING_SECONDS = 10.0
"""Age of a renewal from which on the clocks of this machine and of the operator may differ: a
leader renews its Lease every 0.7 s."""
_CREATION_SECONDS = 4.0
"""Time in which another replica takes over, and creates a Lease that was deleted."""


def lease_of(stored: Mapping[str, Any]) -> tuple[str, str]:
    """Return namespace and name of the Lease in the status; empty if no operator wrote one."""
    namespace, _, name = stored.get("status", {}).get("operator", "").partition("/")
    return namespace, name


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """The replica that leads an object, as the Lease has it."""

    identity: str
    """Empty if there is none."""
    renewed: float
    """When it renewed last; without a Lease, when the object was decided last."""
    seconds: float
    """Time after which another replica takes over."""
    shard: tuple[int, int] | None = None
    """The shard of the object and the number of shards; None without shards."""
    has_lease: bool = True

    @property
    def pod(self) -> str:
        return pod_of(self.identity)


def leader_in(lease: Mapping[str, Any], namespace: str) -> Leader:
    """Return the leader of the objects of a namespace; raise ValueError for an odd Lease."""
    spec = lease["spec"]
    holder = spec.get("holderIdentity") or ""
    renewed = _seconds(spec.get("renewTime"))
    seconds = min(60.0, float(spec.get("leaseDurationSeconds") or 1))
    shards = shards_of(holder)
    if shards is None:
        return Leader(identity=holder, renewed=renewed, seconds=seconds)
    shard, assignment = shard_of(namespace, shards), read_assignment(lease)
    identity = assignment.leader_of(shard) or ""
    if identity:
        renewed = _seconds(assignment.members[identity].renewed)
    return Leader(identity=identity, renewed=renewed, seconds=seconds, shard=(shard, shards))


def _seconds(time_text: str | None) -> float:
    return datetime.fromisoformat(time_text).timestamp() if time_text else 0.0


async def read_leader(stored: Mapping[str, Any], context: str | None) -> Leader:
    """Return the leader, its renewal by the clock of this machine; raise `Unreadable`.

    An old Lease is read again after its duration: a second renewal shows a leader whose clock
    differs from that of this machine.
    """
    namespace, name = lease_of(stored)
    if not name:
        raise Unreadable("its status names no Lease")
    async with connected(namespace, context, "get leases") as (api, _):
        leader = await _leader(api, namespace, name, stored)
        if time.time() - leader.renewed < _DIFFERING_SECONDS:
            return leader
        await asyncio.sleep(leader.seconds)
        again = await _leader(api, namespace, name, stored)
        is_renewed = again.has_lease and again.renewed != leader.renewed
        return replace(again, renewed=time.time()) if is_renewed else again


async def _leader(api: Api, namespace: str, name: str, stored: Mapping[str, Any]) -> Leader:
    try:
        lease = await api.request("GET", LEASES.path(namespace, name))
        return leader_in(lease, stored["metadata"]["namespace"])
    except NotFound:
        decided = read_time(stored["status"].get("lastDecision", {}).get("time")) or 0.0
        return Leader(identity="", renewed=decided, seconds=_CREATION_SECONDS, has_lease=False)
    except ValueError as error:
        raise Unreadable(f"Lease {namespace}/{name} has a format that is not known") from error
