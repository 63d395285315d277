"""What a status keeps for the next leader, of which workload, and the timers in it.

Times in a status are those of the system clock. `offset` is what has to be added to a time of the
operator's clock for that.
"""

from collections.abc import Mapping
from typing import Any

from mare.custom_resource import status_values
from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.cooldown import Cooldown
from mare.domain.count import MAX_COUNT
from mare.domain.reason import Reason
from mare.domain.timers import MOST_EVENTS, Timers

Status = Mapping[str, Any]
_FIRST, _LAST = 0.0, 253_402_214_400.0
"""The years 1970 and 9999: other times cannot be written again."""


def workload_name(target: ScaleTarget) -> str:
    """Return group, kind and name: all versions of a group show the same workload."""
    group = target.api_version.rpartition("/")[0]
    return f"{group}/{target.kind}/{target.name}"


def past_of(status: Status, target: ScaleTarget) -> Status:
    """Return the status if it is about this workload; else an empty one.

    The target of an object can change while no operator runs.
    """
    own = workload_name(target)
    return status if status.get("workload", own) == own else {}


def read_timers(status: Status, offset: float) -> Timers:
    """Return the stored timers, without values that no operator writes."""
    stored, last = status.get("timers", {}), status.get("lastDecision", {})
    texts = stored.get("scaleEvents", ())[-MOST_EVENTS:]
    events = (status_values.read_scale_event(each, offset) for each in texts)
    quiet_since, published = _time(stored.get("quietSince"), offset), stored.get("published")
    cooldown = None
    if quiet_since is not None and isinstance(published, int) and published >= 0:
        cooldown = Cooldown(quiet_since, published)
    return Timers(
        unknown_since=_time(stored.get("unknownSince"), offset),
        cooldown=cooldown,
        events=tuple(sorted((e for e in events if e is not None), key=lambda each: each.time)),
        replicas=read_count(status.get("currentReplicas")),
        allowed_zero=last.get("to") == 0 and last.get("reason") != Reason.SCALING_DISABLED,
    )


def timers_status(timers: Timers, offset: float) -> dict[str, Any] | None:
    """Return the timers as a merge patch; None without any."""
    unknown_since, quiet = timers.unknown_since, timers.cooldown
    events = [status_values.scale_event(each, offset) for each in timers.events]
    if unknown_since is None and quiet is None and not events:
        return None
    return {
        "unknownSince": _instant(unknown_since, offset),
        "quietSince": None if quiet is None else _instant(quiet.began, offset),
        "published": None if quiet is None else quiet.published,
        "scaleEvents": events or None,
    }


def _instant(seconds: float | None, offset: float) -> str | None:
    return None if seconds is None else status_values.later_instant(seconds + offset)


def _time(text: object, offset: float) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        seconds = status_values.seconds_of(text)
    except (ValueError, OverflowError):
        return None
    return seconds - offset if _FIRST < seconds < _LAST else None


def read_count(value: object) -> int | None:
    """Return a stored count of replicas; None for one that no operator writes."""
    return value if isinstance(value, int) and 0 <= value <= MAX_COUNT else None
