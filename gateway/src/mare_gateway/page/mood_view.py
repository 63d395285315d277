"""The mood and its reasons, as the page explains them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mare_gateway.page.words import Words

_NEUTRAL = {"energy": 0.5, "valence": 0.5, "acousticness": 0.4, "instrumentalness": 0.2}
"""Values of a mild day. The first reason holds whole values, the others what they add."""
_LEAST = 0.02
_MOST_EFFECTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """A rule that applied, and its effect in words."""

    rule: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodView:
    name: str
    reasons: tuple[ReasonView, ...]
    path: tuple[tuple[float, float], ...]
    """Happiness and energy after each reason, 0 to 100; empty without these values."""


def mood_view(mood: Mapping[str, Any], temperature: str, words: Words) -> MoodView:
    """Return the view of a ``MoodChoice``; ``temperature`` is the one that the rules used."""
    reasons = mood["reasons"]
    computed = mood.get("energy") is not None
    return MoodView(
        name=mood["name"],
        reasons=tuple(
            ReasonView(
                rule=_rule(reason["rule"], temperature, words),
                effect=_effect(reason, words, whole=index == 0) if computed else "",
            )
            for index, reason in enumerate(reasons)
        ),
        path=_path(reasons) if computed else (),
    )


def _rule(rule: str, temperature: str, words: Words) -> str:
    key = f"rule.{rule}"
    return words(key, temperature=temperature) if key in words else rule


def _effect(reason: Mapping[str, Any], words: Words, *, whole: bool) -> str:
    added = {
        name: reason.get(name, 0.0) - (neutral if whole else 0.0)
        for name, neutral in _NEUTRAL.items()
    }
    strongest = sorted(added.items(), key=lambda each: -abs(each[1]))[:_MOST_EFFECTS]
    effects = [
        words(f"effect.{'more' if value > 0 else 'less'}.{name}")
        for name, value in strongest
        if abs(value) >= _LEAST
    ]
    return ", ".join(effects) or words("effect.none")


def _path(reasons: Sequence[Mapping[str, Any]]) -> tuple[tuple[float, float], ...]:
    joy = energy = 0.0
    path = []
    for reason in reasons:
        joy += reason.get("valence", 0.0)
        energy += reason.get("energy", 0.0)
        path.append((_percent(joy), _percent(energy)))
    return tuple(path)


def _percent(value: float) -> float:
    return round(100 * min(max(value, 0.0), 1.0), 1)
