"""The facts of an object that is watched."""

from mare.domain.unknown import Unknown
from mare.explanation.facts import Facts, patience
from mare.loop.record import AutoscalerHistory
from mare.ports import Scale


def facts_of(past: AutoscalerHistory) -> Facts:
    view = past.view
    scale = view.scale if isinstance(view.scale, Scale) else None
    since = past.short_since
    return Facts(
        key=view.autoscaler.key,
        target=view.autoscaler.target,
        policy=view.autoscaler.policy,
        at=view.at,
        asked=scale.replicas if scale else None,
        ready=None if scale is None or isinstance(scale.ready, Unknown) else scale.ready,
        decision=view.decision,
        queues=view.reading.queues,
        depth=view.depth,
        wait_seconds=view.wait_seconds,
        estimates=view.estimates,
        conditions=view.conditions,
        pending=since is not None and view.at - since > patience(view.estimates),
    )
