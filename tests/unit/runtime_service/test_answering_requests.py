"""What a service answers, and which requests it rejects, drops or interrupts."""

import json
import time
import zlib

import pytest

from tests.unit.runtime_service.stage import CONTEXT, HANDLED, TRACE_ID, within
from tests.vhost import eventually

BOMB = zlib.compress(b'"' + bytes(2**25))
"""33 kB that become 32 MiB."""


def test_a_request_is_answered_in_its_own_form_and_then_acknowledged(shop):
    body = {"city": "São Paulo"}
    handled = shop.metric(HANDLED, service="shop", entrypoint="echo", outcome="ok")
    acked = len(shop.broker.acked)
    reply = shop.reply(shop.request("shop.echo", body))

    assert json.loads(reply.body) == {"result": body, "error": None}
    assert reply.exchange == "nameko-rpc"
    assert reply.headers == {}
    assert reply.properties["delivery_mode"] == 1
    assert reply.properties["content_type"] == "application/json"
    eventually(lambda: len(shop.broker.acked) == acked + 1)
    eventually(
        lambda: shop.metric(HANDLED, service="shop", entrypoint="echo", outcome="ok") == handled + 1
    )
    eventually(lambda: shop.metric("runtime_messages_in_hand") == 0)


def test_a_caller_can_have_replies_sent_to_it_directly(shop):
    direct = "amq.rabbitmq.reply-to.g1h2"
    shop.broker.bind(direct, "", direct)

    shop.request("shop.echo", "direct", reply_to=direct)

    assert json.loads(shop.next(direct).body)["result"] == "direct"


@pytest.mark.parametrize(
    ("method", "kind", "outcome"),
    [
        ("limit", "SourceLimited", "error"),
        ("miss", "KeyError", "error"),
        ("crash", "ZeroDivisionError", "failure"),
        ("impatient", "Timeout", "failure"),
        ("wait_for_killed", "GreenletExit", "failure"),
        ("leave", "SystemExit", "failure"),
        ("vague", "UnserializableValueError", "failure"),
        ("spin", "UnserializableValueError", "failure"),
        ("measure", "UnserializableValueError", "failure"),
    ],
)
def test_an_error_is_answered_and_counted(shop, method, kind, outcome):
    before = shop.metric(HANDLED, entrypoint=method)
    error = shop.call(f"shop.{method}")

    assert error["exc_type"] == kind
    eventually(lambda: shop.metric(HANDLED, entrypoint=method) == before + 1)
    assert shop.metric(HANDLED, entrypoint=method, outcome=outcome) == before + 1
    eventually(lambda: shop.metric("runtime_messages_in_hand") == 0)


def test_a_service_that_cannot_be_made_is_an_error_of_the_request(shop):
    shop.call("shop.spoil")

    assert shop.call("shop.echo", 1)["exc_type"] == "RuntimeError"
    assert shop.metric("runtime_reconnects_total") == 0


def test_the_duration_of_a_request_is_that_of_its_handler(shop):
    total = "runtime_request_duration_seconds_sum"
    handled, seconds = (shop.metric(each, entrypoint="work") for each in (HANDLED, total))
    started = time.monotonic()
    shop.call("shop.work", "timed", 0.2)
    eventually(lambda: shop.metric(HANDLED, entrypoint="work") == handled + 1)

    taken = shop.metric(total, entrypoint="work") - seconds
    assert 0.2 <= taken <= time.monotonic() - started


def test_an_expected_error_takes_one_line_and_another_its_traceback(shop):
    for method in ("lose", "crash"):
        shop.call(f"shop.{method}", headers={"nameko.request_id": f"of-{method}"})

    lines = {line["request_id"]: line for line in shop.process.lines() if "request_id" in line}
    expected, unexpected = lines["of-lose"], lines["of-crash"]
    assert expected["message"] == "shop.lose answered PlaceNotFound"
    assert (expected["level"], "exception" in expected) == ("INFO", False)
    assert unexpected["level"] == "ERROR"
    assert "in crash" in unexpected["exception"]
    assert (expected["service"], expected["entrypoint"]) == ("shop", "lose")
    assert (len(expected["trace_id"]), len(expected["span_id"])) == (32, 16)


@pytest.mark.parametrize(("method", "kind"), [("vague", "object"), ("spin", "ValueError")])
def test_what_cannot_be_serialized_is_logged_by_its_type(shop, method, kind):
    shop.call(f"shop.{method}", headers={"nameko.request_id": f"of-{method}"})

    (line,) = (
        line for line in shop.process.lines()
        if line.get("request_id") == f"of-{method}" and "serialized" in line["message"]
    )  # fmt: skip
    assert line["message"] == f"The reply cannot be serialized: {kind}"


