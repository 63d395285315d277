import re

import pytest

from mare_gateway.request_ids import call_headers, valid_request_id
from mare_nameko.tracing import TraceContext

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
