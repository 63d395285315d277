"""Each live source against a real server that plays its API."""

from datetime import UTC, datetime, timedelta

import pytest

from mare_services.contract.errors import SourceFailed, SourceRefused, SourceUnavailable
from mare_services.weather.adapters.met_no import MetNo
from mare_services.weather.adapters.open_meteo import OpenMeteo
from mare_services.weather.adapters.openweathermap import OpenWeatherMap
from tests.fakes.upstreams import met_no, open_meteo, openweathermap
from tests.fakes.upstreams.server import as_json
from tests.integration.weather.source_client import Now, client, weather_of


def test_open_meteo_returns_the_current_weather(open_meteo_server):
    open_meteo_server.plays(open_meteo.forecast())

    weather = weather_of(OpenMeteo(client(open_meteo_server)))

    assert (weather.temperature, weather.apparent_temperature) == (24.3, 25.0)
    assert (weather.condition, weather.code, weather.is_day) == ("clear", 1, True)
    assert (weather.wind_speed, weather.cloud_cover, weather.humidity) == (9.4, 20, 61)
    assert weather.observed_at == datetime(2026, 3, 26, 16, 15, tzinfo=UTC)
    assert (weather.source, weather.estimated) == ("open-meteo", False)


def test_open_meteo_receives_two_decimals_and_one_day(open_meteo_server):
    weather_of(OpenMeteo(client(open_meteo_server)))

    [request] = open_meteo_server.requests
    assert request.path == "/v1/forecast"
    assert (request.params["latitude"], request.params["longitude"]) == ("-23.55", "-46.64")
    assert request.params["timeformat"] == "unixtime"
    assert request.params["forecast_days"] == "1"
    assert len(request.params["current"].split(",")) <= 10, "more variables count as two calls"


def test_open_meteo_may_know_little_more_than_the_temperature(open_meteo_server):
    nulls = dict.fromkeys(set(open_meteo.current()) - {"time", "temperature_2m"})
    open_meteo_server.plays(open_meteo.forecast(**nulls))

    weather = weather_of(OpenMeteo(client(open_meteo_server)))

    assert (weather.temperature, weather.code) == (24.3, None)
    assert weather.condition == "partly cloudy"
    assert weather.is_day is True, "the sun says so"


def test_an_unknown_code_of_open_meteo_is_judged_by_rain_and_clouds(open_meteo_server):
    open_meteo_server.plays(open_meteo.forecast(weather_code=4, precipitation=0.4))

    assert weather_of(OpenMeteo(client(open_meteo_server))).condition == "rain"


@pytest.mark.parametrize(
    "answer",
    [
        open_meteo.NOTHING_BUT_NULLS,
        open_meteo.OUT_OF_RANGE,
        open_meteo.forecast(temperature_2m="warm"),
        open_meteo.forecast(temperature_2m=297.4),
        open_meteo.forecast(time=None),
        as_json({"current": None}),
        as_json({"error": True, "reason": "x"}),
    ],
)
def test_nonsense_of_open_meteo_is_a_failure(open_meteo_server, answer):
    open_meteo_server.plays(answer)

    with pytest.raises(SourceFailed):
        weather_of(OpenMeteo(client(open_meteo_server)))


def test_met_no_returns_the_weather_of_the_hour(met_no_server):
    weather = weather_of(MetNo(client(met_no_server), Now()))

    assert weather.temperature == 5.2
    assert (weather.condition, weather.code) == ("rain", 63)
    assert weather.wind_speed == 18.0
    assert (weather.precipitation, weather.cloud_cover, weather.humidity) == (0.4, 90.6, 81.3)
    assert weather.observed_at == datetime(2026, 3, 26, 16, tzinfo=UTC)
    assert weather.is_day is True, "its symbol does not say, but the sun is up in São Paulo"


def test_met_no_gets_few_decimals_and_a_name(met_no_server):
    weather_of(MetNo(client(met_no_server), Now()))

    [request] = met_no_server.requests
    assert request.params == {"lat": "-23.55", "lon": "-46.64"}
    assert request.headers["User-Agent"].endswith("ops@example.org")


def test_met_no_gets_no_request_before_its_response_expires(met_no_server):
    now = Now()
    source = MetNo(client(met_no_server), now)
    weather_of(source)
    now.time += timedelta(minutes=18)

    assert weather_of(source).temperature == 5.2
    assert len(met_no_server.requests) == 1


def test_met_no_gets_a_conditional_request_after_its_response_expires(met_no_server):
    now = Now()
    source = MetNo(client(met_no_server), now)
    weather_of(source)
    now.time += timedelta(minutes=46)

    weather = weather_of(source)
    weather_of(source)

    assert (weather.temperature, weather.is_day) == (6.3, False), "the hour has come"
    assert [request.headers.get("If-Modified-Since") for request in met_no_server.requests] == [
        None,
        met_no.LAST_MODIFIED,
    ]


