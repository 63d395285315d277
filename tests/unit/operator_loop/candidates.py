"""Candidates of an election on a fake clock and a fake API of Leases."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from mare.cluster.paths import ApiPath
from mare.leadership import ElectedLeader, LeaseSettings
from mare.ports import Conflict, NotFound, Unavailable
from tests.fakes.clock import Clock
from tests.unit.operator_broker import virtual_time

COLLECTION = "/apis/coordination.k8s.io/v1/namespaces/shop/leases"
MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.]\d{6}Z")


class Leases:
    """The part of an API server that keeps one Lease, and refuses what a real one refuses."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.away = False
        self.odd: Exception | None = None
        self.requests: list[str] = []
        self.clock = Clock(100.0)
        self.takes = 0.0
        """Seconds until a request is answered."""
        self.loses_answers = False
        """Whether the answers to changes get lost."""

    async def request(self, method: str, path: ApiPath, body: Any = None) -> dict[str, Any]:
        await asyncio.sleep(0)
        self.requests.append(method)
        self.clock.now += self.takes
        if self.odd is not None:
            raise self.odd
        if self.away:
            raise Unavailable("away")
        assert path.text == (COLLECTION if method == "POST" else f"{COLLECTION}/mare")
        if method == "GET":
            if self.lease is None:
                raise NotFound("no lease")
            return {"metadata": dict(self.lease["metadata"]), "spec": dict(self.lease["spec"])}
        version = self.lease["metadata"]["resourceVersion"] if self.lease else 0
        assert body["metadata"]["name"] == "mare"
        for field in ("acquireTime", "renewTime"):
            assert MICRO_TIME.fullmatch(body["spec"][field])
        if method == "POST" and self.lease is not None:
            raise Conflict("it exists")
        if method == "PUT" and self.lease is None:
            raise NotFound("no lease")
        if method == "PUT" and body["metadata"]["resourceVersion"] != version:
            raise Conflict("it has changed")
        metadata = {"name": "mare", "resourceVersion": version + 1}
        self.lease = {"metadata": metadata, "spec": dict(body["spec"])}
        if self.loses_answers:
            raise Unavailable("the answer is lost")
        return self.lease


def play(
    timeline: Callable[[Leases, Clock, Callable[[str], ElectedLeader]], Awaitable[None]],
) -> None:
    leases = Leases()
    clock = leases.clock

    def candidate(identity: str, seconds: float = 3.5) -> ElectedLeader:
        settings = LeaseSettings(
            namespace="shop", name="mare", identity=identity, duration_seconds=seconds
        )
        return ElectedLeader(leases, settings, clock)

    virtual_time.run(timeline(leases, clock, candidate))
