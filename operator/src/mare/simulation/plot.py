"""Draws a comparison: one column per autoscaler, all with the same axes."""

from collections.abc import Sequence

from mare.domain.spec import QueueWaitTime, ScalingSpec
from mare.drawing.drawing import draw
from mare.drawing.figure import LIGHT, Column, Figure, Level, Panel, Series, Shape, Theme
from mare.simulation.results import Result
from mare.simulation.scenario import Scenario

_WIDTH = 300


def plot_svg(scenario: Scenario, results: Sequence[Result], theme: Theme = LIGHT) -> str:
    levels = _wait_levels(scenario)
    figure = Figure(
        title=scenario.name,
        description=f"{scenario.description} "
        + " ".join(f"{result.autoscaler}: {_summary(result)}." for result in results),
        columns=tuple(_column(result, scenario, levels) for result in results),
        start=0.0,
        end=scenario.seconds,
    )
    return draw(figure, theme, width=_WIDTH * max(2, len(results)))


def _wait_levels(scenario: Scenario) -> tuple[Level, ...]:
    for autoscaler in scenario.autoscalers:
        if isinstance(autoscaler.settings, ScalingSpec):
            for target in autoscaler.settings.targets:
                if isinstance(target, QueueWaitTime):
                    return (Level(target.wait_seconds, f"{target.wait_seconds:g} s"),)
    return ()


def _column(result: Result, scenario: Scenario, levels: tuple[Level, ...]) -> Column:
    samples = result.samples
    depth = Series("ready", [(s.second, float(s.ready)) for s in samples], Shape.LINE, 0)
    wait = Series("oldest", [(s.second, s.wait) for s in samples], Shape.LINE, 1)
    consuming = Series(
        "consuming", [(s.second, float(s.consuming)) for s in samples], Shape.AREA, 2
    )
    wanted = Series("wanted", [(s.second, float(s.wanted)) for s in samples], Shape.STEPS, 2)
    top = Level(float(scenario.max_replicas), "max")
    return Column(
        title=result.autoscaler,
        subtitle=_summary(result),
        panels=(
            Panel(title="Messages ready", series=(depth,)),
            Panel(title="Oldest message, s", series=(wait,), levels=levels),
            Panel(title="Replicas", series=(consuming, wanted), levels=(top,)),
        ),
    )


def _summary(result: Result) -> str:
    return (
        f"p95 wait {result.wait_p95:.2f} s, {result.replica_seconds:,.0f} replica-s,"
        f" {result.efficiency:.0%} at work"
    )
