"""A job as a row of the table ``jobs``."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import msgspec

from mare_services.contract.jobs import JobState
from mare_services.jobs.domain.job import Job
from mare_services.jobs.ports import Transaction

_DOCUMENTS = frozenset({"request", "weather", "result", "failure", "callback", "context"})
_TIMES = frozenset({"created_at", "updated_at", "deadline", "retained_until"})
COLUMNS = tuple(field.name for field in fields(Job))
_SHARED = "$weather"
"""In a stored result: the fields that it has in common with the weather, which are stored there."""


def select_jobs(transaction: Transaction, rest: str, values: Sequence[Any]) -> Sequence[Job]:
    rows = transaction.execute(f"SELECT {', '.join(COLUMNS)} FROM jobs {rest}", values)  # noqa: S608
    return [_job_of(row) for row in rows]


def row_of(job: Job) -> Sequence[Any]:
    return [_value(job, column, compact=False) for column in COLUMNS]


def changed_columns(before: Job, job: Job, *, compact: bool) -> Iterator[tuple[str, Any]]:
    """Yield the columns that a change writes, and their values.

    With `compact`, what the result has in common with the weather is stored once.
    """
    for column in COLUMNS:
        if getattr(before, column) is not getattr(job, column):
            yield column, _value(job, column, compact=compact)


def _value(job: Job, column: str, *, compact: bool) -> Any:
    value = getattr(job, column)
    if value is None:
        return None
    if column in _TIMES:
        return value.timestamp()
    if column == "result" and compact:
        value = _without_weather(value, job.weather)
    if column in _DOCUMENTS:
        return msgspec.json.encode(value).decode()
    return value.value if column == "state" else value


def _job_of(row: Sequence[Any]) -> Job:
    values = dict(zip(COLUMNS, row, strict=True))
    values["state"] = JobState(values["state"])
    for column in _TIMES:
        values[column] = datetime.fromtimestamp(values[column], UTC)
    for column in _DOCUMENTS:
        if values[column] is not None:
            values[column] = msgspec.json.decode(values[column])
    values["result"] = _with_weather(values["result"], values["weather"])
    return Job(**values)


def _without_weather(result: Any, weather: Any) -> Any:
    if not isinstance(result, dict) or not isinstance(weather, dict):
        return result
    shared = [name for name in result if name in weather and weather[name] == result[name]]
    own = {name: value for name, value in result.items() if name not in shared}
    return {_SHARED: shared, **own}


def _with_weather(result: Any, weather: Any) -> Any:
    if not isinstance(result, dict) or _SHARED not in result:
        return result
    shared = {name: weather[name] for name in result[_SHARED]}
    own = {name: value for name, value in result.items() if name != _SHARED}
    return {**shared, **own}
