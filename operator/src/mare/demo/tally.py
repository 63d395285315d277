"""What happened in the demo, beside what other autoscalers would have done with the same load."""

from collections import Counter
from dataclasses import dataclass, field

from mare.demo.settings import SERVICE_SECONDS, WAIT_SECONDS, WORKERS
from mare.simulation.comparison import compare
from mare.simulation.load import Load
from mare.simulation.results import aligned, percentile
from mare.simulation.scenario import Distribution, Scenario, Worker, default_autoscalers

_BARS = " ▁▂▃▄▅▆▇█"
_LEAST_BARS, _MOST_BARS = 8, 24
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

    def progress(self, columns: int = 100) -> str:
        """Return one line of at most so many characters; an empty one if they are too few.

        Time, replicas and p95 of the latest 50 waits always, then load and waiting messages.
        """
        rate = sum(1 for moment in self.published[-2000:] if moment > self.elapsed - 1.0)
        latest = sorted(self.waits[-_LATEST_WAITS:])
        time = f"{self.elapsed:4.0f} of {self.seconds:.0f} s"
        numbers = [
            f"{rate:3d} messages/s",
            f"{self.waiting:4d} waiting",
            f"{_replicas(self.replicas):>11}",
            f"{f'recent p95 {percentile(latest, 0.95):.1f} s' if latest else 'no wait yet':<16}",
        ]
        for left_out in range(3):
            shown = numbers[left_out:]
            room = columns - len("  ".join([time, "", *shown])) - 1  # for the cursor
            if room >= _LEAST_BARS:
                return "  ".join([time, self._graph(min(room, _MOST_BARS)), *shown])
        line = "  ".join([time, *shown])
        return line if len(line) < columns else ""

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


_TICK_SECONDS = 0.25
"""Interval at which the operator reads the depth of a queue."""
_SHOWN = ("Maré", "KEDA default", "KEDA expert")
_EXPLANATION = (
    "Wait is the time that a message stands in the queue: 95 % of the messages waited no longer"
    f" than p95; Maré aims at {WAIT_SECONDS:g} s. Replica-seconds are the running times of all"
    " replicas together. Not started are messages that no replica began.\n"
    "\n"
    "The simulations replay the recorded load with the same workers. KEDA expert knows the"
    " capacity of a worker and scales by the arrival rate; Maré has only its defaults.\n"
)


def report(tally: Tally, most: int, start_seconds: float) -> str:
    """Return the text that ends the demo."""
    if not tally.published:
        return "No message was published."
    waits = sorted(tally.waits)
    p95 = percentile(waits, 0.95)
    rows = [
        ("", "p95", "longest", "replica-", "not"),
        ("", "wait", "wait", "seconds", "started"),
        (
            "Maré, measured",
            f"{p95:.1f} s",
            f"{waits[-1] if waits else 0.0:.1f} s",
            f"{tally.replica_seconds:.0f}",
            str(tally.waiting),
        ),
        *(
            (
                f"{result.autoscaler}, simulated",
                f"{result.wait_p95:.1f} s",
                f"{result.wait_max:.1f} s",
                f"{result.replica_seconds:.0f}",
                f"{result.unstarted:.0f}",
            )
            for result in compare(scenario(tally, most, start_seconds))
        ),
    ]
    replicas = f"replicas rose from 0 to {tally.most_replicas}"
    too_few = (
        f"All {most} replicas ran and were too few for waits of {WAIT_SECONDS:g} s: raise --max.",
        "",
    )
    is_late = tally.most_replicas == most and p95 > WAIT_SECONDS
    return "\n".join(
        [
            f"{len(tally.published):,} messages in {tally.elapsed:.0f} s; {replicas}.",
            "",
            *(f" {line}" for line in aligned(rows)),
            "",
            *(too_few if is_late else ()),
            _EXPLANATION,
            "To scale your own workers on this machine: mare local --help",
        ]
    )


def scenario(tally: Tally, most: int, start_seconds: float) -> Scenario:
    worker = Worker(
        service_seconds=SERVICE_SECONDS,
        distribution=Distribution.CONSTANT,
        workers=WORKERS,
        start_seconds=start_seconds,
    )
    return Scenario(
        name="demo",
        seconds=max(1.0, tally.elapsed),
        load=Load(recorded=tally.rows()),
        worker=worker,
        min_replicas=0,
        max_replicas=most,
        tick_seconds=_TICK_SECONDS,
        autoscalers=tuple(
            each for each in default_autoscalers(worker, 0, most) if each.name in _SHOWN
        ),
    )
