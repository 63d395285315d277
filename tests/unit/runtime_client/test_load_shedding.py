"""Which calls are refused because too much waits already; times are given."""

import pytest

from mare_nameko.client.admission import LoadShedder
from mare_nameko.client.encoding import Route
from mare_nameko.client.pending import Call, PendingCalls

NOW = 1000.0


@pytest.fixture
def shedder():
    return LoadShedder(max_depth=100)


def test_a_queue_that_was_never_counted_is_called(shedder):
    assert shedder.refusal("weather", 10.0, NOW) is None


@pytest.mark.parametrize(
    ("depth", "age", "reason"),
    [
        (100, 5.0, None),
        (101, 0.0, "101 messages wait for weather; the limit is 100"),
        (1, 5.1, "messages wait for weather for 5.1 s; the call has 10.0 s"),
        (0, 60.0, None),  # a call that takes long, and an empty queue
    ],
)
def test_a_deep_or_an_old_queue_gets_no_further_calls(shedder, depth, age, reason):
    shedder.counted("weather", depth, age, NOW)

    assert shedder.refusal("weather", 10.0, NOW + 1.9) == reason
    assert shedder.refusal("weather", 10.0, NOW + 2) is None
    assert shedder.refusal("music", 10.0, NOW) is None


def test_a_call_that_has_time_to_wait_is_not_refused_for_the_age_of_the_queue(shedder):
    shedder.counted("weather", 1, 6.0, NOW)

    assert shedder.refusal("weather", 30.0, NOW) is None
    assert shedder.refusal("weather", 11.0, NOW)


def test_calls_begin_again_when_the_queue_has_become_short(shedder):
    shedder.counted("weather", 500, 0, NOW)
    shedder.counted("weather", 10, 0, NOW + 1)

    assert shedder.refusal("weather", 10.0, NOW + 1) is None


def test_a_depth_is_requested_once_a_second_for_each_service(shedder):
    requested = [shedder.must_count("weather", NOW + tenths / 10) for tenths in range(21)]

    assert [tenths for tenths, must in enumerate(requested) if must] == [0, 10, 20]
    assert shedder.must_count("music", NOW)


def test_without_a_limit_no_depth_is_too_deep():
    unlimited = LoadShedder(max_depth=0)
    unlimited.counted("weather", 10**6, 0.0, NOW)

    assert unlimited.refusal("weather", 10.0, NOW) is None


def test_the_age_of_a_queue_leaves_out_calls_that_are_being_worked_on():
    pending, route = PendingCalls(10), Route(1, "", "", 131_072)
    for number, started in enumerate((900.0, 993.0, 996.0)):
        pending.add(Call(str(number), "weather", route, b"", started))
    pending.add(Call("other", "music", route, b"", 910.0))

    assert pending.oldest_age("weather", 0.0, NOW) == 100
    assert pending.oldest_age("weather", 992.0, NOW) == 7  # a later call has its reply
    assert pending.oldest_age("weather", 999.0, NOW) == 0
