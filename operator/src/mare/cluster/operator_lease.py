"""Reads the Lease by which the replicas of the operator of an object elect their leader."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mare.cluster.api import Api
from mare.cluster.object_reader import Unreadable, connected
from mare.cluster.paths import Resource

LEASES = Resource("coordination.k8s.io/v1", "leases")
_DIFFERING_SECONDS = 10.0
"""Age of a renewal from which on the clocks of this machine and of the operator may differ: a
leader renews its Lease every 0.7 s."""


def lease_of(stored: Mapping[str, Any]) -> tuple[str, str]:
    """Return namespace and name of the Lease in the status; empty if no operator wrote one."""
    namespace, _, name = stored.get("status", {}).get("operator", "").partition("/")
    return namespace, name


async def read_renewal(stored: Mapping[str, Any], context: str | None) -> float:
    """Return the time of the last renewal, by the clock of this machine; raise `Unreadable`.

    An old Lease is read again after its duration: a second renewal shows a leader whose clock
    differs from that of this machine.
    """
    namespace, name = lease_of(stored)
    if not name:
        raise Unreadable("its status names no Lease")
    async with connected(namespace, context, "get leases") as (api, _):
        renewed, seconds = await _renewal(api, namespace, name)
        if time.time() - renewed < _DIFFERING_SECONDS:
            return renewed
        await asyncio.sleep(seconds)
        again, _ = await _renewal(api, namespace, name)
        return renewed if again == renewed else time.time()


async def _renewal(api: Api, namespace: str, name: str) -> tuple[float, float]:
    """Return the time of the last renewal and the duration of a Lease."""
    spec = (await api.request("GET", LEASES.path(namespace, name)))["spec"]
    seconds = min(60.0, float(spec.get("leaseDurationSeconds") or 1))
    return datetime.fromisoformat(spec["renewTime"]).timestamp(), seconds
