"""The use cases on real sockets: whatever the upstreams do, there is an answer in time."""

import itertools
import logging
import statistics
from dataclasses import replace

import pytest

from mare_services.contract.errors import (
    PlaceNotFound,
    SourceFailed,
    SourceLimited,
    SourceRefused,
    SourceTimedOut,
    SourceUnavailable,
)
from mare_services.contract.places import PlaceQuery
from mare_services.upstream import client
from mare_services.upstream.client import CONNECT_SECONDS, JsonClient
from mare_services.upstream.guarded import Guarded
from mare_services.weather.adapters.open_meteo import OpenMeteo
from mare_services.weather.assembly import live_weather, locator, observer
from mare_services.weather.observer import Observer
from mare_services.weather.settings import Settings
from tests.fakes.clock import Clock
from tests.fakes.upstreams import faults, openweathermap
from tests.integration.weather.assembling import (
    BUSY_SECONDS,
    LIVE_SECONDS,
    NOT_WAITED,
    PATIENT_SECONDS,
    assembled,
    in_background,
    place,
    timed,
)
from tests.vhost import eventually


def test_open_meteo_is_first_and_in_the_attribution(environ, met_no_server):
    observed = assembled(environ, observer).observe(place())

    assert observed.weather.source == "open-meteo"
    assert observed.attribution == ("Weather data by Open-Meteo.com, CC BY 4.0",)
    assert not observed.weather.degraded
    assert met_no_server.requests == []


def test_a_second_live_source_is_no_degradation(environ, open_meteo_server):
    open_meteo_server.plays(faults.BROKEN_IN_HTML)

    observed = assembled(environ, observer).observe(place())

    assert observed.weather.source == "met.no"
    assert not observed.weather.degraded


def test_neighbours_share_an_answer_for_a_quarter_of_an_hour(environ, open_meteo_server):
    observing = assembled(environ, observer)

    first = observing.observe(place(-8.0501, -34.8803))
    again = observing.observe(place(-8.0499, -34.8797))

    assert first == again
    assert len(open_meteo_server.requests) == 1


@pytest.mark.parametrize("fault", faults.ONE_OF_EACH_ERROR)
def test_weather_is_returned_in_time_after_any_fault_of_all_upstreams(
    environ, open_meteo_server, met_no_server, fault
):
    environ["WEATHER_LIVE_SECONDS"] = str(LIVE_SECONDS)
    for server in (open_meteo_server, met_no_server):
        server.plays(faults.EVERY_FAULT[fault](server))
    observing = assembled(environ, observer)

    observed, seconds = timed(observing.observe, place())
    again, _ = timed(observing.observe, place())
    at_once = [timed(observing.observe, place())[1] for _ in range(5)]

    assert observed.weather.source == again.weather.source == "climatology"
    assert observed.weather.estimated
    assert observed.weather.degraded
    assert 20 < observed.weather.temperature < 32
    assert observed.attribution == (
        "Contains modified Copernicus Climate Change Service information",
    )
    assert seconds < LIVE_SECONDS + BUSY_SECONDS
    assert statistics.median(at_once) < NOT_WAITED


@pytest.mark.parametrize(
    "fault",
    [faults.UNAUTHORIZED, faults.FORBIDDEN_IN_WORDS, faults.LIMITED_FOR_A_DAY],
    ids=["401", "403", "429"],
)
def test_an_upstream_that_refuses_the_credentials_is_called_once(environ, open_meteo_server, fault):
    open_meteo_server.plays(fault)
    observing = assembled(environ, observer)

    for degree in range(5):
        assert observing.observe(place(degree, degree)).weather.source == "met.no"

    assert len(open_meteo_server.requests) == 1


def test_a_recovered_upstream_is_detected_in_the_background(environ, open_meteo_server):
    environ["WEATHER_SOURCES"] = "open-meteo"
    observing = assembled(environ, observer)
    open_meteo_server.plays(faults.as_json({}, 429, Retry_After="1"))
    observing.observe(place(1, 1))
    open_meteo_server.recovers()

    degrees, waits = itertools.count(2), []

    def is_back():
        degree = next(degrees) / 4
        observed, seconds = timed(observing.observe, place(degree, degree))
        waits.append(seconds)
        return observed.weather.source == "open-meteo"

    eventually(is_back)
    assert len(waits) > 1
    assert statistics.median(waits) < NOT_WAITED


