"""How long an error is cached."""

import pytest

from mare_services.contract.errors import PlaceNotFound, SourceFailed
from mare_services.upstream.cache import Cache
from tests.fakes.clock import Clock
from tests.unit.upstream.test_cache import FAILED, get, never


@pytest.mark.parametrize(
    ("error", "negative_life", "life_of_the_error"),
    [
        (PlaceNotFound("x"), 300, 300),
        (PlaceNotFound("x"), 2, 2),
        (FAILED, 300, 5),
        (FAILED, 2, 2),
    ],
)
@pytest.mark.parametrize("has_stale_value", [False, True])
def test_an_error_is_cached_for_the_negative_life_and_an_outage_for_five_seconds_at_most(
    error, negative_life, life_of_the_error, has_stale_value
):
    clock = Clock(1000.0)
    cache = Cache(
        "test", life=60, stale_life=3600, negative_life=negative_life, size=3, clock=clock
    )
    if has_stale_value:
        get(cache, lambda: 1)
        clock.now += 60

    def fail():
        raise error

    def outcome(load):
        try:
            found = get(cache, load)
        except (PlaceNotFound, SourceFailed):
            return "error"
        return found.value, found.stale

    failed = outcome(fail)
    clock.now += life_of_the_error - 0.1
    cached = outcome(never)
    clock.now += 0.1
    renewed = outcome(lambda: 2)

    assert failed == cached == ((1, True) if has_stale_value and error is FAILED else "error")
    assert renewed == (2, False)
