"""Writes the recorded load of an object as a scenario, which compares its settings with others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import yaml

from mare.custom_resource.spec_fields import behavior_fields, camel_case, spec_fields
from mare.custom_resource.status_values import instant
from mare.domain.spec import ScalingSpec
from mare.simulation.scenario import KedaSettings, Worker, default_autoscalers
from mare.simulation.wait_settings import own_wait, with_wait

Row = tuple[int, int, int | None]
"""Begin, length in seconds, and messages that arrived; None if they were not counted."""
_COMPARED_WAITS = (2.0, 10.0, 30.0)
_UNKNOWN_SERVICE = """\
# The service time is not measured yet: that takes 10 acknowledged messages and 50 s of work. Add
# serviceSeconds, the seconds that a worker needs for a message:
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    namespace: str
    name: str
    spec: ScalingSpec
    queues: Sequence[dict[str, str]] = ()
    """The entries of spec.queues, which targets may name."""
    rows: Sequence[Row]
    """Consecutive; at least one."""
    capacity: float | None
    """Messages/s of a replica; None if it is not known."""
    workers: float | None
    """Messages that a replica handles at a time."""
    prefetch: int | None
    """Prefetch count of a replica; 0 is without a limit, None is not known."""
    start_seconds: float
    initial_replicas: int
    replica_seconds: float | None
    """What the workload took in this time; None if it is not known."""

    @property
    def whole_workers(self) -> int:
        """The workers of a simulated replica, at least one."""
        return max(1, round(self.workers or 1))

    @property
    def begin(self) -> int:
        return self.rows[0][0]

    @property
    def seconds(self) -> int:
        return sum(length for _, length, _ in self.rows)


def scenario_text(recording: Recording) -> str:
    """Return the scenario as YAML, with the counts as CSV in it."""
    spec, worker = recording.spec, _worker(recording)
    head = {
        "name": recording.name,
        "description": _description(recording),
        "seconds": recording.seconds,
        "startsAt": instant(recording.begin),
        "minReplicas": spec.min_replicas,
        "maxReplicas": max(1, spec.max_replicas),
        "initialReplicas": recording.initial_replicas,
        "estimatesKnown": worker is not None,
    }
    rows = "".join(f"      {line}\n" for line in _csv(recording))
    return "".join(
        [
            f"# Recorded by Maré. Next: mare advise {file_name(recording.name)}\n",
            _yaml(head),
            "" if worker else _UNKNOWN_SERVICE,
            _yaml({"worker": _worker_fields(recording, worker)}),
            _yaml({"autoscalers": _autoscalers(recording, worker)}),
            f"load:\n- kind: recorded\n  csv: |\n{rows}",
        ]
    )


def has_service_time(text: str) -> bool:
    """Return whether the service time was measured when a scenario was written."""
    return _UNKNOWN_SERVICE not in text


def file_name(name: str) -> str:
    return f"{name}.load.yaml"


def _description(recording: Recording) -> str:
    span = f"{instant(recording.begin)} to {instant(recording.begin + recording.seconds)}"
    texts = [f"Load of {recording.namespace}/{recording.name} from {span}."]
    if recording.replica_seconds is not None:
        hours = recording.replica_seconds / 3600
        texts.append(f"The workload took {hours:.3g} replica-hours.")
    missing = sum(length for _, length, messages in recording.rows if messages is None)
    if missing:
        share = missing / recording.seconds
        texts.append(
            f"In {100 * share:.1f} % of the time no messages were counted: none are simulated."
        )
    return " ".join(texts)


def _csv(recording: Recording) -> Iterable[str]:
    """Yield the rows; of rows without messages, the first one."""
    yield "second,messages"
    for has_messages, rows in groupby(recording.rows, key=lambda row: bool(row[2])):
        for begin, _, messages in rows:
            yield f"{begin - recording.begin},{messages or 0}"
            if not has_messages:
                break


def _worker(recording: Recording) -> Worker | None:
    """Return the worker as it was measured; None without a service time."""
    if not recording.capacity:
        return None
    return Worker(
        service_seconds=recording.whole_workers / recording.capacity,
        workers=recording.whole_workers,
        start_seconds=recording.start_seconds,
    )


def _worker_fields(recording: Recording, worker: Worker | None) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    workers = recording.whole_workers
    if worker is not None:
        fields["serviceSeconds"] = float(f"{worker.service_seconds:.4g}")
    if recording.workers or worker:
        fields["workers"] = workers
    if recording.prefetch is not None:
        fields["prefetch"] = recording.prefetch and max(workers, min(recording.prefetch, 65_535))
    return {**fields, "startSeconds": round(recording.start_seconds, 1)}


def _autoscalers(recording: Recording, worker: Worker | None) -> list[dict[str, Any]]:
    """Return the object as it is, with other waits, and KEDA; its expert needs the capacity."""
    spec = recording.spec
    waits = [wait for wait in _COMPARED_WAITS if wait != own_wait(spec)]
    settings = {"Maré now": spec, **{f"Maré {wait:g} s": with_wait(spec, wait) for wait in waits}}
    names_queues = any(getattr(target, "queues", ()) for target in spec.targets)
    queues = {"queues": recording.queues} if names_queues else {}
    assumed = worker or Worker(service_seconds=1.0)
    defaults = default_autoscalers(assumed, spec.min_replicas, spec.max_replicas)
    return [
        *({"name": n, "mare": {**spec_fields(each), **queues}} for n, each in settings.items()),
        *(
            {"name": each.name, "keda": _keda(each.settings)}
            for each in defaults
            if isinstance(each.settings, KedaSettings) and (worker or not _has_rate(each.settings))
        ),
    ]


def _has_rate(settings: KedaSettings) -> bool:
    return any(trigger.mode == "MessageRate" for trigger in settings.triggers)


def _keda(settings: KedaSettings) -> dict[str, Any]:
    if settings == KedaSettings():
        return {}
    fields: dict[str, Any] = camel_case(replace(settings, behavior=None))
    if settings.behavior is not None:
        fields["behavior"] = behavior_fields(settings.behavior)
    return fields


class _WithoutAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _yaml(value: dict[str, Any]) -> str:
    return yaml.dump(
        _short(value), Dumper=_WithoutAliases, sort_keys=False, allow_unicode=True, width=100
    )


def _short(value: Any) -> Any:
    """Return the value with 2 for 2.0."""
    match value:
        case dict():
            return {name: _short(each) for name, each in value.items()}
        case list():
            return [_short(each) for each in value]
        case float() if value.is_integer():
            return int(value)
    return value