@pytest.mark.parametrize(
    ("reason", "properties"),
    [
        ("reply_to", {"reply_to": None}),
        ("reply_to", {"reply_to": ""}),
        ("content_type", {"content_type": None}),
        ("undecodable", {"content_type": "application/x-python-serialize"}),
        ("undecodable", {"body": b'{"args": ['}),
        ("undecodable", {"body": b"\xff\xfe"}),
        ("call_id_stack", {"headers": {"nameko.call_id_stack": 5}}),
        ("deadline", {"headers": {"nameko.deadline": "tomorrow"}}),
        ("deadline", {"headers": {"nameko.deadline": True}}),
        ("undecompressible", {"body": BOMB, "headers": {"compression": "application/x-gzip"}}),
    ],
)
def test_a_request_that_cannot_be_answered_is_rejected_and_counted(shop, reason, properties):
    rejected = len(shop.broker.rejected)
    counted = shop.metric("runtime_rejected_total", service="shop", reason=reason)

    shop.request("shop.echo", 1, **properties)

    eventually(lambda: len(shop.broker.rejected) == rejected + 1)
    assert shop.metric("runtime_rejected_total", service="shop", reason=reason) == counted + 1
    assert shop.metric("runtime_messages_in_hand") == 0
    assert shop.call("shop.echo", "still here") == "still here"


def test_the_log_says_what_is_no_json_in_a_request(shop):
    shop.request("shop.echo", body=b'{"args": [NaN], "kwargs": {}}')

    line = "Rejected an undecodable message to shop.echo: DecodeError: NaN is no number of JSON"
    eventually(lambda: line in shop.process.log())


@pytest.mark.parametrize(
    "body",
    [b"[1, 2]", b'{"args": [1]}', b'{"args": 1, "kwargs": {}}', b'{"args": [1], "kwargs": []}'],
)
def test_a_request_of_another_shape_is_answered(shop, body):
    assert shop.call("shop.echo", body=body)["exc_type"] == "MalformedRequest"


@pytest.mark.parametrize(
    ("method", "arguments", "kind"),
    [
        ("nothing", [], "MethodNotFound"),
        ("echo", [], "IncorrectSignature"),
        ("echo", [1, 2], "IncorrectSignature"),
    ],
)
def test_a_wrong_method_and_wrong_arguments_are_answered_and_counted(shop, method, arguments, kind):
    before = shop.metric("runtime_rejected_total", reason=kind)

    error = shop.call(f"shop.{method}", *arguments)

    assert error["exc_type"] == kind
    assert error["exc_args"] != ["None"]
    assert shop.metric("runtime_rejected_total", reason=kind) == before + 1


def test_a_request_whose_deadline_has_passed_is_dropped_without_an_answer(shop):
    acked = len(shop.broker.acked)
    shop.request("shop.work", "late", 0, headers=within(-1))

    eventually(lambda: len(shop.broker.acked) == acked + 1)
    assert shop.call("shop.echo", 1) == 1
    assert shop.metric("runtime_expired_total", service="shop", entrypoint="work") == 1
    assert not any("late" in entry for entry in shop.entries())


def test_work_is_interrupted_at_the_deadline_of_its_caller(shop):
    error = shop.call("shop.work", "long", 60, headers=within(0.3))

    assert error["exc_type"] == "DeadlineExceeded"
    assert error["exc_args"] == ["shop.work did not end before its caller's deadline."]
    eventually(lambda: shop.metric(HANDLED, entrypoint="work", outcome="deadline") == 1)
    warning = "shop.work failed: shop.work did not end before its caller's deadline."
    assert any(line["message"] == warning for line in shop.process.lines())


def test_a_handler_sees_the_context_of_its_request_and_a_span_of_its_own(shop):
    headers = {**CONTEXT, "nameko.user_id": 7, "x-other": "not Nameko's"}

    seen = shop.call("shop.context", headers=headers)

    version, trace_id, span_id, flags = seen.pop("traceparent").split("-")
    assert (version, trace_id, flags) == ("00", TRACE_ID, "01")
    assert span_id != "00f067aa0ba902b7"
    assert {name: seen[name] for name in ("request_id", "tracestate", "user_id")} == {
        "request_id": "request-1",
        "tracestate": "vendor=1",
        "user_id": 7,
    }
    assert "x-other" not in seen


def test_no_more_requests_run_at_a_time_than_there_are_workers(shop):
    before = len(shop.entries())
    requests = [shop.request("shop.work", f"job{n}", 1.0) for n in range(6)]
    eventually(lambda: shop.metric("runtime_workers_busy", service="shop") == 4)
    assert shop.metric("runtime_messages_in_hand", service="shop") == 4
    assert shop.metric("runtime_workers_max", service="shop") == 4

    eventually(lambda: shop.broker.ready("replies") == 6)
    replies = {shop.next("replies").properties["correlation_id"] for _ in requests}

    assert replies == set(requests)
    running = most = 0
    for entry in shop.entries()[before:]:
        running += 1 if "started" in entry else -1
        most = max(most, running)
    assert (running, most) == (0, 4)
