"""Since when replicas are idle, and in which order a scale-down removes them.

RabbitMQ gives the next message to the consumer that waits longest, so that of idle replicas the one
that became idle last is the best to remove. In a model with statistics of up to 10 s ago, 10
replicas get 0.15 tasks of 20 to 40 s a second, and two of them are removed: 7 % of these have a
task, 26 % if those go first that are idle in two samples, and 41 % by chance
(tests/unit/operator/test_idle_replicas.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Self

_GAP_SECONDS = 15.0
"""Without a sample for so long, a replica may have worked and become idle again."""


@dataclass(frozen=True, slots=True)
class IdleReplicas:
    at: float = -inf
    """When the newest statistics were taken."""
    since: Mapping[str, float] = field(default_factory=dict)
    """By address, the first of the statistics in a row that show the replica without a message."""

    def observe(self, at: float, held: Mapping[str, int]) -> Self:
        """Take the messages of each address in statistics of a moment, which may be known."""
        known = self.since if at - self.at <= _GAP_SECONDS else {}
        idle = (address for address, count in held.items() if count == 0)
        return type(self)(at, {address: known.get(address, at) for address in idle})

    def costs(self, held: Mapping[str, int], *, in_turn: bool = True) -> Mapping[str, float]:
        """Return by address a cost of removal: above 0 for busy replicas, below 0 for idle ones.

        `held` are the messages of each, of one statistics or the most of several. Where consumers
        do not get messages in turn, no idle replica is better than another.
        """
        idle = {address: -since if in_turn else 0.0 for address, since in self.since.items()}
        return idle | {address: count for address, count in held.items() if count}


def count_idle(busy: Mapping[str, int], replicas: int) -> int:
    """Return how many of the existing replicas are known to be idle.

    `busy` are the messages of each. Statistics list a removed replica as idle for two more
    readings. So the result is at most the number of existing replicas minus the busy ones.
    """
    at_work = sum(count > 0 for count in busy.values())
    return min(len(busy) - at_work, max(0, replicas - at_work))
