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
    """A locator that asks nobody."""
    return Locator(gazetteer, [ExactNames(gazetteer), MisspeltNames(gazetteer)], PolygonTimeZones())


@pytest.fixture(scope="session")
def climatology():
    return Climatology(CLIMATOLOGY.read_bytes())
