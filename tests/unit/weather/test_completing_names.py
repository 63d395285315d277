"""Names that are still being typed, against the embedded gazetteer."""

import pytest

from mare_services.contract.errors import InvalidRequest
from mare_services.contract.places import PlaceSearch


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("reci", "Recife"),
        ("são p", "São Paulo"),
        ("sao paulo", "São Paulo"),
        ("lond", "London"),
        ("londre", "London"),
        ("nova y", "New York City"),
        ("東", "Tokyo"),
        ("s", "Shanghai"),
    ],
)
def test_completion_finds_the_largest_city_that_begins_so(locator, typed, first):
    found = locator.search(PlaceSearch(q=typed))

    assert found.places[0].name == first
    assert 1 <= len(found.places) <= 10
    assert len({place.id for place in found.places}) == len(found.places)


def test_completion_prefers_own_names_to_names_in_other_languages(locator):
    names = [place.name for place in locator.search(PlaceSearch(q="san", limit=5)).places]

    assert all(name.startswith("San") for name in names)


@pytest.mark.parametrize(
    ("typed", "meant"), [("campnas", "Campinas"), ("new yrok", "New York City")]
)
def test_completion_forgives_a_slip_where_no_name_begins_so(locator, typed, meant):
    found = locator.search(PlaceSearch(q=typed, limit=5))

    assert meant in [place.name for place in found.places]


def test_completion_of_nonsense_is_empty_and_of_nothing_refused(locator):
    assert locator.search(PlaceSearch(q="qqqqq")).places == ()
    assert locator.search(PlaceSearch(q="...")).places == ()
    with pytest.raises(InvalidRequest, match=r"^q "):
        locator.search(PlaceSearch(q=" "))


@pytest.mark.parametrize("typed", ["s", "sa", "a", "m", "東", "\U0010ffff"])
def test_completion_reads_a_part_of_the_names_only(locator, effort, typed):
    calls, steps = effort(lambda: locator.search(PlaceSearch(q=typed)))

    assert calls < 10_000
    assert steps < 100_000  # reading all 289,000 names takes millions


@pytest.mark.parametrize(
    ("typed", "name", "country"),
    [
        ("Recife, PE", "Recife", "BR"),
        ("Recife, P", "Recife", "BR"),
        ("Recife,", "Recife", "BR"),
        ("recife pe brasil", "Recife", "BR"),
        ("Spring, IL", "Springfield", "US"),
        ("Lond, Canada", "London", "CA"),
        ("São Paulo", "São Paulo", "BR"),
    ],
)
def test_areas_behind_the_beginning_of_a_name_are_understood(locator, typed, name, country):
    first, *others = locator.search(PlaceSearch(q=typed)).places

    assert (first.name, first.country_code) == (name, country)
    assert len(others) < 10


def test_areas_exclude_other_places_of_the_name(locator):
    found = locator.search(PlaceSearch(q="Springfield, IL", limit=50)).places

    assert {place.admin1 for place in found} == {"Illinois"}
