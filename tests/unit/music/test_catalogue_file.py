"""The curated catalogue: complete, sorted, free of doubles, and every link works."""

from collections import Counter
from urllib.parse import unquote, urlsplit

import pytest

from mare_services.contract.music import MAX_TRACKS, Mood
from mare_services.music.adapters.catalogue import read_works, shipped_works
from mare_services.music.domain.selection import suffice
from mare_services.music.domain.works import folded, work_key

WORKS = shipped_works()
NOW_AND_THEN = range(1600, 2027)


def in_mood(mood):
    return [work for work in WORKS if mood in work.moods]


@pytest.mark.parametrize("mood", Mood)
def test_every_mood_can_fill_the_longest_playlist_without_explicit_tracks(mood):
    assert suffice((work.track for work in in_mood(mood)), MAX_TRACKS)


@pytest.mark.parametrize("mood", sorted(set(Mood) - {Mood.INSTRUMENTAL, Mood.CLASSICAL}))
def test_every_mood_with_words_has_them_in_portuguese_english_and_beyond(mood):
    languages = Counter(work.language for work in in_mood(mood))

    assert languages["pt"] >= 10
    assert languages["en"] >= 10
    assert len(languages) >= 4


def test_brazil_has_classical_and_instrumental_works_too():
    for mood in (Mood.INSTRUMENTAL, Mood.CLASSICAL):
        assert sum(work.country == "BR" for work in in_mood(mood)) >= 4


def test_no_work_is_there_twice():
    counts = Counter(work_key(work.track) for work in WORKS)

    assert [key for key, count in counts.items() if count > 1] == []


def test_works_are_sorted_by_artist_year_and_title():
    keys = [(folded(w.artists[0]), w.year, folded(w.title)) for w in WORKS]

    assert keys == sorted(keys)


def test_fields_are_plausible():
    for work in WORKS:
        assert work.year in NOW_AND_THEN, work
        assert len(work.country) == 2
        assert work.country.isupper(), work
        assert 2 <= len(work.language) <= 3
        assert work.language.islower(), work
        assert all(text == text.strip() for text in (work.title, *work.artists)), work


def test_classical_works_by_dead_composers_are_most_of_the_classical_mood():
    old = [work for work in in_mood(Mood.CLASSICAL) if work.year < 1931]

    assert len(old) >= 60


def test_some_works_are_marked_explicit_so_that_the_filter_has_work_to_do():
    assert 3 <= sum(work.explicit for work in WORKS) <= 20


def test_each_link_searches_for_the_title_and_the_artist():
    for work in WORKS:
        link = urlsplit(work.track.url)
        assert (link.scheme, link.netloc, link.query) == ("https", "open.spotify.com", "")
        parts = link.path.split("/")
        assert [parts[0], parts[1], parts[3:]] == ["", "search", ["tracks"]], work
        assert folded(unquote(parts[2])) == folded(work.title + work.artists[0])


LINE = "Elis Regina; Antônio Carlos Jobim\t1974\tÁguas de Março\tfeel-good,mellow\tpt\tBR\tno"


def test_a_line_is_read_into_a_work():
    (work,) = read_works(["# a remark", "", LINE])

    assert work.artists == ("Elis Regina", "Antônio Carlos Jobim")
    assert (work.title, work.year, work.language, work.country) == (
        "Águas de Março", 1974, "pt", "BR",
    )  # fmt: skip
    assert work.moods == {Mood.FEEL_GOOD, Mood.MELLOW}
    assert work.explicit is False


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace("\tno", ""),
        LINE.replace("Águas de Março", ""),
        LINE.replace("1974", "74s"),
        LINE.replace("mellow", "melow"),
        LINE.replace("\tno", "\tperhaps"),
        LINE + "\tmore",
    ],
)
def test_a_line_that_does_not_keep_to_the_format_is_refused_by_its_number(line):
    with pytest.raises(ValueError, match="Line 2 of the catalogue"):
        list(read_works(["# a remark", line]))
