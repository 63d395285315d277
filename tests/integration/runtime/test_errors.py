"""Errors between services: of the same type on the other side, and told in one line."""

import pytest

from tests.vhost import eventually

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def front(shared_vhost, shared_launch, shared_worker):
    return shared_launch("runtime", "Front", shared_vhost.amqp_uri).wait_ready()


def test_an_error_of_the_contract_passes_through_a_service_unchanged(shared_caller, front):
    direct = shared_caller.call("worker.limit")

    assert direct["exc_type"] == "SourceLimited"
    assert direct["exc_path"] == "mare_services.contract.errors.SourceLimited"
    assert direct["exc_args"] == ["Too often.", {"retry_after": 2.5, "source": None, "n": 3}]
    assert shared_caller.call("front.relay", "limit") == direct
    handled = "runtime_request_duration_seconds_count"
    eventually(lambda: front.metric(handled, outcome="error") == 1)
    assert front.metric(handled, outcome="failure") == 0


def test_an_error_of_the_contract_takes_one_line_without_contents(shared_caller, shared_worker):
    shared_caller.call("worker.lose")

    (line,) = (line for line in shared_worker.lines() if "PlaceNotFound" in line["message"])
    assert line["level"] == "INFO"
    assert line["message"] == "worker.lose answered PlaceNotFound"
    assert "exception" not in line
    assert "Atlantis" not in shared_worker.log()


def test_an_unexpected_error_is_logged_with_its_traceback_where_it_happened(
    shared_caller, shared_worker, front
):
    assert shared_caller.call("front.relay", "crash")["exc_type"] == "RemoteError"

    (line,) = (line for line in shared_worker.lines() if "ZeroDivision" in line["message"])
    assert line["level"] == "ERROR"
    assert "in crash" in line["exception"]


def test_a_result_that_cannot_be_serialized_is_an_error(shared_caller, shared_worker):
    assert shared_caller.call("worker.vague")["exc_type"] == "UnserializableValueError"
    handled = "runtime_request_duration_seconds_count"
    eventually(lambda: shared_worker.metric(handled, entrypoint="vague", outcome="failure") == 1)


def test_an_error_that_contains_itself_is_answered(shared_caller, shared_worker):
    error = shared_caller.call("worker.spin")

    assert error["exc_type"] == "UnserializableValueError"
    assert "ValueError" in error["value"]


def test_a_time_out_of_eventlet_in_a_handler_is_answered(shared_caller, shared_worker):
    assert shared_caller.call("worker.impatient")["exc_type"] == "Timeout"
    eventually(lambda: shared_worker.metric("runtime_messages_in_hand") == 0)


def test_an_unknown_service_is_named(shared_caller, front):
    error = shared_caller.call("front.ask_nobody")

    assert error["exc_type"] == "UnknownService"
    assert error["exc_args"] == ["nobody"]
