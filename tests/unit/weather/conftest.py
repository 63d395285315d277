import sys

import pytest

from mare_services.weather.adapters.gazetteer import EmbeddedGazetteer
from mare_services.weather.adapters.time_zones import PolygonTimeZones
from mare_services.weather.assembly import CLIMATOLOGY
from mare_services.weather.domain.climate import Climatology
from mare_services.weather.finders import ExactNames, MisspeltNames
from mare_services.weather.locator import Locator


@pytest.fixture(scope="session")
def gazetteer():
    return EmbeddedGazetteer.from_package()


@pytest.fixture(scope="session")
def locator(gazetteer):
    """A locator without a geocoder."""
    return Locator(gazetteer, [ExactNames(gazetteer), MisspeltNames(gazetteer)], PolygonTimeZones())


@pytest.fixture(scope="session")
def climatology():
    return Climatology(CLIMATOLOGY.read_bytes())


@pytest.fixture
def effort(gazetteer):
    """Count the calls of Python and of C that a function makes, and the steps of its queries.

    Unlike seconds, they are the same on a machine that is busy.
    """

    gazetteer.resembling("recife")  # loads the index

    def effort(function):
        calls = steps = 0

        def call(*_):
            nonlocal calls
            calls += 1

        def step():
            nonlocal steps
            steps += 100

        gazetteer._database.set_progress_handler(step, 100)
        sys.setprofile(call)
        try:
            function()
        finally:
            sys.setprofile(None)
            gazetteer._database.set_progress_handler(None, 0)
        return calls, steps

    return effort
