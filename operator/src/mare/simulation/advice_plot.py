"""Draws an advice: the 95th percentile of the wait against replica-hours, by waitSeconds."""

from mare.drawing.curve import Curve, Dot, draw_curve
from mare.drawing.figure import LIGHT, Level, Theme
from mare.simulation.advice import ROLES, Advice, Setting
from mare.simulation.scenario import Scenario


def advice_svg(scenario: Scenario, advice: Advice, theme: Theme = LIGHT) -> str:
    limit = f"{advice.within:.3g} s"
    roles = {**ROLES, "cheapest": f"cheapest within {limit}"}
    labels = {
        id(each): _label(each, [roles[role] for role, one in advice.chosen if one is each])
        for each in advice.settings
    }
    highest = max(each.wait_p95 for each in advice.settings)
    curve = Curve(
        title=f"{scenario.name}: what waitSeconds costs",
        subtitle=scenario.description[:110],
        description=" ".join(
            f"{labels[id(each)]}: p95 wait {each.wait_p95:.2f} s, {each.replica_hours:.3g}"
            " replica-hours."
            for each in advice.settings
        ),
        x_title="replica-hours",
        y_title="p95 wait, s",
        dots=[
            Dot(
                each.replica_hours,
                each.wait_p95,
                labels[id(each)],
                is_marked=each.is_now,
                is_apart=each.wait_seconds is None,
            )
            for each in advice.settings
        ],
        level=Level(advice.within, limit) if advice.within <= 1.5 * highest else None,
    )
    return draw_curve(curve, theme)


def _label(setting: Setting, roles: list[str]) -> str:
    name = setting.target if setting.wait_seconds is None else f"{setting.wait_seconds:g} s"
    notes = [*(["now"] if setting.is_now else []), *roles]
    return f"{name} ({', '.join(notes)})" if notes else name
