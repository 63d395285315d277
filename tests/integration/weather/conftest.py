"""The three weather APIs, played on this machine."""

import pytest

from tests.fakes.upstreams import met_no, open_meteo, openweathermap
from tests.fakes.upstreams.patience import patience  # noqa: F401
from tests.fakes.upstreams.server import upstream
from tests.integration.weather.assembling import PATIENT_SECONDS


@pytest.fixture
def open_meteo_server():
    with upstream(open_meteo.play) as server:
        yield server


@pytest.fixture
def met_no_server():
    with upstream(met_no.play) as server:
        yield server


@pytest.fixture
def owm_server():
    with upstream(openweathermap.play) as server:
        yield server


@pytest.fixture
def environ(open_meteo_server, met_no_server, owm_server):
    return {
        "WEATHER_OPEN_METEO_URL": open_meteo_server.url,
        "WEATHER_OPEN_METEO_GEOCODING_URL": open_meteo_server.url,
        "WEATHER_MET_NO_URL": met_no_server.url,
        "WEATHER_OPENWEATHERMAP_URL": owm_server.url,
        "WEATHER_LIVE_SECONDS": str(PATIENT_SECONDS),
        "WEATHER_GEOCODER_SECONDS": str(PATIENT_SECONDS),
    }
