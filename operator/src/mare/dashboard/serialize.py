"""Words and numbers as JSON: nothing that is unknown becomes zero."""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

from mare.domain.clause import Clause
from mare.domain.unknown import Unknown

Json = dict[str, Any]
_ADDRESS = re.compile(r"\b[\w+.-]+://\S+")


def encode_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain(text: str) -> str:
    """A text of another program without the addresses in it, which may have credentials."""
    return _ADDRESS.sub("(address)", text) if "://" in text else text


def clause(said: Clause) -> Json:
    numbers = {
        name: plain(value) if isinstance(value, str) else value
        for name, value in said.numbers.items()
    }
    return {"code": said.code, "numbers": numbers, "text": plain(said)}


def sentence(current: int, replicas: int, message: str, clauses: Iterable[Clause]) -> Json:
    return {
        "from": current,
        "to": replicas,
        "text": plain(message),
        "clauses": [clause(each) for each in clauses],
    }


def measured(value: float | Unknown | None, at: float | None) -> Json:
    """A number and when it was read; None has no reason to tell."""
    if isinstance(value, Unknown):
        why = {"reason": value.reason, "cause": plain(value.cause), "name": value.name}
        return {"value": None, "at": None, "unknown": why}
    if value is None:
        return {"value": None, "at": None, "unknown": None}
    return {"value": rounded(value), "at": at}


def rounded(value: float) -> float | None:
    """A number that JSON can tell, no longer than it is meaningful."""
    if isinstance(value, int):
        return value
    return round(value, 3) if math.isfinite(value) else None


def known_or_none(value: float | Unknown | None) -> float | None:
    return None if value is None or isinstance(value, Unknown) else rounded(value)