def test_met_no_gets_a_request_after_two_hours_whatever_the_expiry(met_no_server):
    now = Now()
    source = MetNo(client(met_no_server), now)
    later = [met_no.step(f"2026-03-26T{hour}:00:00Z", 7.0, "rain") for hour in (18, 19)]
    in_a_year = "Fri, 26 Mar 2027 00:00:00 GMT"
    met_no_server.plays(met_no.forecast(*met_no.SERIES, *later, Expires=in_a_year))
    weather_of(source)
    now.time += timedelta(hours=1, minutes=59)
    weather_of(source)
    assert len(met_no_server.requests) == 1
    now.time += timedelta(minutes=1)

    weather_of(source)

    assert len(met_no_server.requests) == 2


def test_met_no_gets_an_unconditional_request_when_all_hours_have_passed(met_no_server):
    now = Now()
    source = MetNo(client(met_no_server), now)
    met_no_server.plays(met_no.forecast(*met_no.SERIES))
    weather_of(source)
    now.time += timedelta(hours=2)

    weather_of(source)

    assert [request.headers.get("If-Modified-Since") for request in met_no_server.requests] == [
        None,
        None,
    ]


def test_met_no_without_an_expiry_is_requested_again_after_five_minutes(met_no_server):
    now = Now()
    source = MetNo(client(met_no_server), now)
    met_no_server.plays(met_no.forecast(*met_no.SERIES, Expires="soon"))

    weather_of(source)
    now.time += timedelta(minutes=4)
    weather_of(source)
    now.time += timedelta(minutes=2)
    weather_of(source)

    assert len(met_no_server.requests) == 2


def test_met_no_may_know_no_more_than_the_temperature(met_no_server):
    met_no_server.plays(met_no.forecast(met_no.step("2026-03-26T16:00:00Z", 5.2, None)))

    weather = weather_of(MetNo(client(met_no_server), Now()))

    assert (weather.temperature, weather.code, weather.condition) == (5.2, None, "overcast")


def test_met_no_may_have_values_of_six_hours_only(met_no_server):
    six = {"summary": {"symbol_code": "rain_day"}, "details": {"precipitation_amount": 4.5}}
    met_no_server.plays(
        met_no.forecast(met_no.step("2026-03-26T16:00:00Z", 5.2, None, next_6_hours=six))
    )

    weather = weather_of(MetNo(client(met_no_server), Now()))

    assert (weather.condition, weather.code, weather.precipitation) == ("rain", 63, 0.8)


def test_the_wind_is_not_rounded_before_anything_depends_on_it(met_no_server, owm_server):
    step = met_no.step("2026-03-26T16:00:00Z", 5.2, "rain")
    step["data"]["instant"]["details"]["wind_speed"] = 10.83
    met_no_server.plays(met_no.forecast(step))
    owm_server.plays(openweathermap.weather(wind={"speed": 10.83}))

    for source in (
        MetNo(client(met_no_server), Now()),
        OpenWeatherMap(client(owm_server), openweathermap.KEY),
    ):
        assert weather_of(source).wind_speed == pytest.approx(38.988)


@pytest.mark.parametrize(
    "answer",
    [
        met_no.NOTHING_BUT_NULLS,
        met_no.forecast(),
        met_no.forecast(met_no.step("2026-03-26T16:00:00", 5.2, "rain")),
        as_json({}),
    ],
)
def test_nonsense_of_met_no_is_a_failure(met_no_server, answer):
    met_no_server.plays(answer)

    with pytest.raises(SourceFailed):
        weather_of(MetNo(client(met_no_server), Now()))


def test_openweathermap_returns_degrees_celsius(owm_server):
    weather = weather_of(OpenWeatherMap(client(owm_server), openweathermap.KEY))

    assert (weather.temperature, weather.apparent_temperature) == (13.5, 13.1)
    assert (weather.condition, weather.code, weather.is_day) == ("rain", 63, False)
    assert weather.wind_speed == 36.0
    assert (weather.precipitation, weather.cloud_cover) == (3.16, 100)


def test_openweathermap_may_lack_what_a_point_at_sea_lacks(owm_server):
    owm_server.plays(openweathermap.AT_SEA)

    weather = weather_of(OpenWeatherMap(client(owm_server), openweathermap.KEY))

    assert (weather.code, weather.condition) == (None, "overcast")
    assert weather.is_day is True


def test_a_wrong_key_of_openweathermap_is_refused(owm_server):
    with pytest.raises(SourceRefused):
        weather_of(OpenWeatherMap(client(owm_server), "wrong"))


@pytest.mark.parametrize(
    "answer", [openweathermap.NOTHING_BUT_NULLS, openweathermap.NOT_FOUND, as_json({"cod": 200})]
)
def test_nonsense_of_openweathermap_is_a_failure(owm_server, answer):
    owm_server.plays(answer)

    with pytest.raises(SourceUnavailable):
        weather_of(OpenWeatherMap(client(owm_server), openweathermap.KEY))
