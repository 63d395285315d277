"""From pydantic's errors to a problem that names each bad parameter with a sentence."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from mare_gateway.problems import Problem


def problem(error: ValidationError, known: Mapping[str, Iterable[str]]) -> Problem:
    """Return the problem; ``known`` has the parameters of each query by the query's name.

    The values that were sent are not repeated: they may be long, or not for logs.
    """
    errors = [
        {"parameter": parameter, "detail": detail}
        for mistake in error.errors(include_url=False, include_input=False)
        for parameter, detail in _told(mistake, known.get(error.title, ()))
    ]
    return _of(errors)


def repeated(parameters: Iterable[tuple[str, str]]) -> Problem | None:
    """Return the problem if a parameter was given twice: we would have to guess which counts."""
    counts = Counter(name for name, _value in parameters)
    errors = [
        {"parameter": _shown(name), "detail": "This parameter was given more than once."}
        for name, count in counts.items()
        if count > 1
    ]
    return _of(errors) if errors else None


def _of(errors: list[dict[str, str]]) -> Problem:
    names = ", ".join(dict.fromkeys(entry["parameter"] for entry in errors))
    return Problem(
        status=400,
        code="invalid_parameter",
        detail=f"These parameters are not right: {names}.",
        members={"errors": errors},
    )


def _told(mistake: Any, known: Iterable[str]) -> Iterator[tuple[str, str]]:
    parameter = _shown(str(mistake["loc"][0]))
    if mistake["type"] == "extra_forbidden":
        yield parameter, f"There is no such parameter; there are: {', '.join(known)}."
    elif mistake["type"] == "missing":
        yield parameter, "This parameter is required."
    else:
        yield parameter, f"{mistake['msg'].replace('Input should', 'It should')}."


def _shown(name: str) -> str:
    """Return a parameter's name as sent, cut: the names of unknown ones are the caller's words."""
    return name if len(name) <= 40 else f"{name[:40]}…"  # noqa: PLR2004
