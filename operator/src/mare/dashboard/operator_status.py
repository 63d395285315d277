"""The state of the operator itself: leader, last tick, brokers, errors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version

from mare.custom_resource.autoscaler import BrokerReference
from mare.custom_resource.condition import warning_of
from mare.dashboard.serialize import Json, serialize_clause, serialize_unknown
from mare.domain.alarms import in_effect
from mare.domain.unknown import Unknown
from mare.loop.record import AutoscalerHistory, ReadableRecord

_RECENT_SECONDS = 300.0
_OF_OBJECTS = {"TooManyQueues", "NamespaceBudgetExceeded", "PatternsTooSlow", "NotUnderstood"}
"""Reasons why the queues of an object are unknown although its broker may be well."""
VERSION = version("mare-operator")


@dataclass(frozen=True, slots=True)
class Leader:
    leads: bool
    """Whether this replica is the leader."""
    name: str | None
    """The Pod of the leader; None if it is not known, or without an election."""


def operator_status(
    record: ReadableRecord, *, leader: Leader, ticked_at: float, now: float
) -> Json:
    return {
        "version": VERSION,
        "leader": leader.name,
        "tickedAt": round(ticked_at, 3),
        "brokers": _brokers(record.histories.values()),
        "errors": sum(at > now - _RECENT_SECONDS for at in record.failures),
    }


def _brokers(histories: Iterable[AutoscalerHistory]) -> Json:
    """Count the brokers, the unreadable brokers and the brokers in alarm.

    Each Secret counts as one broker. The broker of an object that exceeds a limit may work.
    """
    unread: dict[BrokerReference, Unknown] = {}
    alarms: dict[BrokerReference, Unknown] = {}
    secrets = set()
    for history in histories:
        broker, reading = history.view.autoscaler.broker, history.view.reading
        secret = replace(broker, vhost=None)
        secrets.add(secret)
        if isinstance(reading.queues, Unknown) and reading.queues.reason not in _OF_OBJECTS:
            unread.setdefault(secret, reading.queues)
        if (alarm := in_effect(reading.alarm)) is not None:
            alarms.setdefault(secret, alarm)
    return {"total": len(secrets), "unread": _problem(unread), "alarm": _problem(alarms)}


def _problem(brokers: Mapping[BrokerReference, Unknown]) -> Json | None:
    """Return the first of the brokers with a problem, and their number; None without one."""
    if not brokers:
        return None
    secret, why = next(iter(brokers.items()))
    _, hint = warning_of("BrokerAlarm" if in_effect(why) else "MetricsFresh", why.reason)
    return {
        "count": len(brokers),
        "secret": f"{secret.namespace}/{secret.secret_name}",
        "why": serialize_unknown(why),
        "advice": serialize_clause(hint),
    }
