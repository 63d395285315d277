"""Settings of upstreams: which are called, and their URLs."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

Url = Annotated[str, Meta(pattern=r"^https?://[^\s/?#]+[^\s?#]*$")]
"""Base URL of an API, without a query: paths are appended to it."""

Rate = Annotated[float, Meta(gt=0, le=1000)]
"""Calls a second."""


def source_mistakes(variable: str, sources: Sequence[str]) -> list[str]:
    """Return one sentence for each mistake in the list of sources in ``variable``."""
    if not sources:
        return [f"{variable} is empty; the value for no source is none."]
    if len(sources) > len(set(sources)):
        return [f"{variable} names a source twice."]
    if len(sources) > 1 and not {"auto", "none"}.isdisjoint(sources):
        return [f"{variable}: auto and none cannot be combined with others."]
    return []
