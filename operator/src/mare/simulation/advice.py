"""Compares values of waitSeconds on one load, and chooses three that are worth considering."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from mare.domain.spec import ScalingSpec
from mare.simulation.comparison import run_simulation
from mare.simulation.folding import Folded
from mare.simulation.results import Result
from mare.simulation.scenario import Scenario, SimulatedAutoscaler
from mare.simulation.simulation import generate_messages
from mare.simulation.wait_settings import own_wait, with_wait

WAITS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
NO_WAIT_TARGET_LIMIT = 10.0
"""Wait within which the cheapest setting has to stay, for an object without waitSeconds."""
_SAME_WAIT, _SAME_SHARE = 0.1, 0.05
"""Waits of the same seconds, or within the same share, are no quicker."""
_SAME_COST = 0.02
"""Costs within this share are the same: another seed changes them as much."""
_WANTED = 3
ROLES = {"quickest": "quickest", "balance": "best balance", "least": "least cost"}
"""The names of the roles of `Advice.chosen`, except for `cheapest`, which has a limit."""


class NoOwnSettings(Exception):
    """The scenario has no settings of Maré that could be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value of waitSeconds with its figures."""

    wait_seconds: float | None
    """None for another target, as the object may have it now."""
    target: str
    """The type of the target, such as QueueLength."""
    is_now: bool
    wait_p50: float
    wait_p95: float
    wait_p99: float
    replica_hours: float
    share_at_maximum: float
    """Share of the time at maxReplicas."""

    @property
    def name(self) -> str:
        return self.target if self.wait_seconds is None else f"waitSeconds {self.wait_seconds:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    settings: tuple[Setting, ...]
    """By waitSeconds, the shortest first."""
    within: float
    """The wait of `cheapest_within`, in seconds."""
    quickest: Setting
    balance: Setting | None
    """Where a longer wait begins to save less; None on a curve without such a point."""
    cheapest_within: Setting | None
    """None if no setting keeps the wait."""

    @property
    def now(self) -> Setting:
        return next(each for each in self.settings if each.is_now)

    @property
    def makes_a_difference(self) -> bool:
        hours = [each.replica_hours for each in self.settings]
        waits = [each.wait_p95 for each in self.settings]
        return max(hours) > min(hours) * (1 + _SAME_COST) or not _is_same_wait(
            max(waits), min(waits)
        )

    @property
    def chosen(self) -> tuple[tuple[str, Setting], ...]:
        """The settings with their role; a setting with two roles is there twice.

        With fewer than three settings, the one that costs least is there as well.
        """
        roles = [
            ("quickest", self.quickest),
            ("balance", self.balance),
            ("cheapest", self.cheapest_within),
        ]
        if len({setting for _, setting in roles if setting is not None}) < _WANTED:
            roles.append(("least", _cheapest(self.settings)))
        return tuple((role, setting) for role, setting in roles if setting is not None)


def own_settings(scenario: Scenario) -> ScalingSpec:
    """Return the first settings of Maré; raise `NoOwnSettings`."""
    for autoscaler in scenario.autoscalers:
        if isinstance(autoscaler.settings, ScalingSpec):
            return autoscaler.settings
    raise NoOwnSettings("the scenario has no autoscaler of kind mare to compare with")


def with_waits(scenario: Scenario) -> Scenario:
    """Return the scenario with the own settings, and with each other wait."""
    own = own_settings(scenario)
    waits = [wait for wait in WAITS if wait != own_wait(own)]
    others = (SimulatedAutoscaler(f"{wait:g} s", with_wait(own, wait)) for wait in waits)
    return replace(scenario, autoscalers=(SimulatedAutoscaler("now", own), *others))


def simulate_settings(
    folded: Folded,
    run_all: Callable[[Callable[[int], Setting], int], Iterable[Setting]],
) -> list[Setting]:
    """Return the figures of all autoscalers; the first one is the present.

    `run_all(run, count)` returns run(0) to run(count - 1), in any order, or in other processes.
    """
    arrivals, services = generate_messages(folded.scenario)
    run = partial(_simulate, folded, arrivals, services)
    settings = run_all(run, len(folded.scenario.autoscalers))
    return sorted(settings, key=lambda each: (each.wait_seconds is None, each.wait_seconds or 0.0))


def _simulate(folded: Folded, arrivals: list[float], services: list[float], index: int) -> Setting:
    scenario = folded.scenario
    autoscaler = scenario.autoscalers[index]
    result = run_simulation(scenario, autoscaler, arrivals, services)
    assert isinstance(autoscaler.settings, ScalingSpec)
    return _setting(folded, autoscaler.settings, result, is_now=index == 0)


def _setting(folded: Folded, spec: ScalingSpec, result: Result, *, is_now: bool) -> Setting:
    most = spec.max_replicas
    at_maximum = sum(sample.wanted >= most for sample in result.samples)
    return Setting(
        wait_seconds=own_wait(spec),
        target=type(spec.targets[0]).__name__,
        is_now=is_now,
        wait_p50=result.wait_p50,
        wait_p95=result.wait_p95,
        wait_p99=result.wait_p99,
        replica_hours=result.replica_seconds * folded.replicas / 3600,
        share_at_maximum=at_maximum / max(1, len(result.samples)),
    )


def choose(settings: Sequence[Setting], within: float | None = None) -> Advice:
    """Choose by the figures.

    Without `within`, the limit is the waitSeconds of now, or the wait of now if that is longer.
    """
    now = next(each for each in settings if each.is_now)
    limit = within or max(now.wait_seconds or NO_WAIT_TARGET_LIMIT, now.wait_p95)
    shortest = min(each.wait_p95 for each in settings)
    quick = [each for each in settings if _is_same_wait(each.wait_p95, shortest)]
    quickest = _cheapest(quick)
    kept = [each for each in settings if each.wait_p95 <= limit]
    return Advice(
        settings=tuple(settings),
        within=limit,
        quickest=quickest,
        balance=_balance(settings, quickest),
        cheapest_within=_cheapest(kept) if kept else None,
    )


def _is_same_wait(wait: float, shortest: float) -> bool:
    return wait - shortest < max(_SAME_WAIT, _SAME_SHARE * shortest)


def _cheapest(settings: Sequence[Setting]) -> Setting:
    """Return the cheapest settings; of equally cheap ones the present ones, else the quickest."""
    least = min(each.replica_hours for each in settings)
    cheap = [each for each in settings if each.replica_hours <= least * (1 + _SAME_COST / 2)]
    return min(cheap, key=lambda each: (not each.is_now, each.wait_p95, each.replica_hours))


def _balance(settings: Sequence[Setting], quickest: Setting) -> Setting | None:
    """Return the setting furthest below the line from the quickest to the cheapest one.

    Both axes go from the least to the most of these two, so that neither unit counts more.
    """
    cheapest = _cheapest(settings)
    saved = quickest.replica_hours - cheapest.replica_hours
    waited = cheapest.wait_p95 - quickest.wait_p95
    if saved <= 0 or waited <= 0:
        return None

    def gain(each: Setting) -> float:
        share_saved = (quickest.replica_hours - each.replica_hours) / saved
        return share_saved - (each.wait_p95 - quickest.wait_p95) / waited

    best = max(settings, key=gain)
    return best if gain(best) > _SAME_COST else None
