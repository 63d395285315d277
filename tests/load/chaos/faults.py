"""A fault: how it begins and ends, and the order in which faults come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random


def nothing() -> None:
    """Do nothing: a killed process is started again by the kubelet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that breaks for `seconds`."""

    name: str
    part: str
    """What it hits; two faults at once hit two parts."""
    promise: str
    begin: Callable[[], None]
    end: Callable[[], None] = nothing
    seconds: float = 0.0
    pairs: bool = False
    """Whether it may come together with another one."""


def in_order(faults: Sequence[Fault], pairs: int, random: Random) -> list[tuple[Fault, ...]]:
    """Return all faults once in random order, between them `pairs` of two parts at once."""
    steps: list[tuple[Fault, ...]] = [(fault,) for fault in faults]
    able = [fault for fault in faults if fault.pairs]
    parts = sorted({fault.part for fault in able})
    for _ in range(pairs if len(parts) > 1 else 0):
        both = random.sample(parts, 2)
        steps.append(
            tuple(random.choice([each for each in able if each.part == part]) for part in both)
        )
    random.shuffle(steps)
    return steps


def only(faults: Sequence[Fault], words: Sequence[str]) -> list[Fault]:
    """Return the faults whose name contains one of the words; all without words."""
    return [each for each in faults if not words or any(word in each.name for word in words)]
