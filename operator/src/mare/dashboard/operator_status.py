"""How the operator itself is doing."""

from collections.abc import Iterable
from importlib.metadata import version

from mare.dashboard.leader import Leader
from mare.dashboard.serialize import Json, plain
from mare.domain.unknown import Unknown
from mare.loop.record import AutoscalerHistory, Record

_LATELY_SECONDS = 300.0
VERSION = version("mare-operator")


def operator_status(
    record: Record, *, leader: Leader, ticked_at: float, started_at: float, now: float
) -> Json:
    lately = [each for each in record.failures if each.at > now - _LATELY_SECONDS]
    last = lately[-1] if lately else None
    return {
        "version": VERSION,
        "leader": leader.name,
        "tickedAt": round(ticked_at, 3),
        "startedAt": started_at,
        "objects": len(record.histories),
        "brokers": _brokers(record.histories.values()),
        "errors": {
            "count": len(lately),
            "seconds": _LATELY_SECONDS,
            "last": last
            and {
                "at": last.at,
                "namespace": last.key.namespace,
                "name": last.key.name,
                "reason": last.reason,
                "message": plain(last.text),
            },
        },
    }


def _brokers(pasts: Iterable[AutoscalerHistory]) -> Json:
    """Brokers that answer, told apart by the Secrets that lead to them."""
    found: dict[tuple[str, str], str | None] = {}
    for past in pasts:
        broker = past.view.autoscaler.broker
        queues = past.view.reading.queues
        why = queues.cause if isinstance(queues, Unknown) else None
        key = broker.namespace, broker.secret_name
        found[key] = found.get(key) or why
    away = [why for why in found.values() if why is not None]
    return {
        "total": len(found),
        "unreachable": len(away),
        "cause": plain(away[0]) if away else None,
    }
