"""Reads scenarios from YAML files. docs/simulation.md lists the fields."""

import csv
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from mare.custom_resource.checking import check as check_spec
from mare.custom_resource.checking import spec_schema
from mare.custom_resource.fields import read_fields
from mare.custom_resource.spec import read_behavior, read_spec, wrong_schedules
from mare.documents.schema import Mistakes, check, schema_of
from mare.documents.tree import Document, InputError, parse, plain
from mare.documents.tree import Path as Place
from mare.domain.spec import HPA_BEHAVIOR, Behavior, ScalingSpec
from mare.simulation.load import Burst, Load, Points, Rate, Sine, Square
from mare.simulation.scenario import (
    CounterJump,
    HpaSettings,
    KedaSettings,
    Outage,
    Scenario,
    SimulatedAutoscaler,
    Worker,
    default_autoscalers,
)

_MOST_MESSAGES = 20_000_000
_FOLDER = Path(__file__).parent / "scenarios"
_NOT_SIMULATED = {
    "scaleTargetRef": {"name": "work"},
    "brokerRef": {"secretName": "rabbitmq"},
    "queues": [{"name": "work"}],
}
"""Required fields of a QueueAutoscaler; a scenario has one workload with one queue."""


def packaged() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_FOLDER.rglob("*.yaml"))}


