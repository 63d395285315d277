"""Counts what happens during the demo."""

from collections import Counter
from dataclasses import dataclass, field

from mare.simulation.results import percentile

_BARS = " ▁▂▃▄▅▆▇█"
_LATEST_WAITS = 50


@dataclass(slots=True)
class Tally:
    """Messages, waits and processes from the first second of the load on."""

    seconds: float
    """Planned length of the load."""
    published: list[float] = field(default_factory=list)
    """Seconds from the start of the load, one for each message."""
    waits: list[float] = field(default_factory=list)
    """Seconds that each started message stood in the queue."""
    replica_seconds: float = 0.0
    most_replicas: int = 0
    elapsed: float = 0.0
    replicas: int = 0

    def advance(self, elapsed: float, replicas: int) -> None:
        """Count `replicas` processes from the last call to `elapsed` seconds."""
        self.replica_seconds += self.replicas * (elapsed - self.elapsed)
        self.elapsed, self.replicas = elapsed, replicas
        self.most_replicas = max(self.most_replicas, replicas)

    @property
    def waiting(self) -> int:
        return len(self.published) - len(self.waits)

    def rows(self) -> tuple[tuple[float, int], ...]:
        """Return the recorded load: (second, messages until the next second)."""
        counts = Counter(int(moment) for moment in self.published)
        return tuple((float(second), counts[second]) for second in range(int(self.elapsed) + 1))

    def progress(self, width: int = 24) -> str:
        """Return one line: time, load, messages, replicas and p95 of the latest 50 waits."""
        rate = sum(1 for moment in self.published[-2000:] if moment > self.elapsed - 1.0)
        latest = sorted(self.waits[-_LATEST_WAITS:])
        wait = f"p95 wait {percentile(latest, 0.95):.1f} s" if latest else "no wait yet"
        return (
            f"{self.elapsed:4.0f} of {self.seconds:.0f} s  {self._graph(width)}"
            f"  {rate:3d} messages/s  {self.waiting:4d} waiting  {_replicas(self.replicas):>11}"
            f"  {wait}"
        )

    def _graph(self, width: int) -> str:
        """Return the load as bars, as long as the time that has passed."""
        slot = self.seconds / width
        counts = Counter(int(moment / slot) for moment in self.published)
        peak = max(counts.values(), default=1)
        passed = min(width, int(self.elapsed / slot) + 1)
        bars = (_BARS[-(-counts[each] * 8 // peak)] for each in range(passed))
        return "".join(bars).ljust(width)


def _replicas(count: int) -> str:
    return f"{count} replica{'' if count == 1 else 's'}"
