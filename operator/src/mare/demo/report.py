"""What happened in the demo, beside what other autoscalers would have done with the same load."""

from mare.demo.settings import WAIT_SECONDS, policy, worker
from mare.demo.tally import Tally
from mare.simulation.comparison import compare
from mare.simulation.load import Load, Recorded
from mare.simulation.report import aligned
from mare.simulation.results import percentile
from mare.simulation.scenario import Scenario, SimulatedAutoscaler, default_autoscalers

_TICK_SECONDS = 0.25
"""Interval at which the operator reads the depth of a queue."""
_SHOWN = ("KEDA default", "KEDA expert")


def report(tally: Tally, most: int, start_seconds: float) -> str:
    """Return the text that ends the demo."""
    if not tally.published:
        return "No message was published."
    waits = sorted(tally.waits)
    rows = [
        ("", "p95 wait", "longest wait", "replica-seconds", "not started"),
        (
            "Maré, measured",
            f"{percentile(waits, 0.95):.1f} s",
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
    return "\n".join(
        [
            f"{len(tally.published):,} messages in {tally.elapsed:.0f} s; {replicas}.",
            "",
            *(f"  {line}" for line in aligned(rows)),
            "",
            "Wait is the time that a message stands in the queue: 95 % of the messages waited no",
            f"longer than p95; Maré aims at {WAIT_SECONDS:g} s. Replica-seconds are the running",
            "times of all replicas together. Not started are messages that no replica began.",
            "",
            "The simulations replay the recorded load with the same workers. KEDA expert knows the",
            "capacity of a worker and scales by the arrival rate; Maré has only its defaults.",
            "",
            "To scale your own workers on this machine: mare local --help",
        ]
    )


def scenario(tally: Tally, most: int, start_seconds: float) -> Scenario:
    workers = worker(start_seconds)
    others = default_autoscalers(workers, 0, most)
    return Scenario(
        name="demo",
        seconds=max(1.0, tally.elapsed),
        load=Load(recorded=Recorded(tally.rows())),
        worker=workers,
        min_replicas=0,
        max_replicas=most,
        tick_seconds=_TICK_SECONDS,
        autoscalers=(
            SimulatedAutoscaler("Maré", policy(most)),
            *(each for each in others if each.name in _SHOWN),
        ),
    )
