"""From a suggestion, or from the document of a job, to what the templates show.

The functions of this module and of the views that it uses are pure: the time is an argument.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from mare_gateway.page.mood_view import MoodView, mood_view
from mare_gateway.page.music_view import PlaylistView, playlist_view
from mare_gateway.page.place_view import PlaceView, place_view
from mare_gateway.page.question import Question
from mare_gateway.page.sky import Scene, scene_of
from mare_gateway.page.words import Words

_SLOW_SECONDS = 6

_KINDS = {
    code: kind
    for kind, codes in json.loads(
        files(__package__).joinpath("problem_kinds.json").read_bytes()
    ).items()
    for code in codes
}
"""By the code of a problem, or by the type of a job's failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherView:
    temperature: str
    condition: str
    details: tuple[str, ...]
    notice: str
    """Why this is not the weather of now; empty if it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    kind: str
    title: str
    text: str
    suggestions: tuple[PlaceView, ...] = ()
    retry: str | None = None
    """Address that asks the same again, where this can help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, of which some parts may not have arrived."""

    state: str = "complete"
    scene: Scene | None = None
    status: str = ""
    """One sentence for the line of progress and for screen readers."""
    title: str = ""
    place: PlaceView | None = None
    weather: WeatherView | None = None
    mood: MoodView | None = None
    playlist: PlaylistView | None = None
    music_notice: str = ""
    alternatives: tuple[PlaceView, ...] = ()
    attribution: tuple[str, ...] = ()
    problem: ProblemView | None = None

    @property
    def is_final(self) -> bool:
        return self.state not in ("pending", "running", "partial")


def suggestion_answer(
    suggestion: Mapping[str, Any], question: Question, words: Words, now: datetime
) -> Answer:
    place, weather, mood = suggestion["place"], suggestion["weather"], suggestion["mood"]
    felt = weather.get("apparent_temperature")
    rule_temperature = weather["temperature"] if felt is None else felt
    unit = weather["units"]["temperature"]
    shown = mood_view(mood, f"{words.number(rule_temperature)}\u00a0{unit}", words)
    music = suggestion["playlist"]
    report = _report(suggestion, question, words, now, mood.get("energy"))
    return Answer(
        **report,
        state="complete",
        status=words("status.complete", playlist=music["name"], place=place["name"]),
        title=words(
            "title.answer",
            place=place["name"],
            degrees=degrees(weather["temperature"], words),
            mood=shown.name,
        ),
        mood=shown,
        playlist=playlist_view(music, words),
        music_notice=_music_notice(music, words),
    )


def job_answer(
    job: Mapping[str, Any],
    question: Question,
    words: Words,
    now: datetime,
    suggestions: Iterable[Mapping[str, Any]] = (),
) -> Answer:
    """Return the answer of a job in any state; ``suggestions`` belong to an unknown place."""
    state = job["state"]
    if state == "complete" and job.get("result"):
        return suggestion_answer(job["result"], question, words, now)
    if state in ("pending", "running", "partial"):
        slow = (now - datetime.fromisoformat(job["created_at"])).total_seconds() > _SLOW_SECONDS
        status = words("status.slow" if slow else f"status.{state}")
        if report := job.get("weather"):
            return Answer(**_report(report, question, words, now), state=state, status=status)
        return Answer(state=state, status=status)
    failure = (job.get("failure") or {}).get("type", state)
    return problem_answer(failure, question, words, suggestions)


def problem_answer(
    code: str, question: Question, words: Words, suggestions: Iterable[Mapping[str, Any]] = ()
) -> Answer:
    kind = _KINDS.get(code, "failed")
    offered = tuple(place_view(place, question) for place in suggestions)
    key = "suggested" if kind == "unknown" and offered else "text"
    problem = ProblemView(
        kind=kind,
        title=words(f"problem.{kind}.title", city=question.city),
        text=words(f"problem.{kind}.{key}"),
        suggestions=offered,
        retry=None if kind in ("unknown", "invalid", "closed") else question.link(),
    )
    return Answer(state="failed", status=problem.title, title=problem.title, problem=problem)


def _report(
    report: Mapping[str, Any],
    question: Question,
    words: Words,
    now: datetime,
    energy: float | None = None,
) -> dict[str, Any]:
    place, weather = report["place"], report["weather"]
    return {
        "scene": scene_of(weather, place, now, energy),
        "place": place_view(place, question, now),
        "weather": WeatherView(
            temperature=degrees(weather["temperature"], words),
            condition=weather["condition"],
            details=tuple(_details(weather, words)),
            notice=_notice(weather, words),
        ),
        "alternatives": tuple(place_view(p, question) for p in report.get("alternatives", ())),
        "attribution": tuple(report.get("attribution", ())),
    }


def _music_notice(playlist: Mapping[str, Any], words: Words) -> str:
    if playlist["source"] == "catalogue":
        return words("music.catalogue")
    if playlist.get("stale"):
        return words("music.stale")
    filled = playlist.get("filled", 0)
    return words("music.filled", count=filled) if filled else ""


def degrees(value: float, words: Words) -> str:
    return f"{words.number(value)}°"


def _details(weather: Mapping[str, Any], words: Words) -> Iterable[str]:
    if (felt := weather.get("apparent_temperature")) is not None:
        yield words("weather.feels", degrees=degrees(felt, words))
    if (wind := weather.get("wind_speed")) is not None:
        yield words("weather.wind", speed=words.number(wind), unit=weather["units"]["wind_speed"])
    if (humidity := weather.get("humidity")) is not None:
        yield words("weather.humidity", percent=words.number(humidity))


def _notice(weather: Mapping[str, Any], words: Words) -> str:
    if weather.get("estimated"):
        return words("weather.estimated")
    return words("weather.stale") if weather.get("stale") else ""
