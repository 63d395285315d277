import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_gateway.identity import identify

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
WELL_FORMED = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]")


def test_a_well_formed_request_id_is_kept():
    assert identify("order-7:a.b_c").request_id == "order-7:a.b_c"


@pytest.mark.parametrize("sent", [None, "", "a b", "x" * 129, 'a"b', "a\nb", "é"])
def test_another_request_id_is_made_anew(sent):
    made = identify(sent).request_id

    assert re.fullmatch("[0-9a-f]{32}", made)


def test_the_trace_goes_on_in_a_new_span():
    identity = identify(None, PARENT, "vendor=1")

    assert identity.trace_id == TRACE
    assert identity.traceparent.startswith(f"00-{TRACE}-")
    assert identity.traceparent.endswith("-01")
    assert identity.traceparent != PARENT
    assert identity.tracestate == "vendor=1"


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        "00",
        PARENT.upper(),
        PARENT + "-more",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
    ],
)
def test_a_malformed_trace_starts_a_new_one_without_its_state(traceparent):
    identity = identify(None, traceparent, "vendor=1")

    assert identity.trace_id != TRACE
    assert identity.tracestate is None


def test_services_that_export_traces_export_those_that_begin_here():
    assert identify(None).traceparent.endswith("-01")


def test_what_the_caller_does_not_sample_is_not_sampled():
    assert identify(None, PARENT.removesuffix("01") + "00").traceparent.endswith("-00")


def test_a_later_version_may_have_more_fields():
    assert identify(None, f"cc-{TRACE}-00f067aa0ba902b7-01-more").trace_id == TRACE


@given(st.none() | st.text(max_size=200), st.none() | st.text(max_size=80), st.text(max_size=600))
def test_whatever_is_sent_what_goes_on_is_well_formed(request_id, traceparent, tracestate):
    context = identify(request_id, traceparent, tracestate).context()

    assert re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", context["request_id"])
    assert WELL_FORMED.fullmatch(context["traceparent"])
    assert set(context) <= {"request_id", "traceparent", "tracestate"}
