"""The checks that come immediately before each write to the API server."""

from mare.loop.record import View
from mare.loop.state import AutoscalerState
from mare.ports import Clock, Leadership, Unavailable

_LONGEST_PAUSE = 30.0


class WriteGuard:
    """Allows writes while this replica leads and the API server does not ask clients to wait.

    A decision waits for a free slot and for other requests before it is carried out. In the
    meantime the Lease can expire and the object can be paused, changed or deleted.
    """

    def __init__(self, leadership: Leadership, clock: Clock) -> None:
        self._leadership = leadership
        self._clock = clock
        self.paused_until = 0.0

    @property
    def is_paused(self) -> bool:
        return self._clock() < self.paused_until

    def allows_writes(self, state: AutoscalerState) -> bool:
        return self._leadership() and not self.is_paused and not state.removed

    def allows_scaling(self, state: AutoscalerState, view: View) -> bool:
        expires_at = view.decision.expires_at if view.decision else None
        is_current = expires_at is None or self._clock() <= expires_at
        is_current = is_current and view.autoscaler is state.autoscaler
        return is_current and _is_still_wanted(state, view) and self.allows_writes(state)

    def pause_after(self, error: Exception) -> None:
        """Pause all writes for as long as the API server asks clients to wait."""
        if seconds := requested_pause(error):
            self.paused_until = max(self.paused_until, self._clock() + seconds)


def _is_still_wanted(state: AutoscalerState, view: View) -> bool:
    """Return whether the newest decision removes the replicas, too, that this one removes.

    Marks of many Pods take minutes where the API server is slow. Eight replicas had become busy
    by then.
    """
    if view.decision is None or view.decision.replicas >= view.decision.current:
        return True
    newest = state.view.decision if state.view else None
    return newest is not None and newest.replicas <= view.decision.replicas


def requested_pause(error: Exception) -> float:
    """Return the seconds of the Retry-After of an error, 30 at most, or 0 without one."""
    seconds = error.retry_after if isinstance(error, Unavailable) else None
    return min(seconds or 0.0, _LONGEST_PAUSE)
