"""The cache of answers: one load for all, stale ones while a new one is loaded, bounded."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mare_gateway.caching.answer_cache import ENTRY_BYTES, Answer, AnswerCache
from tests.fakes.clock import Clock


class Service:
    """Gives numbered answers, or the error that is set; it may be held."""

    def __init__(self, size=10, max_age=60):
        self.loads = 0
        self.error = None
        self.size, self.max_age = size, max_age
        self.free = threading.Event()
        self.free.set()
        self.load_started = threading.Semaphore(0)

    def __call__(self):
        self.loads += 1
        self.load_started.release()
        assert self.free.wait(30)
        if self.error:
            raise self.error
        body = str(self.loads).encode().ljust(self.size)
        return Answer(body=body, etag=f'"{self.loads}"', language="en", max_age=self.max_age)


@pytest.fixture
def clock():
    return Clock(1000.0)


@pytest.fixture
def cache(clock):
    return AnswerCache(1_000_000, clock)


@pytest.fixture
def service():
    return Service()


def get(cache, service, key=b"k", seconds=30.0):
    return cache.get(key, service, reload=service, seconds=seconds)


def refreshed(cache):
    """Wait for the loads in the background."""
    cache._refreshing.shutdown(wait=True)
    cache._refreshing = ThreadPoolExecutor(1)


def test_an_answer_is_loaded_once_while_it_is_fresh(cache, service, clock):
    first = get(cache, service)
    clock.now += 59.9

    again = get(cache, service)

    assert (first.outcome, again.outcome) == ("loaded", "hit")
    assert (again.answer, again.age) == (first.answer, 59)
    assert service.loads == 1


def test_concurrent_requests_share_one_load(cache, service):
    service.free.clear()
    with ThreadPoolExecutor(20) as threads:
        futures = [threads.submit(get, cache, service) for _ in range(20)]
        assert service.load_started.acquire(timeout=30)
        service.free.set()
        found = [each.result() for each in futures]

    assert service.loads == 1
    assert {each.answer for each in found} == {found[0].answer}
    assert [each.outcome for each in found].count("loaded") == 1


def test_a_stale_answer_is_returned_at_once_and_renewed_in_the_background(cache, service, clock):
    old = get(cache, service).answer
    clock.now += 60
    service.free.clear()

    found = [get(cache, service) for _ in range(5)]

    assert {(each.answer, each.age, each.outcome) for each in found} == {(old, 60, "stale")}
    service.free.set()
    refreshed(cache)
    assert service.loads == 2
    assert get(cache, service).outcome == "hit"


def test_a_failed_renewal_keeps_the_stale_answer_and_pauses(cache, service, clock):
    get(cache, service)
    service.error = OSError("down")
    clock.now += 61
    get(cache, service)
    refreshed(cache)

    assert [get(cache, service).outcome for _ in range(3)] == ["stale"] * 3
    refreshed(cache)
    assert service.loads == 2

    clock.now += 1
    get(cache, service)
    refreshed(cache)
    assert service.loads == 3


def test_an_answer_that_is_too_old_is_loaded_again(cache, service, clock):
    get(cache, service)
    clock.now += 3 * 60

    assert get(cache, service).outcome == "loaded"


def test_an_error_reaches_all_that_wait_and_is_not_kept(cache, service):
    service.error = OSError("down")
    with pytest.raises(OSError, match="down"):
        get(cache, service)
    service.error = None

    assert get(cache, service).outcome == "loaded"


def test_a_request_waits_for_the_load_of_another_no_longer_than_it_has_time(cache, service):
    service.free.clear()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(get, cache, service)
        assert service.load_started.acquire(timeout=30)
        with pytest.raises(TimeoutError):
            get(cache, service, seconds=0.01)
        service.free.set()
        first.result()


def test_the_oldest_answers_make_room(clock):
    cache = AnswerCache(3 * (ENTRY_BYTES + 10), clock)
    services = [Service() for _ in range(4)]
    for number, service in enumerate(services):
        get(cache, service, bytes([number]))

    assert len(cache._entries) == 3
    assert get(cache, services[3], bytes([3])).outcome == "hit"
    assert get(cache, services[0], bytes([0])).outcome == "loaded"


def test_an_answer_larger_than_the_cache_is_returned_and_not_kept(clock):
    cache, service = AnswerCache(ENTRY_BYTES + 10, clock), Service(size=11)

    assert [get(cache, service).outcome for _ in range(2)] == ["loaded", "loaded"]


def test_an_alias_finds_fresh_answers_only(cache, service, clock):
    answer = get(cache, service).answer
    cache.add_alias(("/path", "q", ""), b"k")
    cache.add_alias(("/long", "x" * 2000, ""), b"k")

    assert cache.fresh(("/path", "q", "")).answer == answer
    assert cache.fresh(("/long", "x" * 2000, "")) is None
    clock.now += 60
    assert cache.fresh(("/path", "q", "")) is None
