"""The service in its own process, asked over a real broker."""

import signal
import time

import pytest

from mare_services.contract import wire
from mare_services.contract.places import PlaceList
from mare_services.contract.weather import WeatherReport
from tests.fakes.upstreams import faults, open_meteo
from tests.fakes.upstreams.server import upstream
from tests.serving import call, serving
from tests.vhost import becomes

pytestmark = pytest.mark.broker

OFFLINE = {"WEATHER_SOURCES": "none", "WEATHER_GEOCODER": "embedded"}


def test_it_answers_all_its_methods_offline_and_stops_on_sigterm(vhost):
    with serving(vhost, "weather", **OFFLINE) as process:
        observed = call(vhost, "weather.observe", {"city": "recife", "lang": "pt"})
        found = call(vhost, "weather.search", {"q": "lon", "lang": "pt", "limit": 3})
        report = call(
            vhost,
            "weather.report",
            {"latitude": -12.5, "longitude": -30.0, "units": "imperial", "lang": "pt"},
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0

    metric = wire.read(observed["result"], WeatherReport)
    assert metric.place.name == "Recife"
    assert (metric.weather.source, metric.weather.units.temperature) == ("climatology", "°C")
    assert wire.read(found["result"], PlaceList).places[0].name == "Londres"
    reported = wire.read(report["result"], WeatherReport)
    assert reported.place.name == "12,50° S, 30,00° O"
    assert reported.weather.condition in {"céu limpo", "parcialmente nublado", "encoberto", "chuva"}
    assert reported.weather.units.temperature == "°F"
    assert reported.degraded == ("weather",)


def test_an_invalid_request_is_rejected_with_the_reason(vhost):
    mistakes = [
        ("weather.observe", {"city": "Xyzzyville"}, "PlaceNotFound"),
        ("weather.observe", {"city": "Springfield", "strict": True}, "PlaceAmbiguous"),
        ("weather.observe", {"city": "x" * 10_000}, "InvalidRequest"),
        ("weather.observe", {"latitude": 91, "longitude": 0}, "InvalidRequest"),
        ("weather.observe", {"city": 5}, "InvalidRequest"),
        ("weather.search", {}, "InvalidRequest"),
        ("weather.observe", {"latitude": 0}, "InvalidRequest"),
        ("weather.report", {"city": "Recife", "units": "kelvin"}, "InvalidRequest"),
        ("weather.report", "Recife", "InvalidRequest"),
    ]
    with serving(vhost, "weather", **OFFLINE):
        replies = [(call(vhost, method, request), kind) for method, request, kind in mistakes]

    for reply, kind in replies:
        assert reply["result"] is None
        assert reply["error"]["exc_type"] == kind
    _, extra = replies[0][0]["error"]["exc_args"]
    assert extra["suggestions"][0]["name"] == "Brazzaville"


def test_no_upstream_makes_it_late(vhost):
    with upstream(open_meteo.play) as server:
        environ = {
            "WEATHER_SOURCES": "open-meteo",
            "WEATHER_OPEN_METEO_URL": server.url,
            "WEATHER_LIVE_SECONDS": "3",
        }
        with serving(vhost, "weather", **environ):
            question = {"city": "Recife"}
            becomes(lambda: source_of(call(vhost, "weather.report", question)), "open-meteo")
            server.plays(faults.dripping_headers(server))
            late = call(vhost, "weather.report", {"city": "London"})  # the upstream never ends

            # Several times, for what is left for the way back is little on a busy machine.
            answers = []
            for city in ("Paris", "Rome", "Madrid", "Vienna", "Oslo"):
                answers += hurried(vhost, city)
                if answers:
                    break
                server.recovers()  # one answer, after which no failure counts any more
                call(vhost, "weather.report", {"city": "Lisbon"})
                server.plays(faults.dripping_headers(server))

    assert source_of(late) == "climatology"
    assert answers
    assert {answer["weather"]["source"] for answer in answers} == {"climatology"}


def source_of(reply):
    return reply["result"]["weather"]["source"]


def hurried(vhost, city):
    """Return the answer, as a list, if a busy machine left the time for one."""
    try:
        reply = call(vhost, "weather.report", {"city": city}, 10, deadline=time.time() + 2.0)
    except TimeoutError:  # it came too late to be begun, and such a request is not answered
        return []
    return [] if reply["error"] else [reply["result"]]
