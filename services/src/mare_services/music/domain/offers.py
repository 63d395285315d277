"""Which of the playlists that a search finds are worth a link."""

import re
from collections.abc import Iterable

from mare_services.music.domain.folding import folded
from mare_services.music.domain.material import PlaylistLink

FEWEST_TRACKS = 10

_ADVERT = re.compile(
    r"https?:|www\.|t\.me/|\.(?:com|net|info)\b|@\w|%\s*off\b"
    r"|\b(?:advert\w*|sponsored|promo(?:ted|tion|ção|cao)?|giveaway|patrocinad[oa]|publicidade"
    r"|propaganda|anúncios?|whatsapp|telegram|free\s+download|submit\s+your)\b",
    re.IGNORECASE,
)


def worth_a_link(found: Iterable[PlaylistLink]) -> tuple[PlaylistLink, ...]:
    """Return the playlists without adverts, fragments and doubles, in the order found."""
    kept: list[PlaylistLink] = []
    known: set[str] = set()
    for link in found:
        is_fragment = link.total is not None and link.total < FEWEST_TRACKS
        names = {link.url, folded(link.name)}
        if not is_fragment and not _ADVERT.search(link.name) and known.isdisjoint(names):
            known |= names
            kept.append(link)
    return tuple(kept)
