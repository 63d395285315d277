"""Settings that say which upstreams to ask, and where they are."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

Url = Annotated[str, Meta(pattern=r"^https?://[^\s/?#]+[^\s?#]*$")]
"""Where an API is; without query, for paths are appended to it."""


def source_mistakes(variable: str, sources: Sequence[str]) -> list[str]:
    """Return what is wrong with the sources that ``variable`` names, in sentences."""
    if not sources:
        return [f"{variable} names no source; to ask none, say none."]
    if len(sources) > len(set(sources)):
        return [f"{variable} names a source twice."]
    if len(sources) > 1 and not {"auto", "none"}.isdisjoint(sources):
        return [f"{variable}: auto and none each stand alone."]
    return []
