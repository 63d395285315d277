"""What the music service needs from music sources."""

from typing import Protocol

from mare_services.music.domain.material import Material, MaterialQuery


class MusicSource(Protocol):
    def material(self, query: MaterialQuery) -> Material:
        """Return tracks to choose from, at least one.

        Raises:
            SourceUnavailable: the source does not respond or has no track.
        """
