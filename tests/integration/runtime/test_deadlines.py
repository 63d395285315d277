"""Time: no work for those who have gone, and no waiting for those who never answer."""

import time

import pytest

from tests.integration.runtime.calling import NoAnswer
from tests.integration.runtime.conftest import consumed
from tests.vhost import eventually

pytestmark = pytest.mark.broker


CALL_SECONDS = 10.0


@pytest.fixture(scope="module")
def front(shared_vhost, shared_launch, shared_worker):
    limit = {"RUNTIME_CALL_SECONDS": str(CALL_SECONDS)}
    return shared_launch("runtime", "Front", shared_vhost.amqp_uri, **limit).wait_ready()


def within(seconds):
    return {"nameko.deadline": time.time() + seconds}


def test_a_request_whose_deadline_has_passed_is_not_executed(shared_caller, shared_worker):
    expired = shared_worker.metric("runtime_expired_total", entrypoint="work")

    late = shared_caller.send("worker.work", "late", 0, headers=within(-1))

    assert shared_caller.call("worker.echo", 1) == 1
    eventually(lambda: shared_worker.metric("runtime_messages_in_hand") == 0)
    assert shared_worker.metric("runtime_expired_total", entrypoint="work") == expired + 1
    assert not any("late" in entry for entry in shared_worker.entries())
    with pytest.raises(NoAnswer):
        shared_caller.answer(late, seconds=0.1)


def test_a_request_that_expires_while_it_waits_is_not_executed(vhost, caller, launch):
    worker = launch("runtime", "Worker", vhost.amqp_uri, RUNTIME_MAX_WORKERS="1").wait_ready()
    long = caller.send("worker.work", "long", 8.0)
    eventually(worker.entries)

    caller.send("worker.work", "short-lived", 0, headers=within(0.3))

    caller.answer(long, seconds=40)
    eventually(lambda: worker.metric("runtime_expired_total", entrypoint="work") == 1)
    assert not any("short-lived" in entry for entry in worker.entries())


def test_work_is_interrupted_at_the_deadline(shared_caller, shared_worker):
    started = time.monotonic()

    error = shared_caller.call("worker.work", "long", 60, headers=within(4), seconds=50)

    assert error["exc_type"] == "DeadlineExceeded"
    assert time.monotonic() - started < 45
    assert not any("long ended" in entry for entry in shared_worker.entries())


def test_a_nested_call_gets_what_is_left_of_the_callers_time(shared_caller, front):
    headers = within(CALL_SECONDS - 4)
    deadline = headers["nameko.deadline"]
    seen = shared_caller.call("front.both", headers=headers)

    assert seen["front"]["deadline"] == pytest.approx(deadline, abs=0.01)
    # Its own limit would end 4 s later.
    assert seen["worker"]["deadline"] == pytest.approx(deadline, abs=2)


def test_a_nested_call_has_a_limit_of_its_own(shared_caller, front):
    before = time.time()
    seen = shared_caller.call("front.both", headers=within(60))

    assert 0 <= seen["worker"]["deadline"] - before - CALL_SECONDS <= time.time() - before


def test_a_call_that_is_not_answered_in_time_fails(shared_caller, front):
    started = time.monotonic()

    error = shared_caller.call("front.relay", "work", "slow", 60, seconds=50)

    # Both sides keep the time, and either may be the first to say so.
    assert error["exc_type"] in ("CallTimedOut", "DeadlineExceeded")
    assert time.monotonic() - started < 45


def test_a_call_to_a_service_that_is_down_fails_with_its_name(vhost, caller, launch):
    worker = launch("runtime", "Worker", vhost.amqp_uri).wait_ready()
    launch("runtime", "Front", vhost.amqp_uri, RUNTIME_CALL_SECONDS="0.4").wait_ready()
    worker.kill()

    error = caller.call("front.relay", "echo", 1)

    assert error["exc_type"] == "CallTimedOut"
    assert error["value"] == "worker.echo did not answer within 0.4 s."


def test_calls_to_a_service_without_consumers_fail_soon_and_then_at_once(vhost, caller, launch):
    worker = launch("runtime", "Worker", vhost.amqp_uri).wait_ready()
    launch("runtime", "Front", vhost.amqp_uri, RUNTIME_NO_CONSUMERS_GRACE="0.2").wait_ready()
    worker.kill()
    eventually(lambda: vhost.depth("rpc-worker").consumers == 0)

    def failure():
        started = time.monotonic()
        return caller.call("front.relay", "echo", 1)["exc_type"], time.monotonic() - started

    first, *others = [failure() for _ in range(5)]

    assert {kind for kind, _ in (first, *others)} == {"UnknownService"}
    assert first[1] < CALL_SECONDS / 2
    assert min(seconds for _, seconds in others) < 0.2
    launch("runtime", "Worker", vhost.amqp_uri).wait_ready()
    eventually(lambda: caller.call("front.relay", "echo", 1) == 1)


def test_stock_nameko_waits_for_a_service_that_is_down(vhost, caller, launch):
    worker = launch("stock", "Worker", vhost.amqp_uri)
    launch("stock", "Front", vhost.amqp_uri)
    consumed(vhost, "rpc-worker")
    consumed(vhost, "rpc-front")
    worker.kill()

    with pytest.raises(NoAnswer):
        caller.call("front.relay", "echo", 1, seconds=2)


def test_two_calls_at_once_run_side_by_side(shared_caller, shared_worker, front):
    assert shared_caller.call("front.twice", 4.0) == ["one", "two"]

    notes = [entry.split()[:2] for entry in shared_worker.entries()]
    first, second, *_ = (what for token, what in notes if token in ("one", "two"))
    assert (first, second) == ("started", "started")
