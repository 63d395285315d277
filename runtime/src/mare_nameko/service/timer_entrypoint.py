"""``@timer``: a method that runs at an interval."""

import time

import nameko.timer
from eventlet import Timeout


class Timer(nameko.timer.Timer):
    """Nameko's timer by the monotonic clock, which can also be stopped before its start.

    Nameko's pauses for an hour when the system time is set back by an hour. When it is set ahead,
    all the missed runs follow one another without a pause. This one skips them, also those that a
    long run or a process that was stopped has missed.
    """

    def stop(self) -> None:
        if self.gt is not None:
            super().stop()

    def kill(self) -> None:
        if self.gt is not None:
            super().kill()

    def _run(self) -> None:
        started = time.monotonic()
        count = 0 if self.eager else 1
        while True:
            left = started + count * self.interval - time.monotonic()
            with Timeout(max(left, 0), exception=False):
                self.should_stop.wait()
                return
            self.handle_timer_tick()
            self.worker_complete.wait()
            self.worker_complete.reset()
            if self.interval:
                count = max(count, int((time.monotonic() - started) / self.interval))
            count += 1


timer = Timer.decorator
