"""Which source observes the weather, and callers with little time left."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from mare_services.contract.errors import SourceFailed, SourceTimedOut
from mare_services.contract.places import Place
from mare_services.contract.weather import Weather
from mare_services.upstream.budget import Budget
from mare_services.upstream.guarded import Guarded
from mare_services.weather.adapters.validation import Observed, TimeChecked
from mare_services.weather.assembly import live_weather
from mare_services.weather.observer import Observer
from mare_services.weather.settings import Settings

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
RECIFE, OLINDA = (-8.05, -34.88), (-8.01, -34.85)


def place(point=RECIFE):
    return Place(
        id=None, name="", admin1=None, country_code=None, timezone="Etc/GMT",
        latitude=point[0], longitude=point[1],
    )  # fmt: skip


def observed(at=NOON, source="live"):
    weather = Weather(
        temperature=20.0, apparent_temperature=None, condition="clear", code=0, is_day=True,
        observed_at=at, source=source,
    )  # fmt: skip
    return Observed(weather=weather)


class Slow:
    """Answers when it is let, and notes how long it was given."""

    name = "live"

    def __init__(self):
        self.budgets = []
        self.may_answer = threading.Event()

    def answer(self, _place, budget):
        self.budgets.append(budget.left())
        assert self.may_answer.wait(60)
        return observed()


@pytest.fixture
def source():
    return Slow()


@pytest.fixture
def threads():
    return []


@pytest.fixture
def observer(source, climatology, threads):
    def spawn(work):
        threads.append(threading.Thread(target=work, daemon=True))
        threads[-1].start()

    return Observer(live_weather([Guarded(source, spawn=spawn)], Settings(), spawn), climatology)


def test_a_caller_with_little_time_gets_an_estimate_and_the_next_one_the_live_weather(
    observer, source, threads
):
    early = observer.observe(place(), 0.2)
    source.may_answer.set()
    threads[0].join()

    assert early.weather.source == "climatology"
    assert observer.observe(place()).weather.source == "live"
    assert source.budgets == [pytest.approx(2, abs=0.2)], "asked once, with all the time there is"


def test_a_caller_with_little_time_opens_no_breaker(observer, source, threads):
    for _ in range(3):
        observer.observe(place(), 0.2)
    source.may_answer.set()
    threads[0].join()

    assert observer.observe(place(OLINDA)).weather.source == "live"


def test_without_time_no_source_is_called(observer, source):
    assert observer.observe(place(), -1.0).weather.source == "climatology"
    assert source.budgets == []


def test_without_time_the_cached_weather_is_returned(observer, source):
    source.may_answer.set()
    observer.observe(place())

    assert observer.observe(place(), -1.0).weather.source == "live"


class Fixed:
    name = "live"

    def __init__(self, at):
        self.at = at

    def answer(self, _place, _budget):
        return observed(self.at)


@pytest.mark.parametrize("hours", [-3, 0, 1])
def test_weather_of_about_now_is_accepted(hours):
    source = TimeChecked(Fixed(NOON + timedelta(hours=hours)), lambda: NOON)

    assert source.answer(place(), Budget.of(1)).weather.temperature == 20


@pytest.mark.parametrize("at", [datetime(1970, 1, 1, tzinfo=UTC), NOON - timedelta(hours=3.1)])
def test_weather_of_another_time_is_a_failure(at):
    with pytest.raises(SourceFailed):
        TimeChecked(Fixed(at), lambda: NOON).answer(place(), Budget.of(1))


def test_without_climatology_a_caller_with_little_time_gets_a_timeout(source):
    live = live_weather(
        [Guarded(source, spawn=threading.Thread)],
        Settings(),
        spawn=lambda work: threading.Thread(target=work, daemon=True).start(),
    )
    observer = Observer(live, None)

    with pytest.raises(SourceTimedOut):
        observer.observe(place(), 0.2)
    source.may_answer.set()
