"""The service in its own process, asked over a real broker."""

import signal

import pytest

from mare_services.contract import wire
from mare_services.contract.places import PlaceList
from mare_services.contract.weather import WeatherReport
from tests.serving import call, serving

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
