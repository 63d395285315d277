"""The state of the operator itself: leader, last tick, brokers, errors."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

from mare.dashboard.serialize import Json, redact
from mare.domain.unknown import Unknown
from mare.loop.record import AutoscalerHistory, Record

_RECENT_SECONDS = 300.0
VERSION = version("mare-operator")


@dataclass(frozen=True, slots=True)
class Leader:
    leads: bool
    """Whether this replica is the leader."""
    name: str | None
    """The Pod of the leader; None if it is not known, or without an election."""


def no_election() -> Leader:
    return Leader(leads=True, name=None)


def operator_status(
    record: Record, *, leader: Leader, ticked_at: float, started_at: float, now: float
) -> Json:
    recent = [each for each in record.failures if each.at > now - _RECENT_SECONDS]
    last = recent[-1] if recent else None
    return {
        "version": VERSION,
        "leader": leader.name,
        "tickedAt": round(ticked_at, 3),
        "startedAt": started_at,
        "objects": len(record.histories),
        "brokers": _brokers(record.histories.values()),
        "errors": {
            "count": len(recent),
            "seconds": _RECENT_SECONDS,
            "last": last
            and {
                "at": last.at,
                "namespace": last.key.namespace,
                "name": last.key.name,
                "reason": last.reason,
                "message": redact(last.text),
            },
        },
    }


def _brokers(histories: Iterable[AutoscalerHistory]) -> Json:
    """Count the brokers and those that cannot be read. Each Secret counts as one broker."""
    errors: dict[tuple[str, str], str | None] = {}
    for history in histories:
        broker = history.view.autoscaler.broker
        queues = history.view.reading.queues
        error = queues.cause if isinstance(queues, Unknown) else None
        key = broker.namespace, broker.secret_name
        errors[key] = errors.get(key) or error
    unreachable = [error for error in errors.values() if error is not None]
    return {
        "total": len(errors),
        "unreachable": len(unreachable),
        "cause": redact(unreachable[0]) if unreachable else None,
    }
