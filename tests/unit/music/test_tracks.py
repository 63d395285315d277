"""Tracks from several calls, of which the later ones may fail."""

import pytest

from mare_services.contract.errors import SourceFailed, SourceLimited
from mare_services.contract.music import Track
from mare_services.music.adapters.tracks import collect_tracks


def batch(first, last, *, explicit=False):
    return [
        Track(title=f"T{n}", artists=(f"A{n}",), url="https://x", explicit=explicit)
        for n in range(first, last)
    ]


def failing(*batches):
    yield from batches
    raise SourceLimited("too fast", {"retry_after": 3})


def test_batches_are_joined_in_order():
    assert collect_tracks("x", [batch(0, 2), batch(2, 3)]) == tuple(batch(0, 3))


def test_no_call_is_made_once_the_tracks_suffice():
    def batches():
        yield batch(0, 50)
        pytest.fail("asked for more than is of use")

    assert len(collect_tracks("x", batches())) == 50


def test_a_failure_is_forgiven_when_there_are_enough_tracks():
    assert len(collect_tracks("x", failing(batch(0, 20)))) == 20


def test_a_failure_is_passed_on_when_there_are_too_few():
    with pytest.raises(SourceLimited) as failure:
        collect_tracks("x", failing(batch(0, 19), batch(19, 40, explicit=True)))

    assert failure.value.extra == {"retry_after": 3}


def test_too_few_tracks_without_a_failure_are_better_than_none():
    assert len(collect_tracks("x", [batch(0, 1)])) == 1


def test_no_track_at_all_is_a_failure():
    with pytest.raises(SourceFailed, match="x found nothing"):
        collect_tracks("x", [[], []])
