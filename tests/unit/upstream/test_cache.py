"""What is kept, for how long, and who waits for whom."""

import threading

import pytest

from services.contract.errors import PlaceNotFound, SourceFailed, SourceTimedOut
from services.upstream.budget import Budget
from services.upstream.cache import Cache

FAILED = SourceFailed("example failed.", {"source": "example"})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cache(clock):
    return Cache("test", life=60, stale_life=600, negative_life=5, size=3, clock=clock)


def never():
    raise AssertionError("nothing should be loaded")


def failing():
    raise FAILED


def get(cache, load, key="k"):
    return cache.get(key, load, Budget.of(5))


def test_a_fresh_value_is_not_loaded_again(cache, clock):
    get(cache, lambda: 1)
    clock.now += 59.9

    found = get(cache, never)

    assert (found.value, found.age, found.stale) == (1, pytest.approx(59.9), False)


def test_a_value_past_its_life_is_renewed(cache, clock):
    get(cache, lambda: 1)
    clock.now += 60

    assert get(cache, lambda: 2).value == 2


def test_an_old_value_stands_in_for_a_failing_source_which_is_left_alone_for_a_while(cache, clock):
    get(cache, lambda: 1)
    clock.now += 60

    first = get(cache, failing)
    clock.now += 4
    second = get(cache, never)
    clock.now += 1
    third = get(cache, lambda: 2)

    assert [(it.value, it.stale) for it in (first, second, third)] == [
        (1, True),
        (1, True),
        (2, False),
    ]


def test_a_value_is_too_old_in_the_end(cache, clock):
    get(cache, lambda: 1)
    clock.now += 660

    with pytest.raises(SourceFailed):
        get(cache, failing)


def test_an_error_is_remembered_for_a_while(cache, clock):
    with pytest.raises(SourceFailed):
        get(cache, failing)
    clock.now += 4.9
    with pytest.raises(SourceFailed) as caught:
        get(cache, never)
    clock.now += 0.1

    assert (caught.value.detail, caught.value.extra) == (FAILED.detail, FAILED.extra)
    assert caught.value is not FAILED
    assert get(cache, lambda: 2).value == 2


def test_a_place_that_is_gone_is_not_served_from_old_values(cache, clock):
    def not_found():
        raise PlaceNotFound("No such place.")

    get(cache, lambda: 1)
    clock.now += 60

    with pytest.raises(PlaceNotFound):
        get(cache, not_found)


def test_a_mistake_of_ours_is_not_remembered(cache):
    with pytest.raises(ZeroDivisionError):
        get(cache, lambda: 1 / 0)

    assert get(cache, lambda: 2).value == 2


def test_it_forgets_what_was_used_least_recently(cache):
    for key in "abc":
        get(cache, lambda: 1, key)
    get(cache, never, "a")
    get(cache, lambda: 1, "d")

    get(cache, never, "a")
    assert get(cache, lambda: 2, "b").value == 2


def test_many_callers_load_once(cache):
    enough, results, loads = threading.Barrier(9), [], []

    def load():
        loads.append(1)
        released.wait(5)
        return 42

    def ask():
        enough.wait()
        results.append(get(cache, load).value)

    released = threading.Event()
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    enough.wait()
    released.set()
    for thread in threads:
        thread.join()

    assert (results, len(loads)) == ([42] * 8, 1)


def test_who_waits_for_another_caller_does_so_within_the_own_budget(cache):
    started, released = threading.Event(), threading.Event()

    def load():
        started.set()
        released.wait(5)
        return 42

    leader = threading.Thread(target=lambda: get(cache, load))
    leader.start()
    started.wait(5)
    with pytest.raises(SourceTimedOut):
        cache.get("k", never, Budget.of(0.05))
    released.set()
    leader.join()

    assert get(cache, never).value == 42


def test_who_waits_learns_of_the_end_of_the_leader(cache):
    started, waiting, learnt = threading.Event(), threading.Event(), []

    def load():
        started.set()
        waiting.wait(5)
        raise SystemExit

    def lead():
        with pytest.raises(SystemExit):
            get(cache, load)

    def clock_of_the_follower():
        waiting.set()
        return 0.0

    def follow():
        started.wait(5)
        try:
            cache.get("k", never, Budget(5.0, clock_of_the_follower))
        except SourceTimedOut as error:
            learnt.append(error)

    threads = [threading.Thread(target=lead), threading.Thread(target=follow)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(learnt) == 1
    assert get(cache, lambda: 2).value == 2