@pytest.mark.parametrize("nowhere", [faults.black_hole, faults.closed_port])
def test_a_machine_without_internet_waits_once_and_never_again(environ, nowhere, monkeypatch):
    monkeypatch.setattr(client, "CONNECT_SECONDS", CONNECT_SECONDS)

    def locate_and_observe(*errors):
        with pytest.raises((PlaceNotFound, *errors)):
            locating.locate(PlaceQuery(city="Trancoso"))
        return observing.observe(place())

    with nowhere() as url:
        offline = {name: url for name in environ if name.endswith("_URL")}
        locating, observing = assembled(offline, locator), assembled(offline, observer)
        # The first caller may be out of time before the connection is given up.
        first, seconds = timed(locate_and_observe, SourceTimedOut)
        later = [timed(locate_and_observe)[1] for _ in range(20)]
        elsewhere = [timed(observing.observe, place(degree, degree))[1] for degree in range(20)]

    assert first.weather.source == "climatology"
    assert seconds < 2.0 + LIVE_SECONDS + BUSY_SECONDS
    assert statistics.median(later) < NOT_WAITED
    assert statistics.median(elsewhere) < NOT_WAITED


def test_old_weather_stands_in_for_none(environ, open_meteo_server):
    environ |= {"WEATHER_SOURCES": "open-meteo"}
    clock = Clock(1000.0)
    source = OpenMeteo(JsonClient("open-meteo", open_meteo_server.url))
    live = live_weather(
        [Guarded(source, spawn=in_background)],
        Settings(live_seconds=PATIENT_SECONDS),
        in_background,
        clock,
    )
    observing = Observer(live, None)
    fresh = observing.observe(place())
    open_meteo_server.plays(faults.BROKEN_IN_HTML)
    clock.now += 901

    stale = observing.observe(place())

    assert stale.weather == replace(fresh.weather, stale=True)
    assert stale.weather.degraded
    clock.now += 10_800
    with pytest.raises(SourceFailed):
        observing.observe(place())


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.BROKEN_IN_HTML, SourceFailed),
        (faults.FORBIDDEN_IN_WORDS, SourceRefused),
        (faults.LIMITED_FOR_A_DAY, SourceLimited),
    ],
    ids=["500", "403", "429"],
)
def test_with_embedded_data_switched_off_errors_surface(
    environ, open_meteo_server, met_no_server, fault, error
):
    environ["WEATHER_EMBEDDED"] = "false"
    for server in (open_meteo_server, met_no_server):
        server.plays(fault)
    observing, locating = assembled(environ, observer), assembled(environ, locator)

    for _ in range(2):
        with pytest.raises(error) as caught:
            observing.observe(place())
        with pytest.raises(error):
            locating.locate(PlaceQuery(city="Recife"))
        assert "secret-of-the-upstream" not in repr(caught.value)


def test_without_live_sources_nothing_leaves_the_machine(environ, open_meteo_server, met_no_server):
    environ |= {"WEATHER_SOURCES": "none", "WEATHER_GEOCODER": "embedded"}

    assert assembled(environ, observer).observe(place()).weather.source == "climatology"
    with pytest.raises(PlaceNotFound):
        assembled(environ, locator).locate(PlaceQuery(city="Trancoso"))
    assert open_meteo_server.requests == met_no_server.requests == []


def test_no_fault_makes_the_key_show(environ, owm_server, caplog):
    caplog.set_level(logging.DEBUG)
    environ |= {
        "WEATHER_OPENWEATHERMAP_KEY": openweathermap.KEY,
        "WEATHER_SOURCES": "openweathermap",
        "WEATHER_EMBEDDED": "false",
        "WEATHER_LIVE_SECONDS": str(LIVE_SECONDS),
    }
    for fault in faults.EVERY_FAULT.values():
        owm_server.plays(fault(owm_server))
        with pytest.raises(SourceUnavailable) as caught:
            assembled(environ, observer).observe(place())
        assert openweathermap.KEY not in repr(caught.value) + repr(Settings.from_env(environ))

    assert caplog.text
    assert openweathermap.KEY not in caplog.text
