"""What the loop knows of one object."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mare.custom_resource.autoscaler import Autoscaler
from mare.custom_resource.status import read_estimates
from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown
from mare.loop.record import View
from mare.ports import Scale

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
_SETTLING_SECONDS = 10.0
"""The least time between two writes of a status whose count did not change."""
_ESTIMATE_CHANGE = 0.3
_ESTIMATE_SECONDS = 300.0

Rates = dict[tuple[str, str], tuple[float, float]]


@dataclass(slots=True)
class Retry:
    """When something that failed may be tried again."""

    at: float = 0.0
    _pause: float = _SHORTEST_PAUSE / 2

    def failed(self, now: float, wait: float | None = None) -> None:
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        self.at = now + max(self._pause, wait or 0.0)

    def succeeded(self) -> None:
        self.at, self._pause = 0.0, _SHORTEST_PAUSE / 2


@dataclass(slots=True)
class AutoscalerState:
    autoscaler: Autoscaler
    number: int
    due: float = 0.0
    history: History | None = None
    estimates: Estimates | None = None
    look: View | None = None
    """The last look at it, and what came of that."""
    carried_out: View | None = None
    """The look whose change was carried out and is not written down yet."""
    problem: Unknown | None = None
    """What kept the last change from being carried out."""
    unmarked: Unknown | None = None
    """Why idle replicas could not be made to go first, the last time that it was tried."""
    acting: bool = False
    writing: bool = False
    removed: bool = False
    retry: Retry = field(default_factory=Retry)
    status_retry: Retry = field(default_factory=Retry)
    marking_retry: Retry = field(default_factory=Retry)
    rates: Rates = field(default_factory=dict)
    _counted: dict[tuple[str, str], QueueReading] = field(default_factory=dict)
    _packed: bytes = b""
    """The status: one of 5 KB takes 0.8 KB here, and is asked for once in a while."""
    _capacity: float | None = None
    """The capacity that is written there."""
    _written: tuple[int, int] | None = None
    _written_at: float = 0.0

    @property
    def status(self) -> dict[str, Any]:
        """As written last, or as found."""
        return json.loads(zlib.decompress(self._packed)) if self._packed else {}

    def found(self, status: Mapping[str, Any]) -> None:
        """Take over what somebody else has written."""
        self._pack(status)
        self._written = None
        if self.history is None:
            self.estimates = read_estimates(status)

    def _pack(self, status: Mapping[str, Any]) -> None:
        self._packed = zlib.compress(json.dumps(status).encode(), 1)
        self._capacity = status.get("estimates", {}).get("capacityPerReplica")

    @property
    def resting(self) -> bool:
        rest = self.autoscaler.policy.rest_replicas
        scale = self.look.scale if self.look else None
        return rest is not None and isinstance(scale, Scale) and scale.replicas <= rest

    def forget(self) -> None:
        """Begin anew, with no more than what was learnt: others may have acted meanwhile."""
        if self.history is not None:
            self.estimates = self.history.learning.estimates
        self.history = None
        self.problem = self.unmarked = self.carried_out = None

    def count(self, queues: tuple[QueueReading, ...] | Unknown) -> None:
        """Renew the rates of queues whose statistics are new."""
        if isinstance(queues, Unknown):
            return
        for new in queues:
            key = new.vhost, new.name
            old = self._counted.get(key)
            if old is not None and old.statistics_at == new.statistics_at:
                continue
            self._counted[key] = new
            rates = old and _rates(old, new)
            if rates:
                self.rates[key] = rates
            else:
                self.rates.pop(key, None)
        if len(self._counted) > len(queues):
            there = {(each.vhost, each.name) for each in queues}
            for key in self._counted.keys() - there:
                del self._counted[key]
                self.rates.pop(key, None)

    def rates_of_all(
        self, queues: tuple[QueueReading, ...] | Unknown
    ) -> tuple[float, float] | None:
        """Messages published and acknowledged each second over all queues, if each is known."""
        if isinstance(queues, Unknown) or not queues:
            return None
        published = acknowledged = 0.0
        for queue in queues:
            rates = self.rates.get((queue.vhost, queue.name))
            if rates is None:
                return None
            published += rates[0]
            acknowledged += rates[1]
        return published, acknowledged

    def wants_writing(self, now: float) -> bool:
        """Whether the status tells something else than what is written."""
        look = self.look
        if look is None or self.writing or now < self.status_retry.at:
            return False
        coarse, fine = _fingerprint(self, look)
        if self._written is None or coarse != self._written[0]:
            return True
        if now - self._written_at < _SETTLING_SECONDS:
            return False
        return fine != self._written[1] or self._has_learnt(now)

    def _has_learnt(self, now: float) -> bool:
        if self.history is None or now - self._written_at < _ESTIMATE_SECONDS:
            return False
        new = self.history.learning.estimates.capacity_per_replica
        old = self._capacity
        if isinstance(new, Unknown):
            return False
        return old is None or abs(new / old - 1) > _ESTIMATE_CHANGE

    def wrote(self, status: Mapping[str, Any], look: View, now: float) -> None:
        self._pack(status)
        self._written, self._written_at = _fingerprint(self, look), now


def _fingerprint(kept: AutoscalerState, look: View) -> tuple[int, int]:
    """What makes a status worth writing: at once, and when it has settled.

    A count that is only wanted moves with every message: who carries it out writes it as well, and
    who does not need not tell of each.
    """
    decision = look.decision
    replicas = look.scale.replicas if isinstance(look.scale, Scale) else None
    coarse = (
        kept.autoscaler.generation,
        replicas,
        tuple((each.type, each.status, each.reason) for each in look.conditions if each.is_urgent),
    )
    ready = look.scale.ready if isinstance(look.scale, Scale) else None
    fine = (
        (decision.replicas, decision.reason) if decision else None,
        ready,
        tuple((each.type, each.status, each.reason) for each in look.conditions),
    )
    return hash(coarse), hash(fine)


def _rates(old: QueueReading, new: QueueReading) -> tuple[float, float] | None:
    if isinstance(old.statistics_at, Unknown) or isinstance(new.statistics_at, Unknown):
        return None
    seconds = new.statistics_at - old.statistics_at
    counts = old.published, new.published, old.acknowledged, new.acknowledged
    if seconds <= 0 or any(isinstance(each, Unknown) for each in counts):
        return None
    published, acknowledged = new.published - old.published, new.acknowledged - old.acknowledged  # type: ignore[operator]
    if published < 0 or acknowledged < 0:
        return None
    return published / seconds, acknowledged / seconds
