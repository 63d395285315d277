"""The live sources with their memory, on a clock of our own."""

import pytest

from mare_services.contract.errors import SourceTimedOut, SourceUnavailable
from mare_services.contract.music import Mood, Track
from mare_services.music.assembly import live_music
from mare_services.music.domain.language_areas import LanguageArea
from mare_services.music.domain.material import Material, MaterialQuery
from mare_services.music.settings import Settings
from mare_services.upstream.guarded import Guarded
from tests.fakes.clock import Clock

HOUR = 3600.0
QUERY = MaterialQuery(mood=Mood.PARTY, market="BR", area=LanguageArea.LUSOPHONE)


class Source:
    def __init__(self, name):
        self.name = name
        self.is_up = True
        self.calls = []

    def answer(self, query, budget):
        self.calls.append((query, budget.left()))
        if not self.is_up:
            raise SourceTimedOut(f"{self.name} cannot be reached.", {"unreachable": True})
        track = Track(title="Sossego", artists=("Tim Maia",), url="https://x")
        return Material(source=self.name, tracks=(track,), playlists=())


@pytest.fixture
def clock():
    return Clock(1000.0)


@pytest.fixture
def first():
    return Source("first")


@pytest.fixture
def second():
    return Source("second")


def at_once(work):
    work()


@pytest.fixture
def live(clock, first, second):
    guarded = [Guarded(each, spawn=at_once, clock=clock) for each in (first, second)]
    return live_music(guarded, Settings(), at_once, clock).get


def test_material_is_requested_once_in_its_life(live, clock, first):
    live(QUERY)
    clock.now += 6 * HOUR - 1
    assert live(QUERY).stale is False
    assert len(first.calls) == 1

    clock.now += 2
    assert live(QUERY).stale is False
    assert len(first.calls) == 2


def test_another_mood_is_another_question(live, first):
    live(QUERY)
    live(MaterialQuery(mood=Mood.INDIE, market="BR", area=LanguageArea.LUSOPHONE))

    assert len(first.calls) == 2


def test_a_second_source_is_fresher_than_memory(live, clock, first):
    live(QUERY)
    first.is_up = False
    clock.now += 7 * HOUR

    found = live(QUERY)
    assert (found.value.source, found.stale) == ("second", False)


def test_old_material_stands_in_when_no_source_answers_but_not_for_ever(live, clock, first, second):
    live(QUERY)
    first.is_up = second.is_up = False
    clock.now += 23 * HOUR
    found = live(QUERY)
    assert (found.value.source, found.stale) == ("first", True)

    clock.now += 2 * HOUR
    with pytest.raises(SourceUnavailable):
        live(QUERY)
