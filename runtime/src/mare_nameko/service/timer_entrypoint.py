"""``@timer``: a method that runs at an interval."""

import nameko.timer


class Timer(nameko.timer.Timer):
    """Nameko's timer, which can also be stopped before it was started.

    A service that fails or is stopped while it starts ends all its entrypoints.
    """

    def stop(self) -> None:
        if self.gt is not None:
            super().stop()

    def kill(self) -> None:
        if self.gt is not None:
            super().kill()


timer = Timer.decorator
