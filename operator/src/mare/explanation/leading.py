"""Whether a replica of the operator leads: without one, nothing is decided."""

from dataclasses import dataclass, replace

from mare.custom_resource.condition import Condition
from mare.custom_resource.status_values import instant
from mare.domain.clause import Clause
from mare.explanation.facts import Facts

SILENT_SECONDS = 30.0
"""Time without a renewal after which no replica leads: another one takes over within 4 s."""


@dataclass(frozen=True, slots=True)
class Renewal:
    lease: str
    """Namespace and name of the Lease, as in the status."""
    at: float
    leader: str = ""
    """The Pod; empty if none leads."""
    shard: tuple[int, int] | None = None
    """The shard of the object and the number of shards; None without shards."""
    has_lease: bool = True


@dataclass(frozen=True, slots=True)
class Unread:
    """A Lease that cannot be read."""

    cause: str


NO_LEASE = Unread("a file has no Lease")
Leading = Renewal | Unread


def with_leading(facts: Facts, leading: Leading, now: float) -> Facts:
    """Return facts that contain the condition of a Lease that is not renewed, or is gone."""
    if isinstance(leading, Unread) or now - leading.at <= SILENT_SECONDS:
        return facts
    clause = _silent(leading)
    silent = Condition("OperatorLeads", "False", "NoLeader", str(clause), (clause,))
    return replace(facts, conditions=(silent, *facts.conditions))


def _silent(renewal: Renewal) -> Clause:
    if not renewal.has_lease:
        return Clause("operator.noLease", lease=renewal.lease)
    since = instant(renewal.at)
    if renewal.shard is None:
        return Clause("operator.silent", lease=renewal.lease, since=since)
    shard, shards = renewal.shard
    return Clause(
        "operator.silentShard", lease=renewal.lease, since=since, shard=shard, shards=shards
    )
