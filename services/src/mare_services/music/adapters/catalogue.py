"""The curated catalogue that ships with the package."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from mare_services.music.domain.material import Material, MaterialQuery
from mare_services.music.domain.works import Work, is_local, read_works


@cache
def shipped_works() -> tuple[Work, ...]:
    text = files("mare_services.music").joinpath("data/catalogue.tsv").read_text(encoding="utf-8")
    return tuple(read_works(text.splitlines()))


class Catalogue:
    """Works of a mood. Those of the listener's country or languages are preferred."""

    def __init__(self, works: Iterable[Work]) -> None:
        self._works = tuple((work, work.track) for work in works)

    def material(self, query: MaterialQuery) -> Material:
        valid_elements = [(work, track) for work, track in self._works if query.mood in work.moods]
        return Material(
            source="catalogue",
            tracks=tuple(track for _, track in valid_elements),
            playlists=(),
            preferred=frozenset(track for work, track in valid_elements if is_local(work, query)),
        )
