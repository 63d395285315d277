"""What ``make load`` shows while it runs and at its end."""

import statistics
import sys
from collections import Counter
from dataclasses import dataclass, field

_NO_DASHBOARD = "replicas      not known: LOAD='--dashboard URL' with the URL that make run printed"
UNFINISHED = ("pending", "running", "partial")
_WIDTH = 30


@dataclass(slots=True)
class Report:
    """Counts of one run, and seconds from 202. The status 0 is a connection that failed."""

    submitted: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    states: dict[str, str] = field(default_factory=dict)
    to_partial: list[float] = field(default_factory=list)
    to_end: list[float] = field(default_factory=list)
    highest: dict[str, int] = field(default_factory=dict)
    replicas: dict[str, int] = field(default_factory=dict)
    called_back: int = 0
    seconds: float = 0.0
    milliseconds: dict[str, float] = field(default_factory=dict)
    """Of processor time for a job beyond those at rest, by command."""

    @property
    def unfinished(self) -> list[str]:
        return [job for job, state in self.states.items() if state in UNFINISHED]

    @property
    def lost(self) -> int:
        return len(self.unfinished)

    def saw_replicas(self, name: str, count: int) -> None:
        self.replicas[name] = count
        self.highest[name] = max(count, self.highest.get(name, 0))

    def text(self) -> str:
        states = Counter(self.states.values())
        ended = ", ".join(f"{count} {state}" for state, count in states.most_common())
        lines = [
            f"accepted      {len(self.states)} of {self.submitted} jobs in {self.seconds:.0f} s",
            f"ended         {ended or 'none'}",
            f"lost          {self.lost}",
            f"callbacks     {self.called_back} of {len(self.states)} jobs",
            f"202 → weather {_percentiles(self.to_partial)}",
            f"202 → end     {_percentiles(self.to_end)}",
        ]
        if self.refused:
            statuses = ", ".join(
                f"{n} with status {status or 'no answer'}" for status, n in self.refused.items()
            )
            lines.append(f"refused       {statuses}")
        if self.milliseconds:
            largest_first = sorted(self.milliseconds.items(), key=lambda each: -each[1])
            each = ", ".join(f"{name} {ms:.1f}" for name, ms in largest_first)
            lines.append(f"processor     {sum(self.milliseconds.values()):.1f} ms a job: {each}")
        highest = ", ".join(f"{name} {count}" for name, count in sorted(self.highest.items()))
        lines.append(f"replicas      at most {highest}" if highest else _NO_DASHBOARD)
        return "\n".join(["", *lines])


def progress_bar(passed: float, seconds: float, report: Report) -> None:
    """Redraw one line of a terminal; write nothing elsewhere."""
    if not sys.stdout.isatty():
        return
    share = min(1.0, passed / seconds)
    bar = "█" * round(share * _WIDTH) + "░" * (_WIDTH - round(share * _WIDTH))
    ended = len(report.states) - report.lost
    replicas = "  ".join(f"{name} {count}" for name, count in sorted(report.replicas.items()))
    line = f"\r{bar} {passed:3.0f} s  accepted {len(report.states)}  ended {ended}  {replicas}"
    sys.stdout.write(line[:200] + "\x1b[K")
    sys.stdout.flush()


def _percentiles(values: list[float]) -> str:
    if len(values) < 2:  # noqa: PLR2004
        return "not known"
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return f"p50 {cuts[9]:.2f} s, p95 {cuts[18]:.2f} s ({len(values)} jobs were followed)"
