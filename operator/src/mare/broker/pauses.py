"""What is not there now is looked for again soon, then more and more seldom."""

from dataclasses import dataclass, field

from mare.domain.unknown import Unknown

_FIRST, _LONGEST = 0.5, 8.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class _Pause:
    until: float
    seconds: float
    why: Unknown


@dataclass(slots=True)
class Pauses:
    """By name: why something is not looked for at the moment."""

    _of: dict[str, _Pause] = field(default_factory=dict)

    def why(self, name: str, now: float) -> Unknown | None:
        """Why `name` is to be left alone, or None if it may be looked for."""
        pause = self._of.get(name)
        return pause.why if pause is not None and now < pause.until else None

    def has_missed(self, name: str) -> bool:
        """Whether it was not there when it was looked for last."""
        return name in self._of

    def missed(self, name: str, why: Unknown, now: float) -> Unknown:
        """Pause longer than the last time, but once only for all who looked at the same time."""
        last = self._of.get(name)
        if last is not None and now < last.until:
            return why
        seconds = _FIRST if last is None else min(last.seconds * 2, _LONGEST)
        self._of[name] = _Pause(now + seconds, seconds, why)
        return why

    def found(self, name: str) -> None:
        self._of.pop(name, None)
