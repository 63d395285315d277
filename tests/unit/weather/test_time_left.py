"""How long a live answer may take, so that its caller still gets the reply."""

import math
import time
from types import SimpleNamespace

import pytest

from mare_nameko.service.context import MessageContext, current
from mare_services.contract.errors import SourceUnavailable
from mare_services.weather import service
from mare_services.weather.service import SECONDS_TO_ANSWER


def test_a_part_of_the_deadline_is_kept_for_the_reply():
    assert service._time_left() == math.inf
    now = current.set(MessageContext("weather", "report", "r", None, time.time() + 3600))
    try:
        left = service._time_left()
    finally:
        current.reset(now)

    assert 3000 < left <= 3600 - SECONDS_TO_ANSWER


def test_the_observer_gets_the_time_that_is_left(monkeypatch):
    def observe(_, time_left=math.inf):
        given.append(time_left)
        raise SourceUnavailable("none")

    given = []
    monkeypatch.setattr(service, "_time_left", lambda: 1.5)
    weather = service.WeatherService()
    weather.resources = SimpleNamespace(
        locator=SimpleNamespace(locate=lambda _: SimpleNamespace(place=None)),
        observer=SimpleNamespace(observe=observe),
    )

    with pytest.raises(SourceUnavailable):
        weather.observe({"city": "Recife"})

    assert given == [1.5]
