"""Headers of requests: Prefer (RFC 7240), Accept-Language, Idempotency-Key."""

import re
from dataclasses import dataclass
from typing import Self

from flask import request
from werkzeug.http import parse_list_header

from mare_gateway.api.queries import Language

LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a client prefers; unknown and malformed preferences are ignored, as the RFC demands."""

    respond_async: bool = False
    wait: float | None = None
    """Seconds that the client would wait for a complete answer."""

    @classmethod
    def parse(cls, header: str | None) -> Self:
        """Read the header, for example ``respond-async, wait=5``."""
        found: dict[str, str] = {}
        for preference in parse_list_header(header or ""):
            name, _, value = preference.partition(";")[0].partition("=")
            found.setdefault(name.strip().lower(), value.strip().strip('"'))  # the first one counts
        return cls("respond-async" in found, _seconds(found.get("wait")))

    def applied(self, *, waited: bool) -> str:
        """Return the value of ``Preference-Applied``."""
        parts = ["respond-async"] if self.respond_async else []
        return ", ".join([*parts, f"wait={self.wait:g}"] if waited else parts)


def _seconds(text: str | None) -> float | None:
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(float(text), LONGEST_WAIT)


def preferred_language() -> Language:
    """Return the language that Accept-Language of the current request prefers, else English."""
    # werkzeug's best_match prefers any "en" to the best "pt-BR".
    for tag, quality in request.accept_languages:  # best first
        language = tag.partition("-")[0].lower()
        if quality > 0 and language in ("en", "pt"):
            return "pt" if language == "pt" else "en"
    return "en"


IDEMPOTENCY_KEY = "Idempotency-Key"
_BARE = re.compile(r"[-!#-+.-~][-!-+.-~]{0,254}")
"""It has no comma, by which a header that is sent twice is joined."""
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\]){1,255})"')


def idempotency_key_of(header: str) -> str | None:
    """Return the key, which is the same with and without quotes; None if it is invalid."""
    if quoted := _QUOTED.fullmatch(header):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    return header if _BARE.fullmatch(header) else None
