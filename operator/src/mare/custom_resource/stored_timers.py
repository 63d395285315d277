"""What a status keeps for the next leader, of which workload, and the timers in it.

Times in a status are by the system clock. `offset` is what has to be added to a time of the
operator's clock for that.
"""

from collections.abc import Mapping
from typing import Any

from mare.custom_resource import status_values
from mare.custom_resource.autoscaler import ScaleTarget
from mare.custom_resource.status_values import read_count, read_time
from mare.domain.cooldown import Cooldown
from mare.domain.crash_loop import CrashLoop
from mare.domain.reason import Reason
from mare.domain.scale_events import MOST_STORED
from mare.domain.starting_backlog import StartingBacklog
from mare.domain.timers import Timers
from mare.domain.unready import UnreadyReplicas

Status = Mapping[str, Any]
MAX_ORIGINAL = 10_000
"""The original replicas of a workload that has more: maxReplicas is no larger either."""
_MOST_MESSAGES = 2**53
_LEARNT = ("estimates", "forecast", "jobs", "timers")


def workload_name(target: ScaleTarget) -> str:
    """Return group, kind and name: all versions of a group show the same workload."""
    group = target.api_version.rpartition("/")[0]
    return f"{group}/{target.kind}/{target.name}"


def workload_status(target: ScaleTarget, before: Status) -> dict[str, Any]:
    """Return the name of the workload as a merge patch, without what is kept of another one."""
    own = workload_name(target)
    is_other = before.get("workload", own) != own
    return {"workload": own, **(dict.fromkeys(_LEARNT) if is_other else {})}


def past_of(status: Status, target: ScaleTarget) -> Status:
    """Return the status if it is about this workload; else an empty one.

    The target of an object can change while no operator runs.
    """
    own = workload_name(target)
    return status if status.get("workload", own) == own else {}


def read_timers(status: Status, offset: float) -> Timers:
    """Return the stored timers, without values that no operator writes."""
    stored, last = status.get("timers", {}), status.get("lastDecision", {})
    texts = stored.get("scaleEvents", ())[-MOST_STORED:]
    events = (status_values.read_scale_event(each, offset) for each in texts)
    quiet_since, published = read_time(stored.get("quietSince"), offset), stored.get("published")
    cooldown = None
    if quiet_since is not None and isinstance(published, int) and published >= 0:
        cooldown = Cooldown(quiet_since, published)
    return Timers(
        unknown_since=read_time(stored.get("unknownSince"), offset),
        cooldown=cooldown,
        events=tuple(sorted((e for e in events if e is not None), key=lambda each: each.time)),
        replicas=read_count(status.get("currentReplicas")),
        allowed_zero=last.get("to") == 0 and last.get("reason") != Reason.SCALING_DISABLED,
        starting=_read_starting(stored.get("starting", {}), offset),
        unready=_read_unready(stored.get("unready", {}), offset),
        last_active=_read_last_active(status, offset),
    )


def _read_last_active(status: Status, offset: float) -> float | None:
    """Return when there was a message last; None if the status showed work, and may be old."""
    conditions = status.get("conditions", ())
    if any(each["type"] == "Active" and each["status"] == "False" for each in conditions):
        return read_time(status.get("lastActiveTime"), offset)
    return None


def timers_status(timers: Timers, offset: float) -> dict[str, Any] | None:
    """Return the timers as a merge patch; None without any."""
    unknown_since, quiet = timers.unknown_since, timers.cooldown
    events = [status_values.scale_event(each, offset) for each in timers.events]
    starting, unready = _starting(timers.starting, offset), _unready(timers.unready, offset)
    if unknown_since is None and not (quiet or events or starting or unready):
        return None
    return {
        "unknownSince": _instant(unknown_since, offset),
        "quietSince": None if quiet is None else _instant(quiet.began, offset),
        "published": None if quiet is None else quiet.published,
        "scaleEvents": events or None,
        "starting": starting,
        "unready": unready,
    }


def _starting(backlog: StartingBacklog | None, offset: float) -> dict[str, Any] | None:
    if backlog is None or backlog.since is None:
        return None
    return {
        "since": status_values.instant(backlog.since + offset),
        "time": status_values.instant(backlog.at + offset),
        "first": backlog.first,
        "ready": backlog.ready,
        "uncounted": backlog.uncounted,
        "crashLoop": backlog.crash_loop.is_seen or None,
    }


def _read_starting(stored: Mapping[str, Any], offset: float) -> StartingBacklog | None:
    since, at = (read_time(stored.get(name), offset) for name in ("since", "time"))
    counts = [stored.get(name) for name in ("first", "ready", "uncounted")]
    first, ready, uncounted = (read_count(count, _MOST_MESSAGES) for count in counts)
    if since is None or at is None or first is None or ready is None or uncounted is None:
        return None
    return StartingBacklog(
        since=since,
        at=at,
        alone_since=at,
        first=first,
        ready=ready,
        uncounted=uncounted,
        crash_loop=CrashLoop(is_seen=stored.get("crashLoop") is True),
    )


def _unready(unready: UnreadyReplicas, offset: float) -> dict[str, Any] | None:
    if unready.since is None:
        return None
    since = status_values.instant(unready.since + offset)
    return {"since": since, "replicas": unready.expected, "ready": unready.ready}


def _read_unready(stored: Mapping[str, Any], offset: float) -> UnreadyReplicas:
    since = read_time(stored.get("since"), offset)
    expected, ready = read_count(stored.get("replicas")), read_count(stored.get("ready"))
    if since is None or expected is None or ready is None:
        return UnreadyReplicas()
    return UnreadyReplicas(since, expected, ready)


def _instant(seconds: float | None, offset: float) -> str | None:
    return None if seconds is None else status_values.later_instant(seconds + offset)


def read_original(status: Status) -> int | None:
    """Return the stored original replicas; None if there are none that an operator writes."""
    return read_count(status.get("originalReplicas"), MAX_ORIGINAL)
