"""The words around a mood: titles, searches, links."""

import pytest

from mare_services.contract.music import Mood
from mare_services.music.adapters.catalogue import search_link
from mare_services.music.domain.language_areas import LanguageArea, language_area, languages_of
from mare_services.music.vocabulary import GENRES, title_of, words_for


@pytest.mark.parametrize(
    ("market", "lang", "area"),
    [
        ("BR", "pt", LanguageArea.LUSOPHONE),
        ("BR", "en", LanguageArea.LUSOPHONE),
        ("PT", "en", LanguageArea.LUSOPHONE),
        ("US", "pt", LanguageArea.LUSOPHONE),
        ("MX", "en", LanguageArea.HISPANIC),
        ("MX", "pt", LanguageArea.LUSOPHONE),
        ("US", "en", LanguageArea.INTERNATIONAL),
        ("JP", "en", LanguageArea.INTERNATIONAL),
        ("ZZ", "en", LanguageArea.INTERNATIONAL),
    ],
)
def test_the_flavour_follows_language_and_market(market, lang, area):
    assert language_area(market, lang) is area


def test_a_country_may_have_several_languages():
    assert languages_of("CH") == {"de", "fr", "it"}
    assert languages_of("ZZ") == frozenset()


@pytest.mark.parametrize("mood", Mood)
@pytest.mark.parametrize("area", LanguageArea)
def test_every_mood_has_words_in_every_flavour(mood, area):
    words = words_for(mood, area)

    assert len(words.genres) == GENRES == len(set(words.genres))
    assert len(words.phrases) >= 2
    assert len(words.phrases) == len(set(words.phrases))


@pytest.mark.parametrize("lang", ["en", "pt"])
def test_every_mood_has_a_title_of_its_own(lang):
    assert len({title_of(mood, lang) for mood in Mood}) == len(Mood)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("Águas de Março Elis Regina", "%C3%81guas%20de%20Mar%C3%A7o%20Elis%20Regina/tracks"),
        ("Back in Black AC/DC", "Back%20in%20Black%20AC%20DC/tracks"),
        ("Should I? #1 & 100%", "Should%20I%3F%20%231%20%26%20100%25/tracks"),
        ("東京", "%E6%9D%B1%E4%BA%AC/tracks"),
    ],
)
def test_search_links_are_encoded(words, path):
    assert search_link(words, "tracks") == f"https://open.spotify.com/search/{path}"
