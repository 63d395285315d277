"""The recorded load of one object as a scenario of `mare simulate`."""

from collections.abc import Mapping, Sequence

from mare.dashboard.http_rules import HttpError
from mare.domain.observation import AUTOMATIC_ACKNOWLEDGEMENT, NO_PREFETCH, load_of
from mare.domain.unknown import Unknown, known
from mare.loop.load_record import SECONDS, Arrived
from mare.loop.record import AutoscalerHistory, View
from mare.loop.time_series import SPANS
from mare.ports import Scale
from mare.simulation.recording import Recording, file_name, scenario_text

_LEAST_SECONDS = 60
"""Length below which a request is refused: a few counts are no load."""


def load_download(history: AutoscalerHistory, query: Mapping[str, str]) -> tuple[str, str]:
    """Return a file's name and text: what arrived in the last `seconds`; raise `HttpError`."""
    rows = history.load.last(_seconds(query))
    if not rows:
        text = (
            "No load is recorded yet. The first count needs two readings of the broker's"
            " statistics, about 10 s. There is none without a management or metrics endpoint, for"
            " an object with a jobTemplate, without charts, or in a replica that does not lead it."
        )
        raise HttpError(404, "NothingRecorded", text)
    return file_name(history.view.autoscaler.key.name), scenario_text(_recording(history, rows))


def _seconds(query: Mapping[str, str]) -> int:
    text = query.get("seconds", str(SECONDS))
    if not (text.isascii() and text.isdecimal() and _LEAST_SECONDS <= int(text[:6]) <= SECONDS):
        allowed = f"seconds must be a number from {_LEAST_SECONDS} to {SECONDS}."
        raise HttpError(400, "BadRequest", allowed)
    return int(text)


def _recording(history: AutoscalerHistory, rows: Sequence[Arrived]) -> Recording:
    view = history.view
    spec, estimates, key = view.autoscaler.spec, view.estimates, view.autoscaler.key
    counts = _replicas(history, rows[0].at, rows[-1].at + rows[-1].seconds)
    entries = {(each.text, each.is_pattern) for each in view.autoscaler.entries}
    return Recording(
        namespace=key.namespace,
        name=key.name,
        spec=spec,
        queues=[{"pattern" if pattern else "name": text} for text, pattern in sorted(entries)],
        rows=rows,
        capacity=known(estimates.capacity_per_replica, spec.capacity_per_replica),
        workers=known(estimates.workers_per_replica, spec.workers_per_replica),
        prefetch=_prefetch(view),
        start_seconds=estimates.assumed_start_seconds,
        initial_replicas=counts[0] if counts else _current(view.scale),
        replica_seconds=_replica_seconds(counts, rows),
    )


def _prefetch(view: View) -> int | None:
    load = load_of(view.reading.queues)
    if isinstance(load.prefetch, Unknown):
        is_unlimited = load.prefetch.reason in {NO_PREFETCH, AUTOMATIC_ACKNOWLEDGEMENT}
        return 0 if is_unlimited else None
    return max(1, round(load.prefetch * view.estimates.assumed_consumers_per_replica(load)))


def _current(scale: Scale | Unknown) -> int:
    return scale.replicas if isinstance(scale, Scale) else 0


def _replicas(history: AutoscalerHistory, begin: int, end: int) -> list[int]:
    """Return the replicas at equal distances, from the finest series that covers the time."""
    long_enough = (
        s for span, s in zip(SPANS, history.series, strict=True) if begin >= end - span.seconds
    )
    series = next(long_enough, history.series[-1])
    counts = (each.current for at, each in series.samples(end) if begin <= at < end)
    return [count for count in counts if count is not None]


def _replica_seconds(counts: Sequence[int], rows: Sequence[Arrived]) -> float | None:
    if not counts:
        return None
    return sum(counts) / len(counts) * sum(row.seconds for row in rows)
