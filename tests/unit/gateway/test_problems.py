import pytest

from mare_gateway.problems import problem_of
from mare_nameko.client import (
    BadReply,
    BrokerInAlarm,
    CallTimedOut,
    Disconnected,
    Overloaded,
    RemoteError,
    RpcError,
    ServiceUnavailable,
)

SECRET = "https://api.example/?key=s3cret <html>upstream</html>"


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (CallTimedOut(SECRET), 504, "service_timeout", 5),
        (Disconnected(SECRET), 503, "service_unavailable", 1),
        (ServiceUnavailable(SECRET), 503, "service_unavailable", 2),
        (Overloaded(SECRET), 503, "overloaded", 1),
        (BrokerInAlarm(SECRET), 503, "overloaded", 2),
        (BadReply(SECRET), 502, "service_error", None),
        (RpcError(SECRET), 502, "service_error", None),
        (RemoteError("SourceRefused", (SECRET,)), 502, "upstream_auth", None),
        (RemoteError("SourceFailed", (SECRET,)), 502, "upstream_error", None),
        (RemoteError("SourceTimedOut", (SECRET,)), 504, "upstream_timeout", 5),
        (RemoteError("SourceUnavailable", (SECRET,)), 503, "upstream_unavailable", 60),
        (RemoteError("SourceLimited", (SECRET,)), 503, "upstream_rate_limited", 60),
        (RemoteError("DeadlineExceeded", (SECRET,)), 504, "service_timeout", 5),
        (RemoteError("CallTimedOut", (SECRET,)), 504, "service_timeout", 5),
        (RemoteError("UnknownService", (SECRET,)), 503, "service_unavailable", 2),
        (RemoteError("BrokerUnavailable", (SECRET,)), 503, "service_unavailable", 1),
        (RemoteError("MessageRefused", (SECRET,)), 503, "overloaded", 1),
        (RemoteError("StoreUnavailable", (SECRET,)), 503, "service_unavailable", 2),
        (RemoteError("MethodNotFound", (SECRET,)), 502, "service_error", None),
        (RemoteError("KeyError", (SECRET,), SECRET), 502, "service_error", None),
    ],
)
def test_each_error_is_one_problem_and_none_shows_what_is_not_for_the_caller(
    error, status, code, retry_after
):
    problem = problem_of(error)

    assert (problem.status, problem.code, problem.retry_after) == (status, code, retry_after)
    assert "s3cret" not in str(problem.document(instance="/", request_id="1"))


def test_an_alarm_of_the_broker_is_not_reported_as_too_many_requests():
    assert "disk space or memory" in problem_of(BrokerInAlarm("alarm")).detail


@pytest.mark.parametrize(
    ("exc_type", "status", "code", "member"),
    [
        ("PlaceNotFound", 404, "place_not_found", "suggestions"),
        ("PlaceAmbiguous", 409, "place_ambiguous", "candidates"),
    ],
)
def test_errors_about_places_bring_their_sentence_and_the_places(exc_type, status, code, member):
    places = [{"name": "Campinas"}]
    extra = {member: places, "trace": "not for the caller"}

    problem = problem_of(RemoteError(exc_type, ("No place is called campnas.", extra)))
    document = problem.document(instance="/v1/weather", request_id="r-1")

    assert (problem.status, problem.code) == (status, code)
    assert document["detail"] == "No place is called campnas."
    assert document[member] == places
    assert "trace" not in document


def test_an_invalid_request_brings_the_services_sentence():
    problem = problem_of(RemoteError("InvalidRequest", ("limit must be at most 50.", {})))

    assert (problem.status, problem.detail) == (400, "limit must be at most 50.")


@pytest.mark.parametrize(
    ("sent", "returned"),
    [(3, 3), (2.6, 3), (86400, 3600), (-1, 1), ("7", 7), (None, 60), ("x", 60), ("inf", 60)],
)
def test_retry_after_of_a_source_is_passed_on_within_bounds(sent, returned):
    error = RemoteError("SourceLimited", ("", {"retry_after": sent}))

    assert problem_of(error).retry_after == returned


@pytest.mark.parametrize("args", [(), (1,), ("", "x"), (None, None), ("", {"suggestions": []}, 3)])
def test_arguments_of_another_shape_do_no_harm(args):
    assert problem_of(RemoteError("PlaceNotFound", args)).detail == "No place has this name."


def test_a_document_has_all_members_of_the_standard():
    document = problem_of(CallTimedOut()).document(instance="/v1/places", request_id="r-1")

    assert document == {
        "type": "urn:mare:problem:service_timeout",
        "title": "Gateway Timeout",
        "status": 504,
        "detail": "The service did not respond in time.",
        "instance": "/v1/places",
        "code": "service_timeout",
        "request_id": "r-1",
    }
