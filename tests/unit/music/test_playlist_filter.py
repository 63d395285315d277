"""Which playlists are worth a link."""

import pytest

from mare_services.music.domain.material import PlaylistLink
from mare_services.music.domain.selection import usable_playlists


def link(name, total=42, url=None):
    return PlaylistLink(name=name, url=url or f"https://x/{name}", total=total)


@pytest.mark.parametrize(
    "name",
    [
        "Rainy Day Acoustic", "MPB para dias de chuva", "Bossa & Café", "Música boa 2026",
        "Hits at home", "Lo-fi 24/7", "Compromisso", "Promessas", "Sad songs", "Mixed bag",
    ],
)  # fmt: skip
def test_ordinary_names_are_kept(name):
    assert usable_playlists([link(name)]) == (link(name),)


@pytest.mark.parametrize(
    "name",
    [
        "Follow us https://example.org", "HITS www.example.org", "mixes t.me/example",
        "Sponsored: best hits", "PROMO playlist", "submit your song here", "Rock - FREE DOWNLOAD",
        "Patrocinado por alguém", "Anúncio", "WhatsApp group hits", "chill by example.com",
        "follow @somebody", "50% off hits",
    ],
)  # fmt: skip
def test_adverts_are_dropped(name):
    assert usable_playlists([link(name)]) == ()


def test_fragments_are_dropped_when_their_size_is_known():
    assert usable_playlists([link("A", 9), link("B", 10), link("C", None), link("D", 0)]) == (
        link("B", 10),
        link("C", None),
    )


def test_doubles_are_dropped_and_the_order_is_kept():
    first, same_name = link("Bossa Nova"), link("BOSSA NOVA!", url="https://x/other")
    same_link = link("Another name", url=first.url)

    assert usable_playlists([first, same_name, same_link, link("A")]) == (first, link("A"))
