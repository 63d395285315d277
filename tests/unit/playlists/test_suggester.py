"""Suggestions with fakes of the weather and music services."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mare_services.contract.music import Composed, MusicRequest, Playlist, Track
from mare_services.contract.places import Place, PlaceQuery
from mare_services.contract.suggestion import SuggestionRequest
from mare_services.contract.weather import Weather, WeatherReport
from mare_services.playlists.suggester import suggest

RECIFE = Place(
    id=3390760, name="Recife", admin1="Pernambuco", country_code="BR", latitude=-8.05389,
    longitude=-34.88111, timezone="America/Recife", population=1_488_920,
)  # fmt: skip
NOON_IN_RECIFE = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)


class FixedWeather:
    def __init__(self, place: Place = RECIFE, *, estimated: bool = False) -> None:
        self.place = place
        self.queries: list[PlaceQuery] = []
        self.weather = Weather(
            temperature=30.0, apparent_temperature=33.0, condition="clear", code=0, is_day=True,
            wind_speed=16.1, observed_at=NOON_IN_RECIFE, source="test", estimated=estimated,
        )  # fmt: skip

    def observe(self, query: PlaceQuery) -> WeatherReport:
        self.queries.append(query)
        return WeatherReport(
            place=self.place,
            weather=self.weather,
            alternatives=(replace(self.place, id=1),),
            degraded=("weather",) if self.weather.degraded else (),
            attribution=("places", "weather", "places"),
        )


class RecordingMusic:
    def __init__(self, source: str = "spotify") -> None:
        self.source = source
        self.requests: list[MusicRequest] = []

    def compose(self, request: MusicRequest) -> Composed:
        self.requests.append(request)
        track = Track(title="Anunciação", artists=("Alceu Valença",), url="https://example.org/1")
        return Composed(
            playlist=Playlist(name="x", url="https://example.org", source=self.source,
                              tracks=(track,)),
            attribution=("music",),
        )  # fmt: skip


def suggestion(request=None, weather=None, music=None, now=NOON_IN_RECIFE):
    return suggest(
        request or SuggestionRequest(city="Recife"),
        observe=(weather or FixedWeather()).observe,
        compose=(music or RecordingMusic()).compose,
        now=now,
        default_market="US",
    )


def test_a_suggestion_has_place_weather_mood_and_playlist():
    answer = suggestion()

    assert answer.place.name == "Recife"
    assert answer.mood.name == "party & dance"
    assert answer.playlist.tracks[0].title == "Anunciação"
    assert [place.id for place in answer.alternatives] == [1]
    assert answer.degraded == ()
    assert answer.attribution == ("places", "weather", "music")


def test_only_the_place_query_is_sent_to_the_weather_service():
    weather = FixedWeather()

    suggestion(SuggestionRequest(city="Recife", state="PE", strict=True, limit=5), weather)

    assert weather.queries == [PlaceQuery(city="Recife", state="PE", strict=True)]


@pytest.mark.parametrize(
    ("request_market", "country", "expected"),
    [("PT", "BR", "PT"), (None, "BR", "BR"), (None, None, "US")],
)
def test_the_market_is_the_callers_else_the_places_else_the_default(
    request_market, country, expected
):
    music = RecordingMusic()

    suggestion(
        SuggestionRequest(city="x", market=request_market),
        FixedWeather(replace(RECIFE, country_code=country)),
        music,
    )

    assert music.requests[0].market == expected


def test_same_place_date_and_seed_give_the_same_choice_until_midnight_there():
    music = RecordingMusic()

    for now in (
        datetime(2026, 6, 1, 15, 0, tzinfo=UTC),
        datetime(2026, 6, 2, 2, 59, tzinfo=UTC),
        datetime(2026, 6, 2, 3, 0, tzinfo=UTC),
    ):
        suggestion(music=music, now=now)

    before, same_day, next_day = (request.seed for request in music.requests)
    assert before == same_day
    assert next_day != same_day


def test_estimated_weather_and_the_catalogue_are_degraded():
    answer = suggestion(weather=FixedWeather(estimated=True), music=RecordingMusic("catalogue"))

    assert answer.degraded == ("weather", "music")


def test_a_second_live_source_is_not_degraded():
    assert suggestion(music=RecordingMusic("deezer")).degraded == ()


def test_units_and_language_do_not_change_the_mood():
    metric = suggestion()
    imperial = suggestion(SuggestionRequest(city="Recife", units="imperial", lang="pt"))

    assert imperial.weather.temperature == 86.0
    assert imperial.weather.wind_speed == 10.0
    assert imperial.weather.units.temperature == "°F"
    assert imperial.weather.condition == "céu limpo"
    assert imperial.mood.mood is metric.mood.mood
