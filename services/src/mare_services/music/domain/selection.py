"""The choice from the material: the same for the same seed, and varied for another.

Each track draws a number from the seed and its own name, and the highest come first. Nothing else
enters, so the choice needs no state, is the same in every process, and hardly changes when a source
offers a few tracks more or less.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from mare_services.contract.music import Track
from mare_services.music.domain.material import Material, PlaylistLink
from mare_services.music.domain.normalization import artist_key, folded, work_key

PER_ARTIST = 2
PREFERENCE = 4.0
"""A preferred track stands in for this many others in the draw."""

BEST = 3
"""Playlists among which the seed may choose; further down they fit less."""


def ranked(material: Material, seed: str) -> list[Track]:
    """Return all tracks of the material in the order of the draw."""
    keys = {
        track: _draw(seed, *work_key(track))
        ** (1 / PREFERENCE if track in material.preferred else 1.0)
        for track in material.tracks
    }
    return sorted(keys, key=keys.__getitem__, reverse=True)


def pick(tracks: Iterable[Track], *, limit: int, explicit: bool) -> tuple[Track, ...]:
    """Return the first tracks: no work twice, no artist more than twice, clean ones on request."""
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
    """Return whether the tracks meet a request of ``limit``, even one without explicit tracks."""
    return len(pick(tracks, limit=limit, explicit=False)) == limit


def pick_playlist(playlists: Sequence[PlaylistLink], seed: str) -> PlaylistLink | None:
    """Return one of the best playlists; ``None`` if there are none."""
    return max(playlists[:BEST], key=lambda link: _draw(seed, link.url), default=None)


def _draw(*parts: str) -> float:
    digest = blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


FEWEST_TRACKS = 10

_ADVERT = re.compile(
    r"https?:|www\.|t\.me/|\.(?:com|net|info)\b|@\w|%\s*off\b"
    r"|\b(?:advert\w*|sponsored|promo(?:ted|tion|ção|cao)?|giveaway|patrocinad[oa]|publicidade"
    r"|propaganda|anúncios?|whatsapp|telegram|free\s+download|submit\s+your)\b",
    re.IGNORECASE,
)


def usable_playlists(found: Iterable[PlaylistLink]) -> tuple[PlaylistLink, ...]:
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
