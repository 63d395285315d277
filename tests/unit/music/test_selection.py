"""The choice from the material."""

import subprocess
import sys
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mare_services.contract.music import Track
from mare_services.music.domain.material import Material, PlaylistLink
from mare_services.music.domain.selection import pick, pick_playlist, ranked, suffice


def track(title, artist="Somebody", *, explicit=False):
    return Track(title=title, artists=(artist,), url=f"https://x/{title}", explicit=explicit)


def material(tracks, **more):
    return Material(source="spotify", tracks=tuple(tracks), playlists=(), **more)


MANY = [track(f"Title {number}", f"Artist {number}") for number in range(60)]

tracks = st.lists(
    st.builds(
        track,
        st.text(min_size=1, max_size=3),
        st.sampled_from(["Elis", "elis", "Tim Maia", "Céu"]),
        explicit=st.booleans(),
    ),
    max_size=30,
)


def titles(chosen):
    return [each.title for each in chosen]


def test_the_same_seed_gives_the_same_order_in_every_process():
    code = (
        "from tests.unit.music.test_selection import *; print(titles(ranked(material(MANY), 's')))"
    )
    orders = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip

    assert orders == {str(titles(ranked(material(MANY), "s")))}


def test_another_seed_gives_another_order():
    orders = [titles(ranked(material(MANY), str(seed))) for seed in range(20)]

    assert len({tuple(order[:5]) for order in orders}) == 20


@given(st.text(), st.permutations(range(20)))
def test_the_order_of_the_material_does_not_matter(seed, order):
    shuffled = [MANY[number] for number in order]

    assert ranked(material(shuffled), seed) == ranked(material(MANY[:20]), seed)


@given(st.text(), st.integers(0, 59))
def test_a_track_less_leaves_the_others_in_their_order(seed, gone):
    rest = [each for each in MANY if each is not MANY[gone]]
    expected = [each for each in ranked(material(MANY), seed) if each is not MANY[gone]]

    assert ranked(material(rest), seed) == expected


def test_favoured_tracks_come_first_more_often_but_not_always():
    preferred = frozenset(MANY[:30])
    firsts = Counter(
        ranked(material(MANY, preferred=preferred), str(seed))[0] in preferred
        for seed in range(400)
    )

    assert 280 <= firsts[True] <= 360  # four in five are expected


@given(tracks, st.integers(1, 50), st.booleans())
def test_what_is_picked_keeps_the_rules(candidates, limit, explicit):
    picked = pick(candidates, limit=limit, explicit=explicit)

    assert len(picked) <= limit
    assert [each for each in candidates if each in picked] or not picked
    assert explicit or not any(each.explicit for each in picked)
    assert all(count <= 2 for count in Counter(t.artists[0].casefold() for t in picked).values())


def test_no_work_twice_however_it_is_spelt():
    recordings = [
        track("Águas de Março", "Elis Regina"),
        track("AGUAS DE MARCO - Ao Vivo", "elis regina"),
        track("Águas de Março (feat. Tom Jobim)", "Elis Regina"),
        track("Águas de Março", "Tom Jobim"),
    ]

    assert pick(recordings, limit=9, explicit=True) == (recordings[0], recordings[3])


def test_a_playlist_has_at_most_two_tracks_of_an_artist():
    three = [track(title, "Tim Maia") for title in ("Sossego", "Azul da Cor do Mar", "Réu")]

    assert pick([*three, MANY[0]], limit=9, explicit=True) == (three[0], three[1], MANY[0])


def test_the_order_of_the_candidates_is_kept():
    assert pick(MANY, limit=7, explicit=True) == tuple(MANY[:7])


def test_tracks_suffice_when_the_clean_ones_do():
    assert suffice(MANY[:50], 50)
    assert not suffice(MANY[:49], 50)
    assert not suffice([*MANY[:49], track("Rude", explicit=True)], 50)


def test_a_playlist_is_one_of_the_three_best():
    links = [PlaylistLink(name=f"P{n}", url=f"https://x/{n}") for n in range(6)]
    chosen = {pick_playlist(links, str(seed)) for seed in range(40)}

    assert chosen == set(links[:3])
    assert pick_playlist(links, "s") == pick_playlist(links, "s")
    assert pick_playlist([], "s") is None
