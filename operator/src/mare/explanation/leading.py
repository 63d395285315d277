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


@dataclass(frozen=True, slots=True)
class NeverReconciled:
    """An object without a status: an operator that leads writes one within seconds."""

    at: float
    """When the object was created."""


NO_LEASE = Unread("a file has no Lease")
Leading = Renewal | Unread


def with_leading(facts: Facts, leading: Leading | NeverReconciled, now: float) -> Facts:
    """Return facts that contain the condition that no replica leads, if so."""
    if isinstance(leading, Unread) or now - leading.at <= SILENT_SECONDS:
        return facts
    if isinstance(leading, NeverReconciled):
        since, namespace = instant(leading.at), facts.key.namespace
        clause = Clause("operator.neverReconciled", since=since, namespace=namespace)
        reason = "NeverReconciled"
    else:
        clause, reason = _silent(leading), "NoLeader"
    silent = Condition("OperatorLeads", "False", reason, str(clause), (clause,))
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
