"""Values that no weather has are unknown; without time or temperature, the source has failed."""

import pytest

from mare_services.contract.errors import SourceFailed
from mare_services.weather.adapters.met_no import MetNo
from mare_services.weather.adapters.open_meteo import OpenMeteo
from mare_services.weather.adapters.openweathermap import OpenWeatherMap
from tests.fakes.upstreams import met_no, open_meteo, openweathermap
from tests.integration.weather.source_client import Now, client, weather_of


@pytest.mark.parametrize("felt", [-9999.0, 298.2, 70.0])
def test_what_it_cannot_feel_like_is_unknown(open_meteo_server, owm_server, felt):
    open_meteo_server.plays(open_meteo.forecast(apparent_temperature=felt))
    owm_server.plays(openweathermap.weather(main={"temp": 13.5, "feels_like": felt}))

    for source in (
        OpenMeteo(client(open_meteo_server)),
        OpenWeatherMap(client(owm_server), openweathermap.KEY),
    ):
        assert weather_of(source).apparent_temperature is None


@pytest.mark.parametrize("lie", [-1.0, 9999.0, 1e308])
def test_values_that_cannot_be_are_unknown(open_meteo_server, met_no_server, owm_server, lie):
    open_meteo_server.plays(
        open_meteo.forecast(
            wind_speed_10m=lie,
            precipitation=lie,
            cloud_cover=lie,
            relative_humidity_2m=lie,
            weather_code=lie,
        )
    )
    step = met_no.step("2026-03-26T16:00:00Z", 5.2, "unknown")
    step["data"]["instant"]["details"] |= {
        "wind_speed": lie,
        "cloud_area_fraction": lie,
        "relative_humidity": lie,
    }
    step["data"]["next_1_hours"]["details"]["precipitation_amount"] = lie
    met_no_server.plays(met_no.forecast(step))
    owm_server.plays(
        openweathermap.weather(
            weather=[{"id": int(lie) if lie < 1e9 else 2**63}],
            main={"temp": 13.5, "humidity": lie},
            wind={"speed": lie},
            clouds={"all": lie},
            rain={"1h": lie},
        )
    )

    for source in (
        OpenMeteo(client(open_meteo_server)),
        MetNo(client(met_no_server), Now()),
        OpenWeatherMap(client(owm_server), openweathermap.KEY),
    ):
        weather = weather_of(source)
        assert (weather.wind_speed, weather.precipitation) == (None, None)
        assert (weather.cloud_cover, weather.humidity, weather.code) == (None, None, None)
        assert weather.condition == "partly cloudy"


@pytest.mark.parametrize("time", [-1, 253_402_300_800, 10**18, 10**30])
def test_a_time_that_cannot_be_is_a_failure(open_meteo_server, owm_server, time):
    open_meteo_server.plays(open_meteo.forecast(time=time))
    owm_server.plays(openweathermap.weather(dt=time))

    for source in (
        OpenMeteo(client(open_meteo_server)),
        OpenWeatherMap(client(owm_server), openweathermap.KEY),
    ):
        with pytest.raises(SourceFailed, match="unknown format"):
            weather_of(source)


def test_met_no_may_send_an_expiry_that_no_clock_can_hold(met_no_server):
    hour = "9" * 20
    met_no_server.plays(
        met_no.forecast(*met_no.SERIES, Expires=f"Thu, 26 Mar 2026 {hour}:00:00 GMT")
    )

    assert weather_of(MetNo(client(met_no_server), Now())).temperature == 5.2
