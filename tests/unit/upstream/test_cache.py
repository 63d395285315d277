"""What is kept, for how long, and who waits for whom."""

import threading

import pytest

from mare_services.contract.errors import SourceFailed, SourceTimedOut
from mare_services.upstream.budget import Budget
from mare_services.upstream.cache import Cache
from tests.fakes.clock import Clock

FAILED = SourceFailed("example failed.", {"source": "example"})


@pytest.fixture
def clock():
    return Clock(1000.0)


@pytest.fixture
def cache(clock):
    return Cache("test", life=60, stale_life=600, negative_life=5, size=3, clock=clock)


def never():
    raise AssertionError("nothing should be loaded")


def failing():
    raise FAILED


def get(cache, load, key="k"):
    return cache.get(key, load, Budget.of(60))


def test_a_fresh_value_is_not_loaded_again(cache, clock):
    get(cache, lambda: 1)
    clock.now += 59.9

    found = get(cache, never)

    assert (found.value, found.stale) == (1, False)


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
        released.wait(60)
        return 42

    def read():
        enough.wait()
        results.append(get(cache, load).value)

    released = threading.Event()
    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    enough.wait()
    released.set()
    for thread in threads:
        thread.join()

    assert (results, len(loads)) == ([42] * 8, 1)


def test_waiting_for_another_caller_ends_with_the_own_budget(cache):
    started, released = threading.Event(), threading.Event()

    def load():
        started.set()
        released.wait(60)
        return 42

    leader = threading.Thread(target=lambda: get(cache, load))
    leader.start()
    started.wait(60)
    with pytest.raises(SourceTimedOut):
        cache.get("k", never, Budget.of(0.05))
    released.set()
    leader.join()

    assert get(cache, never).value == 42


def in_a_thread(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("error", [SystemExit(), ConnectionError("the broker is away")])
def test_callers_load_the_value_themselves_if_the_first_load_raises_another_error(cache, error):
    started, waited_for, results = threading.Event(), threading.Event(), []

    def lead():
        with pytest.raises(type(error)):
            get(cache, load)

    def load():
        started.set()
        waited_for.wait(60)
        raise error

    def clock_of_the_follower():
        waited_for.set()
        return 0.0

    def follow():
        started.wait(60)
        budget = Budget(60.0, clock_of_the_follower)
        results.append(cache.get("k", lambda: 2, budget).value)

    for thread in [in_a_thread(lead), in_a_thread(follow)]:
        thread.join()

    assert results == [2]


def test_a_waiting_caller_gets_the_error_of_its_own_load(cache):
    started, waited_for, met = threading.Event(), threading.Event(), []

    def read(load, budget):
        try:
            cache.get("k", load, budget)
        except ConnectionError as error:
            met.append(str(error))

    def first():
        started.set()
        waited_for.wait(60)
        raise ConnectionError("mine")

    def second():
        raise ConnectionError("my own")

    def clock_of_the_follower():
        waited_for.set()
        return 0.0

    leader = in_a_thread(lambda: read(first, Budget.of(60)))
    started.wait(60)
    read(second, Budget(60.0, clock_of_the_follower))
    leader.join()

    assert sorted(met) == ["mine", "my own"]


@pytest.fixture
def shared(clock):
    """A cache whose loads go on without their callers, on a clock that stands still."""
    return Cache(
        "test", life=60, stale_life=600, negative_life=5, size=3, spawn=in_a_thread, clock=clock
    )


def test_a_load_continues_for_others_when_its_caller_has_no_time_left(shared):
    released = threading.Event()

    def load():
        released.wait(60)
        return 42

    with pytest.raises(SourceTimedOut):
        shared.get("k", load, Budget.of(0.01))
    released.set()

    assert get(shared, never).value == 42


def test_a_caller_whose_budget_ends_gets_the_stale_value(shared, clock):
    released = threading.Event()
    get(shared, lambda: 1)
    clock.now += 60

    found = shared.get("k", lambda: released.wait(60), Budget.of(0.01))
    released.set()

    assert (found.value, found.stale) == (1, True)


def test_an_error_in_the_background_reaches_the_caller(shared):
    with pytest.raises(ZeroDivisionError):
        get(shared, lambda: 1 / 0)
    with pytest.raises(SourceFailed):
        get(shared, failing)


def test_peek_returns_a_stale_value_without_a_call(cache, clock):
    with pytest.raises(SourceTimedOut):
        cache.peek("k")
    get(cache, lambda: 1)
    clock.now += 61

    found = cache.peek("k")

    assert (found.value, found.stale) == (1, True)


def test_a_stopgap_is_remembered_no_longer_than_an_error(clock):
    cache = Cache(
        "test",
        life=60,
        stale_life=0,
        negative_life=5,
        size=3,
        is_stopgap=lambda value: value == "estimate",
        clock=clock,
    )
    get(cache, lambda: "estimate")
    clock.now += 4
    assert get(cache, never).value == "estimate"
    clock.now += 1

    assert get(cache, lambda: "measured").value == "measured"
    clock.now += 59
    assert get(cache, never).value == "measured"
