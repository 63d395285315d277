"""``@timer``: a method that runs at an interval."""

import nameko.timer


class Timer(nameko.timer.Timer):
    """Nameko's timer; a service that fails while it starts can stop it before its start."""

    def stop(self) -> None:
        if self.gt is not None:
            super().stop()

    def kill(self) -> None:
        if self.gt is not None:
            super().kill()


timer = Timer.decorator
