"""Changes of the replicas that the policies of `behavior` count."""

from collections import defaultdict
from dataclasses import dataclass

from mare.domain.spec import Behavior

MOST_EVENTS = 128
"""The controller of Kubernetes decides each 15 s, so that it has 120 in the longest period, 1,800
s. 7,200 took 4.6 ms of each decision, with 8 policies."""
MOST_STORED = 32
"""In a status."""


@dataclass(frozen=True, slots=True)
class ScaleEvent:
    """A change of the replicas, of which the time may be known inexactly.

    For a policy of the same direction the change counts from `time` on, so that the policy allows
    no second step early. For a policy of the other direction it allows a larger step, so that it
    counts from `earliest` on.
    Example: 3 replicas become 5, and the operator is killed. Its successor finds 5, 10 s later.
    25 s after that, a policy of 3 Pods in 30 s must not remove 4.
    """

    time: float
    """When it was made at the latest."""
    change: int
    earliest: float | None = None
    """When it was made at the earliest; None if that is `time`."""

    def counts_from(self, sign: int) -> float:
        """Return the time from which a policy of this direction (1 or -1) counts it."""
        if self.earliest is None or self.change * sign > 0:
            return self.time
        return min(self.time, self.earliest)


def store_event(
    behavior: Behavior, events: tuple[ScaleEvent, ...], new: ScaleEvent
) -> tuple[ScaleEvent, ...]:
    """Return the events with a new one, stored as the controller does (`storeScaleEvent`).

    It replaces the last event of its direction that no policy of that direction needs any more. A
    policy of the other direction with a longer period loses that event. More events than the
    controller can have become fewer.
    """
    rules = behavior.scale_up if new.change > 0 else behavior.scale_down
    longest = max((policy.period_seconds for policy in rules.policies), default=0)
    cutoff = new.time - longest
    for index in reversed(range(len(events))):
        old = events[index]
        if (old.change > 0) == (new.change > 0) and old.time < cutoff:
            return (*events[:index], new, *events[index + 1 :])
    stored = (*events, new)
    if len(stored) <= MOST_EVENTS:
        return stored
    return needed_events(behavior, stored, new.time, MOST_EVENTS)


def needed_events(
    behavior: Behavior, events: tuple[ScaleEvent, ...], now: float, most: int
) -> tuple[ScaleEvent, ...]:
    """Return the events that a policy counts, at most `most`, which is even.

    If there are more, the events of a direction within the same part of the longest period become
    one, at the time of the last of them.
    """
    rules = (behavior.scale_up, behavior.scale_down)
    longest = max((each.period_seconds for rule in rules for each in rule.policies), default=0)
    recent = tuple(each for each in events if each.time > now - longest)
    if len(recent) <= most:
        return recent
    # Parts of the clock: with parts of the time until now, an event would move again and again.
    seconds = longest / (most // 2 - 1)
    parts: defaultdict[tuple[bool, float], list[ScaleEvent]] = defaultdict(list)
    for each in recent:
        parts[each.change > 0, each.time // seconds].append(each)
    merged = (_merge(part, -1 if grows else 1) for (grows, _), part in parts.items())
    return tuple(sorted(merged, key=lambda each: each.time))


def _merge(events: list[ScaleEvent], other_sign: int) -> ScaleEvent:
    return ScaleEvent(
        max(each.time for each in events),
        sum(each.change for each in events),
        min(each.counts_from(other_sign) for each in events),
    )
