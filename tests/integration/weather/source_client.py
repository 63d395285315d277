"""Asks one source for the weather of São Paulo."""

from datetime import UTC, datetime

from mare_services.contract.places import Place
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient

SAO_PAULO = Place(
    id=3448439,
    name="São Paulo",
    admin1="São Paulo",
    country_code="BR",
    latitude=-23.5475,
    longitude=-46.63611,
    timezone="America/Sao_Paulo",
)


class Now:
    """A clock of the wall that tests set."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 26, 16, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


def client(server, name="source"):
    return JsonClient(name, server.url, contact="ops@example.org")


def weather_of(source):
    return source.answer(SAO_PAULO, Budget.of(60)).weather
