"""What was seen and decided lately, in memory, for whoever shows it."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from mare.custom_resource.autoscaler import Autoscaler, Key
from mare.custom_resource.conditions import Condition
from mare.domain.decision import Decision
from mare.domain.estimates import Estimates
from mare.domain.unknown import Unknown
from mare.loop.lines import Lines
from mare.loop.rings import SPANS, Numbers, Ring
from mare.ports import Scale, Seen

_TROUBLES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One object at one moment."""

    at: float
    autoscaler: Autoscaler
    scale: Scale | Unknown
    seen: Seen
    decision: Decision | None
    estimates: Estimates
    depth: int | None
    wait_seconds: float | None
    rates: tuple[float, float] | None
    """Messages published and acknowledged each second, by the last two statistics."""
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that did not work."""

    at: float
    key: Key
    reason: str
    text: str


@dataclass(slots=True)
class Past:
    """The newest view of one object, and the last day of it."""

    view: View
    rings: tuple[Ring, ...] = field(default_factory=lambda: tuple(Ring(span) for span in SPANS))
    lines: Lines = field(default_factory=Lines)
    changed_at: float | None = None
    """When the count was last seen to have changed, by whomever."""
    short_since: float | None = None
    """Since when fewer replicas are ready than asked for."""

    def add(self, view: View) -> None:
        before, self.view = self.view.scale, view
        if (
            isinstance(before, Scale)
            and isinstance(view.scale, Scale)
            and before.replicas != view.scale.replicas
        ):
            self.changed_at = view.at
        numbers = _numbers(view)
        short = numbers.running is not None and numbers.running < (numbers.asked or 0)
        if not short:
            self.short_since = None
        elif self.short_since is None or self.changed_at == view.at:
            self.short_since = view.at
        for ring in self.rings:
            ring.add(view.at, numbers)
        if view.decision is not None:
            self.lines.add(view.at, view.decision)


def _numbers(view: View) -> Numbers:
    scale = view.scale if isinstance(view.scale, Scale) else None
    return Numbers(
        math.nan if view.depth is None else view.depth,
        math.nan if view.wait_seconds is None else view.wait_seconds,
        None if scale is None or isinstance(scale.ready, Unknown) else scale.ready,
        None if scale is None else scale.replicas,
        view.decision.replicas if view.decision else None,
    )


class Record:
    """All objects. Reading it never waits."""

    def __init__(self) -> None:
        self._pasts: dict[Key, Past] = {}
        self.troubles: deque[Trouble] = deque(maxlen=_TROUBLES)

    @property
    def pasts(self) -> Mapping[Key, Past]:
        return self._pasts

    def add(self, view: View) -> None:
        key = view.autoscaler.key
        past = self._pasts.get(key)
        why = view.seen.queues
        if isinstance(why, Unknown) and (past is None or past.view.seen.queues != why):
            self.failed(view.at, key, why.reason, why.cause)
        if past is None:
            past = self._pasts[key] = Past(view)
        past.add(view)

    def failed(self, at: float, key: Key, reason: str, text: str) -> None:
        """Note what did not work; the text has no secret."""
        self.troubles.append(Trouble(at, key, reason, text))

    def remove(self, key: Key) -> None:
        self._pasts.pop(key, None)
