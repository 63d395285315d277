import re

import pytest

from mare_gateway.request_ids import call_headers, valid_request_id
from mare_nameko.tracing import TraceContext
from tests.unit.gateway.conftest import JOB

JOB_PATH = f"/v1/jobs/{JOB['id']}"
REQUESTS = (
    ("GET", "/v1/playlists?city=Recife"),
    ("GET", "/v1/places?q=rec"),
    ("GET", "/v1/weather?city=Recife"),
    ("GET", "/?city=Recife"),
    ("GET", f"/answers/{JOB['id']}"),
    ("GET", "/v1/jobs"),
    ("GET", JOB_PATH),
    ("GET", f"{JOB_PATH}/deliveries"),
    ("DELETE", JOB_PATH),
    ("POST", f"{JOB_PATH}/retry"),
    ("POST", "/v1/playlists"),
    ("POST", "/v1/playlists/batch"),
)
BODIES = {"/v1/playlists": {"city": "x"}, "/v1/playlists/batch": {"jobs": [{"city": "x"}]}}

TRACE = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", state="vendor=1")


def test_a_well_formed_request_id_is_kept():
    assert valid_request_id("order-7:a.b_c") == "order-7:a.b_c"


@pytest.mark.parametrize("sent", [None, "", "a b", "x" * 129, 'a"b', "a\nb", "é"])
def test_another_request_id_is_replaced(sent):
    made = valid_request_id(sent)

    assert re.fullmatch("[0-9a-f]{32}", made)


def test_calls_carry_the_request_id_and_their_span():
    headers = call_headers("order-7", TRACE.child("1" * 16))

    assert headers == {
        "request_id": "order-7",
        "traceparent": f"00-{TRACE.trace_id}-{'1' * 16}-01",
        "tracestate": "vendor=1",
    }


def test_a_trace_without_state_has_no_tracestate():
    headers = call_headers("order-7", TraceContext("a" * 32, "b" * 16, sampled=False))

    assert headers == {"request_id": "order-7", "traceparent": f"00-{'a' * 32}-{'b' * 16}-00"}


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_every_call_carries_the_request_id_and_the_trace_of_its_request(client, rpc, method, path):
    rpc.answers |= {"jobs.list_jobs": {"jobs": [], "next_cursor": None}, "jobs.deliveries": {}}
    rpc.answers["jobs.accept_batch"] = JOB
    headers = {"X-Request-Id": "order-7", "traceparent": TRACE.traceparent, "Prefer": "wait=1"}

    client.open(path, method=method, headers=headers, json=BODIES.get(path))

    assert rpc.calls
    for call in rpc.calls:
        assert call.context["request_id"] == "order-7"
        assert call.context["traceparent"].startswith(f"00-{TRACE.trace_id}-")


def test_no_route_of_the_api_is_missing_above(client):
    rules = {
        (method, rule.rule)
        for rule in client.application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith(("v1.", "page.")) and rule.endpoint != "v1.stream_job"
    }
    adapter = client.application.url_map.bind("127.0.0.1")
    tested = {
        (method, adapter.match(path.partition("?")[0], method, return_rule=True)[0].rule)
        for method, path in REQUESTS
    }

    assert rules == tested
