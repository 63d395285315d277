"""The header ``Prefer`` (RFC 7240): ``respond-async`` and ``wait``."""

from dataclasses import dataclass
from typing import Self

from werkzeug.http import parse_dict_header

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
        tokens = parse_dict_header(header or "")
        return cls("respond-async" in tokens, _seconds(tokens.get("wait")))

    def applied(self, *, waited: bool) -> str:
        """Return the value of ``Preference-Applied``."""
        parts = ["respond-async"] if self.respond_async else []
        return ", ".join([*parts, f"wait={self.wait:g}"] if waited else parts)


def _seconds(text: str | None) -> float | None:
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(float(text), LONGEST_WAIT)
