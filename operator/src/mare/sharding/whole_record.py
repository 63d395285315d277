"""All objects for the dashboard of one replica.

What this replica leads is shown as it was read last. The others are shown as their status has them:
the dashboard of a Pod binds to 127.0.0.1, so that no other Pod could ask it.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from mare.custom_resource.autoscaler import Autoscaler, Key
from mare.custom_resource.status_values import seconds_of
from mare.domain.unknown import Unknown
from mare.explanation.stored import facts_of_stored
from mare.loop.loop import Loop
from mare.loop.record import AutoscalerHistory, View
from mare.ports import BrokerReading, Clock, Scale
from mare.sharding.sharded_loop import ShardedLoop

_OTHERS = Unknown("OtherReplica", "another replica of the operator reads it")


class WholeRecord(Mapping[Key, AutoscalerHistory]):
    """Implements `mare.loop.record.ReadableRecord`, and is its histories."""

    def __init__(self, loop: ShardedLoop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._stored: dict[Key, tuple[str, AutoscalerHistory]] = {}
        """By object: the version of the object, and what its status has."""

    @property
    def histories(self) -> Mapping[Key, AutoscalerHistory]:
        return self

    @property
    def failures(self) -> Iterator[float]:
        return chain.from_iterable(loop.record.failures for loop in self._loop.loops)

    def __getitem__(self, key: Key) -> AutoscalerHistory:
        loop = self._loop.of(key.namespace)
        if loop.leadership() and key in loop.record.histories:
            return loop.record.histories[key]
        return self._read(loop, key)

    def __iter__(self) -> Iterator[Key]:
        keys = dict.fromkeys(each.key for each in self._loop.autoscalers)
        for deleted in self._stored.keys() - keys.keys():
            del self._stored[deleted]
        yield from (key for key in keys if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _read(self, loop: Loop, key: Key) -> AutoscalerHistory:
        """Return what the status has; raise KeyError without one."""
        version = loop.version_of(key)
        if version is None:
            raise KeyError(key)
        known = self._stored.get(key)
        if known is not None and known[0] == version:
            return known[1]
        history = _history(loop.stored(key), self._clock())
        self._stored[key] = version, history
        return history


def _history(autoscaler: Autoscaler, now: float) -> AutoscalerHistory:
    status = autoscaler.status
    if "conditions" not in status:
        raise KeyError(autoscaler.key)
    try:
        facts = facts_of_stored(autoscaler, now)
    except (ValueError, TypeError) as error:  # of a newer version
        raise KeyError(autoscaler.key) from error
    scale: Scale | Unknown = _OTHERS
    if facts.requested is not None:
        ready = _OTHERS if facts.ready is None else facts.ready
        scale = Scale(replicas=facts.requested, version="", ready=ready, selector="")
    view = View(
        at=facts.at,
        autoscaler=autoscaler,
        scale=scale,
        reading=BrokerReading(queues=facts.queues, busy=_OTHERS),
        statistics_at=None,
        decision=facts.decision,
        estimates=facts.estimates,
        history=None,
        depth=facts.depth,
        wait_seconds=facts.wait_seconds,
        rates=None,
        conditions=facts.conditions,
    )
    history = AutoscalerHistory(view)
    if facts.decision is not None:
        history.decisions.add(facts.at, facts.decision)
    if "lastScaleTime" in status:
        history.changed_at = seconds_of(status["lastScaleTime"])
    return history
