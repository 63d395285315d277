"""The header ``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header-07).

The draft demands a string in quotes; most clients send it without.
"""

import re

HEADER = "Idempotency-Key"
_BARE = re.compile(r"[!#-~][!-~]{0,254}")
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\]){1,255})"')


def is_valid(header: str | None) -> bool:
    """Return whether a request may have this header; none is valid."""
    return header is None or bool(_BARE.fullmatch(header) or _QUOTED.fullmatch(header))


def value_of(header: str) -> str:
    """Return the key of a valid header: with and without quotes it is the same."""
    quoted = _QUOTED.fullmatch(header)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header
