"""Problems of query parameters: one sentence for each wrong parameter."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from pydantic import ValidationError

from mare_gateway.problems import Problem

_SENTENCES = {
    "missing": "This parameter is required.",
    "string_too_short": "It must not be empty.",
    "string_too_long": "It must have at most {max_length} characters.",
    "string_type": "It must be text.",
    "greater_than_equal": "It must be at least {ge:g}.",
    "less_than_equal": "It must be at most {le:g}.",
    "finite_number": "It must be a finite number.",
    "float_parsing": "It must be a number.",
    "float_type": "It must be a number.",
    "int_parsing": "It must be a whole number.",
    "int_type": "It must be a whole number.",
    "int_from_float": "It must be a whole number.",
    "bool_parsing": "It must be true or false.",
    "bool_type": "It must be true or false.",
}
"""By pydantic's type of the error; other types have pydantic's message."""

_FORMATS = {
    "market": "It must be a country code of two letters, for example BR.",
    "job_id": "It must be the id of a job, for example 019ab3f2-7c11-7a52-9c0e-0f1a2b3c4d5e.",
}
"""What a parameter with a pattern must look like."""

_MAX_NAME = 40
_MAX_ERRORS = 20
"""Errors in one problem: a body of 64 KiB can contain 5,000 unknown fields."""


def problem(error: ValidationError, parameters: Mapping[str, Iterable[str]]) -> Problem:
    """Return the problem of a query that pydantic refused.

    ``parameters`` has the parameters of each query by the name of its model. The problem does not
    repeat the values: they may be long, or private.
    """
    known = parameters.get(error.title, ())
    return _invalid(
        {
            "parameter": _short(".".join(map(str, mistake["loc"]))),
            "detail": _sentence(mistake, known),
        }
        for mistake in error.errors(include_url=False, include_input=False)
    )


def repeated(parameters: Iterable[tuple[str, str]]) -> Problem | None:
    """Return the problem of parameters that occur more than once, or None."""
    counts = Counter(name for name, _value in parameters)
    errors = [
        {"parameter": _short(name), "detail": "It must be given only once."}
        for name, count in counts.items()
        if count > 1
    ]
    return _invalid(errors) if errors else None


def _invalid(errors: Iterable[dict[str, str]]) -> Problem:
    found = list(islice(errors, _MAX_ERRORS))
    names = ", ".join(dict.fromkeys(entry["parameter"] for entry in found))
    return Problem(
        status=400,
        code="invalid_parameter",
        detail=f"These parameters are invalid: {names}.",
        members={"errors": found},
    )


def _sentence(mistake: Any, known: Iterable[str]) -> str:
    if mistake["type"] == "extra_forbidden" and len(mistake["loc"]) > 1:
        return "This parameter is unknown."
    if mistake["type"] == "extra_forbidden":
        return f"This parameter is unknown. Known parameters: {', '.join(known)}."
    if mistake["type"] == "string_pattern_mismatch" and (form := _FORMATS.get(mistake["loc"][0])):
        return form
    sentence = _SENTENCES.get(mistake["type"])
    if sentence is None:
        return f"{mistake['msg'].replace('Input should', 'It must')}."
    return sentence.format_map(mistake.get("ctx", {}))


def _short(name: str) -> str:
    return name if len(name) <= _MAX_NAME else f"{name[:_MAX_NAME]}…"
