"""The choice of tracks and playlists. It depends only on the seed and the candidates.

Each track gets a number, which is a hash of the seed and its name; the highest numbers come first.
So the choice is the same in every process, and hardly changes with a few tracks more or less.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from mare_services.contract.music import Track
from mare_services.music.domain.material import SEPARATOR, Candidate, Material, PlaylistLink
from mare_services.music.domain.works import artist_key, folded, work_key

PER_ARTIST = 2
PREFERENCE = 4.0
"""A preferred track is as likely to come first as this many others."""

BEST = 3
"""Number of playlists from which the seed chooses."""


def ranked(material: Material, seed: str) -> list[Track]:
    """Return the tracks in the order of their numbers, the highest first."""
    prefix = f"{seed}{SEPARATOR}".encode()

    def number(each: Candidate) -> float:
        value = _number(prefix + each.key)
        return value ** (1 / PREFERENCE) if each.is_preferred else value

    return [each.track for each in sorted(material.candidates, key=number, reverse=True)]


def pick(tracks: Iterable[Track], *, limit: int, explicit: bool) -> tuple[Track, ...]:
    """Return the first tracks: no work twice, no artist more than twice."""
    picked: list[Track] = []
    works: set[tuple[str, str]] = set()
    artists: Counter[str] = Counter()
    for track in tracks:
        if len(picked) == limit:
            break
        work, artist = work_key(track), artist_key(track)
        if (track.explicit and not explicit) or work in works or artists[artist] == PER_ARTIST:
            continue
        works.add(work)
        artists[artist] += 1
        picked.append(track)
    return tuple(picked)


def suffice(tracks: Iterable[Track], limit: int) -> bool:
    """Return whether ``limit`` tracks can be picked, even without explicit ones."""
    return len(pick(tracks, limit=limit, explicit=False)) == limit


def pick_playlist(playlists: Sequence[PlaylistLink], seed: str) -> PlaylistLink | None:
    """Return one of the best playlists; ``None`` if there are none."""

    def number(link: PlaylistLink) -> float:
        return _number(f"{seed}{SEPARATOR}{link.url}".encode())

    return max(playlists[:BEST], key=number, default=None)


def _number(text: bytes) -> float:
    return int.from_bytes(blake2b(text, digest_size=8).digest()) / 2**64


MIN_TRACKS = 10

_ADVERT = re.compile(
    r"https?:|www\.|t\.me/|\.(?:com|net|info)\b|@\w|%\s*off\b"
    r"|\b(?:advert\w*|sponsored|promo(?:ted|tion|ção|cao)?|giveaway|patrocinad[oa]|publicidade"
    r"|propaganda|anúncios?|whatsapp|telegram|free\s+download|submit\s+your)\b",
    re.IGNORECASE,
)


def usable_playlists(found: Iterable[PlaylistLink]) -> tuple[PlaylistLink, ...]:
    """Return the playlists without adverts, duplicates and those with fewer than 10 tracks."""
    kept: list[PlaylistLink] = []
    known: set[str] = set()
    for link in found:
        is_short = link.total is not None and link.total < MIN_TRACKS
        names = {link.url, folded(link.name)}
        if not is_short and not _ADVERT.search(link.name) and known.isdisjoint(names):
            known |= names
            kept.append(link)
    return tuple(kept)