def read_scenario(
    path: Path, seed: int | None = None, most_messages: float = _MOST_MESSAGES
) -> Scenario:
    """Read a scenario, with recorded loads beside it; `InputError` has all mistakes."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}:1: not UTF-8") from error
    return parse_scenario(text, path, seed, most_messages)


def parse_scenario(
    text: str, path: Path, seed: int | None = None, most_messages: float = _MOST_MESSAGES
) -> Scenario:
    """Read a scenario from its text; `path` names it in mistakes."""
    documents = parse(text, str(path))
    if len(documents) != 1:
        raise InputError(f"{path}:1: has to be one YAML document")
    given = plain(documents[0].root)
    checked = check(
        schema_of("mare.simulation"), given if seed is None else {**given, "seed": seed}
    )
    reader = _Reader(documents[0], path, most_messages)
    reader.mistakes.add_all(documents[0], (), checked.mistakes)
    reader.mistakes.raise_any()
    scenario = reader.scenario(checked.value)
    reader.mistakes.raise_any()
    return scenario


def _counts(text: str) -> list[tuple[float, int]]:
    rows = csv.DictReader(StringIO(text))
    if not {"second", "messages"} <= set(rows.fieldnames or ()):
        raise ValueError(f"its first line has {', '.join(rows.fieldnames or ('nothing',))}")
    counts = [(float(row["second"]), int(row["messages"])) for row in rows]
    for second, messages in counts:
        if not (0 <= second < math.inf and messages >= 0):
            raise ValueError(f"{second:g},{messages} is out of range")
    return counts


def _until(end: float, counts: list[tuple[float, int]]) -> Iterator[tuple[float, int]]:
    """Yield the rows before the end of the time; of the last one, what comes until then."""
    for (second, messages), (after, _) in pairwise([*counts, (end, 0)]):
        if second < end:
            share = 1.0 if after <= end else (end - second) / (after - second)
            yield second, round(messages * share)


class _Reader:
    """Reads a checked document. Mistakes that no schema describes go to `mistakes`."""

    def __init__(self, document: Document, path: Path, most_messages: float) -> None:
        self._document = document
        self._most_messages = most_messages
        self._path = path
        self.mistakes = Mistakes()

    def scenario(self, given: dict[str, Any]) -> Scenario:
        worker = read_fields(Worker, given["worker"])
        least, most = given["minReplicas"], given["maxReplicas"]
        limits = {"minReplicas": least, "maxReplicas": most}
        autoscalers = tuple(
            SimulatedAutoscaler(each["name"], self._settings(each, ("autoscalers", index), limits))
            for index, each in enumerate(given["autoscalers"])
        )
        return Scenario(
            name=given.get("name", self._path.stem),
            description=given["description"],
            seconds=given["seconds"],
            seed=given["seed"],
            load=self._load(given),
            worker=worker,
            min_replicas=least,
            max_replicas=most,
            initial_replicas=given["initialReplicas"],
            starts_at=self._time(given["startsAt"]),
            estimates_known=given["estimatesKnown"],
            tick_seconds=given["tickSeconds"],
            outages=tuple(read_fields(Outage, each) for each in given["outages"]),
            counter_jumps=tuple(read_fields(CounterJump, each) for each in given["counterJumps"]),
            has_statistics=given["statistics"],
            autoscalers=autoscalers or default_autoscalers(worker, least, most),
        )

    def _time(self, text: str) -> float:
        try:
            return datetime.fromisoformat(text).timestamp()
        except ValueError as error:
            self.mistakes.add(self._document, ("startsAt",), f"has to be a time: {error}")
            return 0.0

    def _settings(
        self, given: dict[str, Any], at: Place, limits: dict[str, int]
    ) -> ScalingSpec | KedaSettings | HpaSettings:
        if "mare" in given:
            return self._spec({**limits, **given["mare"]}, (*at, "mare"))
        if "hpa" in given:
            behavior = self._behavior(given["hpa"], (*at, "hpa"))
            return HpaSettings(cpu_percent=given["hpa"]["cpuPercent"], behavior=behavior)
        keda = {name: given["keda"][name] for name in given["keda"] if name != "behavior"}
        behavior = self._behavior(given["keda"], (*at, "keda"))
        return replace(read_fields(KedaSettings, keda), behavior=behavior)

    def _spec(self, spec: dict[str, Any], at: Place) -> ScalingSpec:
        checked = check_spec({**_NOT_SIMULATED, **spec})
        self.mistakes.add_all(self._document, at, checked.mistakes)
        if checked.mistakes:
            return ScalingSpec(max_replicas=1)
        for each in wrong_schedules(checked.value):
            self.mistakes.add(self._document, (*at, "schedules", each.index), each.problem)
        return read_spec(checked.value)

    def _behavior(self, given: dict[str, Any], at: Place) -> Behavior | None:
        """Return the `behavior` of an HPA. Absent is not the same as empty."""
        if "behavior" not in given:
            return None
        checked = check(spec_schema()["properties"]["behavior"], given["behavior"])
        self.mistakes.add_all(self._document, (*at, "behavior"), checked.mistakes)
        return read_behavior({} if checked.mistakes else checked.value, HPA_BEHAVIOR)

    def _load(self, given: dict[str, Any]) -> Load:
        rates: list[Rate] = []
        bursts: list[Burst] = []
        recorded: tuple[tuple[float, int], ...] = ()
        for index, part in enumerate(given["load"]):
            match part["kind"]:
                case "constant":
                    rates.append(Points(((0.0, part["rate"]),)))
                case "points":
                    rates.append(self._points(part["points"], ("load", index, "points")))
                case "square":
                    rates.append(Square(part["low"], part["high"], part["periodSeconds"]))
                case "sine":
                    rates.append(Sine(part["low"], part["high"], part["periodSeconds"]))
                case "bursts":
                    within = part.get("withinSeconds", 1.0)
                    bursts += [Burst(moment, part["messages"], within) for moment in part["at"]]
                case _:
                    counts = self._recorded(part, ("load", index))
                    recorded = tuple(_until(given["seconds"], counts))
        load = Load(rates=tuple(rates), bursts=tuple(bursts), recorded=recorded)
        if (expected := load.expected(given["seconds"])) > self._most_messages:
            sentence = (
                f"has {expected:.3g} messages; the limit is {self._most_messages:,}. Make the time"
                " shorter; mare advise makes a recorded load smaller itself"
            )
            self.mistakes.add(self._document, ("load",), sentence)
        return load

    def _points(self, given: list[list[float]], at: Place) -> Points:
        points = tuple((point[0], point[1]) for point in given)
        if list(points) != sorted(points, key=lambda point: point[0]):
            self.mistakes.add(self._document, at, "has to be in the order of the seconds")
        return Points(points)

    def _recorded(self, part: dict[str, str], at: Place) -> list[tuple[float, int]]:
        """Read CSV with the columns second and messages (that come until the next row)."""
        given = "csv" if "csv" in part else "file"
        try:
            text = part.get("csv") or (self._path.parent / part["file"]).read_text("utf-8")
            rows = _counts(text)
        except (OSError, KeyError, ValueError, TypeError) as error:
            sentence = f"cannot be read; its columns have to be second and messages: {error}"
            self.mistakes.add(self._document, (*at, given), sentence)
            return []
        if rows != sorted(rows, key=lambda row: row[0]):
            self.mistakes.add(self._document, (*at, given), "has to be in the order of the seconds")
        return rows
