"""Problems of query parameters and bodies: one sentence for each wrong parameter."""

from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.resources import files
from itertools import islice
from typing import Any

import msgspec
from pydantic import ValidationError

from mare_gateway.problems import Problem, Refused

_TEXTS: Mapping[str, Mapping[str, str]] = msgspec.json.decode(
    files("mare_gateway.api").joinpath("sentences.json").read_bytes()
)
"""By pydantic's type of the error (other types have pydantic's message), and by the name of a
parameter with a pattern."""

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


def refuse_repeated(parameters: Iterable[tuple[str, str]]) -> None:
    """Raise Refused if parameters occur more than once."""
    counts = Counter(name for name, _value in parameters)
    errors = [
        {"parameter": _short(name), "detail": "It must be given only once."}
        for name, count in counts.items()
        if count > 1
    ]
    if errors:
        raise Refused(_invalid(errors))


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
    if mistake["type"] == "string_pattern_mismatch" and (
        form := _TEXTS["formats"].get(mistake["loc"][0])
    ):
        return form
    sentence = _TEXTS["errors"].get(mistake["type"])
    if sentence is None:
        return f"{mistake['msg'].replace('Input should', 'It must')}."
    return sentence.format_map(mistake.get("ctx", {}))


def _short(name: str) -> str:
    return name if len(name) <= _MAX_NAME else f"{name[:_MAX_NAME]}…"


MAX_DEPTH = 16
"""Levels of objects and arrays in a body. A batch has four."""

_INVALID = Problem(
    status=400, code="invalid_body", detail="The body must be a JSON object in UTF-8."
)
_TOO_DEEP = Problem(
    status=400,
    code="body_too_deep",
    detail=f"The JSON of the body nests more than {MAX_DEPTH} objects and arrays.",
)


def check_body(received: bytes) -> None:
    """Raise Refused for a body that is no JSON object, or nested too deep."""
    try:
        body = msgspec.json.decode(received)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(_INVALID) from None
    except RecursionError:
        raise Refused(_TOO_DEEP) from None
    if not isinstance(body, dict):
        raise Refused(_INVALID)
    if _is_deeper(body, MAX_DEPTH):
        raise Refused(_TOO_DEEP)


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    children = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in children)
