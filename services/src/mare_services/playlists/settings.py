"""Settings of the playlists service."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from mare_nameko.settings import EnvironmentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    prefix: ClassVar[str] = "PLAYLISTS_"

    market: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "US"
    """Music market if neither the request nor the place has a country."""

    cache_seconds: Annotated[float, Meta(gt=0, le=900)] = 60.0
    """Seconds for which an answer is cached; a degraded answer is cached for 1 s."""

    cache_entries: Annotated[int, Meta(ge=1)] = 2_000
    """Answers in the cache, about 10 kB each."""

    wait_seconds: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """Seconds that a request waits for an equal one that is in progress."""
