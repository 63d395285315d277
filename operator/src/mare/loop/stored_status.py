"""The status of one object in the API server, and when it has to be written again."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mare.backoff import RetryTimer
from mare.custom_resource.autoscaler import is_older
from mare.custom_resource.condition import Condition
from mare.custom_resource.status import read_estimates, read_surges
from mare.custom_resource.status_values import read_count
from mare.custom_resource.stored_timers import read_original
from mare.domain.reason import Reason
from mare.domain.unknown import Unknown
from mare.loop.attempts import Attempts
from mare.loop.record import View
from mare.ports import Scale

_SETTLING_SECONDS = 10.0
"""Minimum time between two status writes while generation and replicas stay the same.

A first urgent change of a condition does not wait for it.
"""
_WRITE_SECONDS = 1.0
"""Minimum time between two status writes without a change of replicas by the operator: a tenant
that changes an object ten times a second would cause as many."""
_ESTIMATE_CHANGE = 0.3
"""Relative change of the capacity estimate that is worth a status write."""
_ESTIMATE_SECONDS = 300.0
_MOST_CHARACTERS, _MOST_BYTES = 131_072, 32_768
"""Of a status as JSON, and of what is kept of it. The operator writes 2,000 to 70,000 characters,
which take 8,000 bytes: 256 queues have 45,000. Another client can write 950,000."""
_LONGEST = ("decisions", "queues", "lastDecision", "conditions")
_SURGE_SECONDS = 600.0
"""Age from which on a new surge alone is worth a status write: most surges scale the workload, and
that write contains them."""


Fingerprint = tuple[int, int, int, int]
"""Hashes of what is written at once, of urgent conditions, of the rest, and of those urgent
conditions that are never brief."""


@dataclass(slots=True)
class StoredStatus:
    version: str = ""
    """The newest resourceVersion of the object that is known."""
    attempts: Attempts = field(default_factory=Attempts)
    waiting: int = 0
    """Writes that wait for their turn."""
    writing: bool = False
    """Whether a write is under way."""
    unpublished: set[str] = field(default_factory=set)
    """Types of bad conditions in the status whose Event is not published yet."""
    event_retry: RetryTimer = field(default_factory=lambda: RetryTimer(_SETTLING_SECONDS, 600.0))
    _packed: bytes = b""
    """The status, compressed: for 1,000 objects 1.5 MB, where texts take 4 and dicts 16 MB."""
    _capacity: float | None = None
    original: int | None = None
    """The original replicas in the status."""
    count: int | None = None
    """The replicas of the workload in the status."""
    outdated: bool = False
    """Whether another client has written since; the watch brings what it wrote."""
    _is_doubtful: bool = False
    """Whether a write that failed may have been made; the watch brings it, too."""
    _surge_at: float | None = None
    """The time of the newest surge in the status."""
    _fingerprint: Fingerprint | None = None
    """Of what the status shows; None if it shows nothing."""
    _is_adopted: bool = False
    """Whether another client wrote the status, and it is not compared with a reading yet."""
    _is_expired: bool = False
    """Whether the status has to be written, whatever it shows."""
    _written_at: float = float("-inf")
    _urgent_at: float = float("-inf")
    """When an urgent change of a condition alone was written."""

    @property
    def may_be_others(self) -> bool:
        """Whether the status that the watch brings may be none of which the answer is known."""
        return self.writing or self.outdated or self._is_doubtful

    @property
    def status(self) -> dict[str, Any]:
        if not self._packed:
            return {}
        status: dict[str, Any] = json.loads(zlib.decompress(self._packed))
        return status

    def adopt(self, status: Mapping[str, Any]) -> None:
        """Take a status that another replica or operator has written.

        A new leader writes only what it sees otherwise: of 5,500 statuses an API server writes 150
        a second, and changes of replicas wait beside them.
        """
        self._set(status)
        self._is_adopted, self.outdated, self._is_doubtful = True, False, False

    def amended(self, status: Mapping[str, Any], version: str) -> bool:
        """Record the status after a write of some of its fields; return as `takes`."""
        before, is_taken = self.count, self.takes(version)
        if is_taken:
            self._set(status)
        if self.count != before:
            self.expire()  # the change that follows may fail
        return is_taken

    def takes(self, version: str) -> bool:
        """Take the version of an answer.

        If the watch has brought a later one before, and its status, return False: the next
        reconciliation writes then.
        """
        if is_older(version, self.version):
            self.expire()
            return False
        self.version = version
        return True

    def expire(self) -> None:
        """Let the next reconciliation write the status."""
        self._is_expired = True

    def fail(self, now: float, *, is_outdated: bool = False) -> None:
        """Let a later reconciliation write the status again, after a pause."""
        self._is_expired = self._is_doubtful = True
        self.outdated |= is_outdated
        self.attempts.failed(now)

    def _set(self, status: Mapping[str, Any]) -> None:
        self._packed = _pack(status)
        capacity, surges = read_estimates(status).capacity_per_replica, read_surges(status)
        self.original = read_original(status)
        self.count = read_count(status.get("currentReplicas"))
        self._capacity = None if isinstance(capacity, Unknown) else capacity
        self._surge_at = surges[-1].at if surges else None

    def written(self, status: Mapping[str, Any], version: str, view: View, now: float) -> bool:
        """Record the status after a write of a view; return as `takes`."""
        self._written_at = now
        if not self.takes(version):
            return False
        self._set(status)
        self._is_adopted = self._is_expired = False
        self._surge_at = view.surge_at
        before, self._fingerprint = self._fingerprint, _fingerprint(view)
        if before and before[0] == self._fingerprint[0] and before[1] != self._fingerprint[1]:
            self._urgent_at = now
        return True

    def may_be_written(self, now: float) -> bool:
        return not self.waiting and not self.writing and now >= self.attempts.due

    def has_to_show(self, view: View, now: float) -> bool:
        """Return whether a view differs from the status so much that it is written now."""
        is_due = self.may_be_written(now) and now - self._written_at >= _WRITE_SECONDS
        return is_due and self.differs(view, now)

    def differs(self, view: View, now: float) -> bool:
        """Return the same for a write whose turn has come: the difference may be gone by then."""
        age = now - self._written_at
        if self._is_adopted:
            self._is_adopted, self._fingerprint = False, _fingerprint_of(self.status, view)
            self._written_at, age = now, 0.0  # a first reading may not be settled
        at_once, urgent, settled, lasting = _fingerprint(view)
        if self._is_expired or self._fingerprint is None or at_once != self._fingerprint[0]:
            return True
        if lasting == self._fingerprint[3] and any(each.is_brief for each in view.conditions):
            return False
        if urgent != self._fingerprint[1] and now - self._urgent_at >= _SETTLING_SECONDS:
            return True
        if age < _SETTLING_SECONDS:
            return False
        has_event = bool(self.unpublished) and now >= self.event_retry.due
        return settled != self._fingerprint[2] or has_event or self._learnt(view, now)

    def _learnt(self, view: View, now: float) -> bool:
        age = now - self._written_at
        if view.decision is None or age < _ESTIMATE_SECONDS:
            return False
        if age >= _SURGE_SECONDS and view.surge_at and view.surge_at != self._surge_at:
            return True
        new, old = view.estimates.capacity_per_replica, self._capacity
        if isinstance(new, Unknown):
            return False
        return old is None or abs(new / old - 1) > _ESTIMATE_CHANGE


def _pack(status: Mapping[str, Any]) -> bytes:
    """Return the status compressed, without its longest fields if they exceed a bound."""
    for number in range(len(_LONGEST) + 1):
        text = json.dumps({key: status[key] for key in status if key not in _LONGEST[:number]})
        if len(text) <= _MOST_CHARACTERS:
            packed = zlib.compress(text.encode(), 1)
            if len(packed) <= _MOST_BYTES:
                return packed
    return b""


def _fingerprint(view: View) -> Fingerprint:
    """Return the hashes of what a view shows.

    The desired count is in the rest: it changes with every message, and each change of the
    workload writes the status anyway.
    """
    decision = view.decision
    scale = view.scale if isinstance(view.scale, Scale) else None
    return _hashes(
        view,
        view.conditions,
        at_once=(view.autoscaler.generation, scale and scale.replicas),
        decided=(decision.desired, decision.reason) if decision else None,
        ready=scale.ready if scale and not isinstance(scale.ready, Unknown) else None,
        cools_down=_cools_down(view),
    )


def _fingerprint_of(status: Mapping[str, Any], view: View) -> Fingerprint | None:
    """Return the same of a stored status, from which the history of a first view comes."""
    conditions = [
        Condition(each["type"], each["status"], each["reason"], each["message"])
        for each in status.get("conditions", ())
    ]
    if not conditions:
        return None
    last = status.get("lastDecision")
    return _hashes(
        view,
        conditions,
        at_once=(status.get("observedGeneration"), status.get("currentReplicas")),
        decided=(status.get("desiredReplicas"), last.get("reason")) if last else None,
        ready=status.get("readyReplicas"),
        cools_down=Reason.COOLING_DOWN in (last or {}).get("limitedBy", ())
        and status.get("timers", {}).get("quietSince") is not None,
    )


def _hashes(
    view: View,
    conditions: Sequence[Condition],
    *,
    at_once: object,
    decided: object,
    ready: object,
    cools_down: bool,
) -> Fingerprint:
    urgent = tuple((e.type, e.status, e.reason) for e in conditions if e.is_urgent)
    periods = view.history and view.history.stored_periods(view.at)
    settled = decided, ready, periods, cools_down, tuple(each.state for each in conditions)
    lasting = tuple((e.status, e.reason) for e in conditions if e.is_urgent and not e.may_be_brief)
    return hash(at_once), hash(urgent), hash(settled), hash(lasting)


def _cools_down(view: View) -> bool:
    """Return whether the next leader can continue a cooldown that an idle workload waits for.

    The decision names the cooldown before statistics confirm it, and a status of that moment does
    not contain it: each change of the leader then began it again.
    """
    is_named = view.decision is not None and Reason.COOLING_DOWN in view.decision.limited_by
    return is_named and view.history is not None and view.history.cooldown.stored is not None
