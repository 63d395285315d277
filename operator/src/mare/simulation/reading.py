"""Reads a scenario from YAML. docs/simulation.md lists the fields."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from mare.simulation.contenders import read_contender, usual_contenders
from mare.simulation.fields import LARGEST, Fields, InvalidScenario
from mare.simulation.load import Burst, Load, Points, Rate, Recorded, Sine, Square
from mare.simulation.scenario import Distribution, Outage, Scenario, Worker

_LONGEST_SECONDS = 7 * 86_400
_MOST_MESSAGES = 20_000_000
_PAIR = 2


def read_scenario(path: Path, seed: int | None = None) -> Scenario:
    """Read a scenario; files that it names lie beside it. Raises InvalidScenario or OSError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InvalidScenario([f"{path.name} is not YAML: {error}"]) from error
    problems: list[str] = []
    scenario = _scenario(Fields(document, "", problems), path)
    if problems:
        raise InvalidScenario(problems)
    return scenario if seed is None else replace(scenario, seed=seed)


def _scenario(fields: Fields, path: Path) -> Scenario:
    seconds = fields.number("seconds")
    if seconds > _LONGEST_SECONDS:
        fields.complain("seconds", f"may be at most {_LONGEST_SECONDS}")
    worker = _worker(fields.fields("worker"))
    minimum, maximum = fields.integer("minReplicas", 1), fields.integer("maxReplicas", 30)
    if maximum < max(1, minimum):
        fields.complain("maxReplicas", "has to be at least 1 and at least minReplicas")
    read = [read_contender(each, minimum, maximum) for each in fields.each("contenders")]
    scenario = Scenario(
        name=fields.text("name", path.stem),
        description=fields.text("description", ""),
        seconds=seconds,
        seed=fields.integer("seed", 1),
        load=_load(fields, path.parent, min(seconds, _LONGEST_SECONDS)),
        worker=worker,
        min_replicas=minimum,
        max_replicas=maximum,
        initial_replicas=fields.integer("initialReplicas", 0),
        tick_seconds=fields.number("tickSeconds", 1.0, above=0.05),
        outages=tuple(
            Outage(each.amount("start"), each.number("seconds")) for each in fields.each("outages")
        ),
        contenders=tuple(read) or usual_contenders(worker, minimum, maximum),
    )
    fields.finish()
    return scenario


def _worker(fields: Fields) -> Worker:
    names = tuple(Distribution)
    distribution = Distribution(fields.choice("distribution", names, Distribution.LOGNORMAL))
    prefetch = fields.integer("prefetch") if fields.has("prefetch") else None
    worker = Worker(
        service_seconds=fields.number("serviceSeconds"),
        distribution=distribution,
        variation=fields.number("variation", 0.5),
        workers=fields.integer("workers", 4),
        prefetch=prefetch,
        start_seconds=fields.amount("startSeconds", 3.0),
        ready_seconds=fields.amount("readySeconds", 0.0),
        stop_seconds=fields.amount("stopSeconds", 0.0),
    )
    if worker.workers < 1:
        fields.complain("workers", "has to be at least 1")
    if worker.distribution is Distribution.PARETO and worker.variation <= 1:
        fields.complain("variation", "has to be above 1 for pareto: else there is no mean")
    if worker.consumer_prefetch < worker.workers:
        fields.complain("prefetch", "has to be at least workers, or some never have a message")
    fields.finish()
    return worker


def _load(fields: Fields, folder: Path, seconds: float) -> Load:
    rates: list[Rate] = []
    bursts: list[Burst] = []
    recorded: Recorded | None = None
    for part in fields.each("load"):
        kind = part.choice("kind", ("constant", "points", "square", "sine", "bursts", "recorded"))
        match kind:
            case "bursts":
                bursts += _bursts(part)
            case "recorded":
                recorded = _recorded(part, folder)
            case _:
                rates.append(_RATES[kind](part))
        part.finish()
    if not (rates or bursts or recorded):
        fields.complain("load", "has to have at least one part")
    load = Load(rates=tuple(rates), bursts=tuple(bursts), recorded=recorded)
    if (expected := load.expected(seconds)) > _MOST_MESSAGES:
        fields.complain("load", f"is {expected:.3g} messages; at most are {_MOST_MESSAGES:,}")
    return load


def _points(part: Fields) -> Rate:
    points = part.listed("points")
    right = [
        (float(point[0]), float(point[1]))
        for point in points
        if isinstance(point, list) and len(point) == _PAIR and all(_is_amount(n) for n in point)
    ]
    if len(right) < len(points) or not right or right != sorted(right, key=lambda p: p[0]):
        part.complain("points", "has to be a list of [second, messages a second], in order")
        return Points(((0.0, 0.0),))
    return Points(tuple(right))


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LARGEST


_RATES: Mapping[str, Callable[[Fields], Rate]] = {
    "constant": lambda part: Points(((0.0, part.amount("rate")),)),
    "points": _points,
    "square": lambda part: Square(
        part.amount("low"), part.amount("high"), part.number("periodSeconds")
    ),
    "sine": lambda part: Sine(
        part.amount("low"), part.amount("high"), part.number("periodSeconds")
    ),
}


def _bursts(part: Fields) -> list[Burst]:
    messages, within = part.integer("messages"), part.number("withinSeconds", 1.0)
    moments = part.listed("at")
    if not all(_is_amount(moment) for moment in moments):
        part.complain("at", "has to be a list of seconds")
        return []
    return [Burst(float(moment), messages, within) for moment in moments]


def _recorded(part: Fields, folder: Path) -> Recorded:
    """A CSV file with the columns `second` and `messages`, those until the next row."""
    name = part.text("file")
    try:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            rows = [(float(r["second"]), int(r["messages"])) for r in csv.DictReader(file)]
    except (OSError, KeyError, ValueError, TypeError) as error:
        part.complain("file", f"cannot be read, its columns are second and messages: {error}")
        return Recorded(())
    if rows != sorted(rows, key=lambda row: row[0]):
        part.complain("file", "has to be in the order of its seconds")
        return Recorded(())
    return Recorded(tuple(rows))
