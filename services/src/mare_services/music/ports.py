"""What the music service needs from outside."""

from typing import Protocol

from mare_services.music.domain.material import Material, MaterialQuery


class MusicSource(Protocol):
    """Anything that knows music for a mood."""

    def material(self, query: MaterialQuery) -> Material:
        """Return tracks to choose from, at least one.

        Raises:
            SourceUnavailable: there is nothing to be had now.
        """
