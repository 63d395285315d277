import pytest

from mare_nameko.settings import SettingsError
from mare_services.weather.settings import Settings


def test_without_variables_the_keyless_live_sources_are_used():
    settings = Settings.from_env({})

    assert settings.live_sources == ("open-meteo", "met.no")
    assert (settings.geocoder, settings.embedded) == ("auto", True)
    assert (settings.live_seconds, settings.geocoder_seconds) == (2.0, 0.8)


def test_a_key_brings_its_source_in_first():
    settings = Settings.from_env({"WEATHER_OPENWEATHERMAP_KEY": "k3y"})

    assert settings.live_sources == ("openweathermap", "open-meteo", "met.no")
    assert "k3y" not in repr(settings)


@pytest.mark.parametrize(
    ("sources", "live"),
    [("met.no", ("met.no",)), ("met.no, open-meteo", ("met.no", "open-meteo")), ("none", ())],
)
def test_sources_are_used_in_the_order_given(sources, live):
    assert Settings.from_env({"WEATHER_SOURCES": sources}).live_sources == live


@pytest.mark.parametrize(
    ("environ", "complaints"),
    [
        ({"WEATHER_SOURCES": "accuweather"}, ["WEATHER_SOURCES"]),
        ({"WEATHER_SOURCES": "auto,met.no"}, ["cannot be combined"]),
        ({"WEATHER_SOURCES": "met.no,open-meteo,met.no"}, ["twice"]),
        ({"WEATHER_SOURCES": ","}, ["no source"]),
        ({"WEATHER_MET_NO_URL": "api.met.no"}, ["WEATHER_MET_NO_URL"]),
        ({"WEATHER_OPEN_METEO_URL": "http://foo bar"}, ["WEATHER_OPEN_METEO_URL"]),
        ({"WEATHER_SOURCES": "openweathermap"}, ["WEATHER_OPENWEATHERMAP_KEY"]),
        (
            {"WEATHER_GEOCODER": "embedded", "WEATHER_EMBEDDED": "false"},
            ["WEATHER_GEOCODER", "WEATHER_EMBEDDED"],
        ),
        (
            {"WEATHER_LIVE_SECONDS": "soon", "WEATHER_CACHE_ENTRIES": "0"},
            ["WEATHER_LIVE_SECONDS", "WEATHER_CACHE_ENTRIES"],
        ),
    ],
)
def test_all_mistakes_are_reported_at_once(environ, complaints):
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)

    for complaint in complaints:
        assert complaint in str(caught.value)
