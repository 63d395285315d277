"""Values as JSON. An unknown value is null with its cause, never zero."""

import json
import math
import re
from typing import Any

from mare.domain.clause import Clause
from mare.domain.decision import Decision
from mare.domain.unknown import Unknown

Json = dict[str, Any]
_URI = re.compile(r"\b[\w+.-]+://\S+")


def encode_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def redact(text: str) -> str:
    """Remove URIs, which can contain credentials, from a text of another program."""
    return _URI.sub("(address)", text) if "://" in text else text


def serialize_clause(clause: Clause) -> Json:
    numbers = {
        name: redact(value) if isinstance(value, str) else value
        for name, value in clause.numbers.items()
    }
    return {"code": clause.code, "numbers": numbers, "text": redact(clause)}


def serialize_sentence(decision: Decision) -> Json:
    return {
        "from": decision.current,
        "to": decision.replicas,
        "clauses": [serialize_clause(each) for each in decision.clauses],
    }


def serialize_reading(value: float | Unknown | None, at: float | None = None) -> Json:
    """Return a number and the time of its reading; None is unknown without a cause."""
    if value is None or isinstance(value, Unknown):
        return {"value": None, "at": None, "unknown": value and serialize_unknown(value)}
    return {"value": rounded(value), "at": at}


def serialize_unknown(value: Unknown) -> Json:
    return {"reason": value.reason, "cause": redact(value.cause), "name": value.name}


def rounded(value: float) -> float | None:
    """Return a float with three decimals; None for infinity and NaN, which JSON lacks."""
    if isinstance(value, int):
        return value
    return round(value, 3) if math.isfinite(value) else None
