"""Settings of the playlists service."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from mare_nameko.settings import EnvironmentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    """Read with :meth:`from_env` from variables that begin with ``PLAYLISTS_``."""

    prefix: ClassVar[str] = "PLAYLISTS_"

    market: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "US"
    """Music market where neither the caller nor the place has a country; default US."""

    cache_seconds: Annotated[float, Meta(gt=0, le=900)] = 60.0
    """How long an answer may be given again to the same question, in seconds; default 60."""

    cache_entries: Annotated[int, Meta(ge=1)] = 2_000
    """Answers remembered; one takes about 10 kB; default 2,000."""

    wait_seconds: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """How long to wait for somebody else's answer to the same question, in seconds; default 10."""
