"""Writes an advice as a table with sentences, and as JSON."""

from dataclasses import asdict
from typing import Any

from mare.simulation.advice import ROLES, Advice, Setting, own_settings
from mare.simulation.folding import Folded
from mare.simulation.results import aligned
from mare.simulation.scenario import Scenario

_AT_MAXIMUM = 0.02
_PERCENT = 0.005
_WHOLE_HOURS = 100
"""Replica-hours from which on decimals are omitted."""
_HOUR, _MINUTE = 3600, 60
_SHORT_SECONDS = 1800
"""Length below which chance decides: 4 minutes gave other advice with each of four seeds."""


def advice_text(scenario: Scenario, folded: Folded, advice: Advice) -> str:
    """Return the curve as a table, then the settings worth considering."""
    parts = [
        f"{scenario.name}: {scenario.description}".rstrip(": "),
        simulated_text(scenario, folded),
        "",
        *aligned(
            [("waitSeconds", "wait p50", "p95", "p99", "replica-hours", "cost"), *_rows(advice)]
        ),
        "",
        *_conclusions(advice),
        *_limits(scenario, advice),
    ]
    return "\n".join(parts)


def advice_data(scenario: Scenario, folded: Folded, advice: Advice) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "description": scenario.description,
        "simulated": simulated_text(scenario, folded),
        "within": advice.within,
        "settings": [_data(each) for each in advice.settings],
        "advice": {role: setting.wait_seconds for role, setting in advice.chosen},
    }


def _data(setting: Setting) -> dict[str, Any]:
    names = {
        "wait_seconds": "waitSeconds",
        "target": "target",
        "is_now": "now",
        "wait_p50": "waitP50",
        "wait_p95": "waitP95",
        "wait_p99": "waitP99",
        "replica_hours": "replicaHours",
        "share_at_maximum": "shareAtMaximum",
    }
    return {names[name]: value for name, value in asdict(setting).items()}


def simulated_text(scenario: Scenario, folded: Folded) -> str:
    """Return what was simulated, and what of the load was left out or made smaller."""
    small = folded.scenario
    messages = small.load.expected(small.seconds)
    text = f"Simulated: {messages:,.0f} messages in {_duration(small.seconds)}"
    if folded.is_cut:
        text += f", the busiest of {_duration(scenario.seconds)}"
    text += "."
    if folded.replicas > 1:
        text += (
            f" Of {folded.replicas} replicas one is simulated, with its share of the messages;"
            " replica-hours are those of all."
        )
    if folded.messages > 1:
        text += (
            f" Of {folded.messages} messages one is simulated, which takes {folded.messages}"
            " times as long."
        )
    return text


def _rows(advice: Advice) -> list[tuple[str, ...]]:
    return [
        (
            each.target if each.wait_seconds is None else f"{each.wait_seconds:g}",
            f"{each.wait_p50:.2f} s",
            f"{each.wait_p95:.2f} s",
            f"{each.wait_p99:.2f} s",
            _hours(each),
            "now" if each.is_now else _against(each, advice.now),
        )
        for each in advice.settings
    ]


def _conclusions(advice: Advice) -> list[str]:
    now = advice.now
    if not advice.makes_a_difference:
        return ["waitSeconds makes no difference to this load: p95 waits and costs are the same."]
    roles: dict[Setting, list[str]] = {}
    cheapest = f"cheapest with 95 % of the waits within {advice.within:.3g} s"
    names = {**ROLES, "cheapest": cheapest}
    for role, setting in advice.chosen:
        roles.setdefault(setting, []).append(names[role])
    lines = ["Worth considering:"]
    for setting, found in roles.items():
        title = ", ".join(found[:-1]) + " and " * (len(found) > 1) + found[-1]
        lines.append(f"- {title[0].upper()}{title[1:]}: {_sentence(setting, now)}")
    if advice.cheapest_within is None:
        lines.append(f"- No setting keeps 95 % of the waits within {advice.within:.3g} s.")
    return lines


def _sentence(setting: Setting, now: Setting) -> str:
    if setting.is_now:
        return (
            f"{setting.name}, as it is now. 95 % of the messages wait at most"
            f" {setting.wait_p95:.2f} s, for {_hours(setting)} replica-hours."
        )
    change = setting.replica_hours / now.replica_hours - 1 if now.replica_hours else 0.0
    if abs(change) < _PERCENT:
        cost = "as many as now"
    else:
        cost = f"{100 * abs(change):.0f} % {'more' if change > 0 else 'fewer'} than now"
    return (
        f"{setting.name}. 95 % of the messages wait at most {setting.wait_p95:.2f} s instead of"
        f" {now.wait_p95:.2f} s, for {_hours(setting)} replica-hours, {cost}."
    )


def _limits(scenario: Scenario, advice: Advice) -> list[str]:
    """Return what limits the wait besides waitSeconds, and how sure the advice is."""
    lines = []
    now, most = advice.now, own_settings(scenario).max_replicas
    if now.share_at_maximum > _AT_MAXIMUM and now.wait_p95 > (now.wait_seconds or advice.within):
        lines.append(
            f"maxReplicas {most} is reached in {100 * now.share_at_maximum:.0f} % of the time:"
            " a higher one can make waits shorter."
        )
    start = scenario.worker.start_seconds
    if start and advice.quickest.wait_p95 >= start:
        lines.append(
            f"A replica starts in {start:.3g} s: messages that find none wait at least that long,"
            " with any waitSeconds. A higher minReplicas avoids it."
        )
    if scenario.seconds < _SHORT_SECONDS:
        lines.append("The load is short: check with another --seed whether the advice is the same.")
    return ["", *lines] if lines else []


def _against(setting: Setting, now: Setting) -> str:
    if not now.replica_hours:
        return "-"
    return f"{100 * (setting.replica_hours / now.replica_hours - 1):+.0f} %"


def _hours(setting: Setting) -> str:
    hours = setting.replica_hours
    return f"{hours:,.0f}" if hours >= _WHOLE_HOURS else f"{hours:.3g}"


def _duration(seconds: float) -> str:
    if seconds >= _HOUR:
        return f"{seconds / _HOUR:.3g} h"
    return f"{seconds / _MINUTE:.3g} min" if seconds >= _MINUTE else f"{seconds:g} s"
