"""W3C Trace Context: what is passed on, and what begins a new trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.tracing import TraceContext, read_trace_context

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN_ID = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"00-{TRACE_ID}-{SPAN_ID}-01", True),
        (f"00-{TRACE_ID}-{SPAN_ID}-00", False),
        (f"00-{TRACE_ID}-{SPAN_ID}-ff", True),
        (f"cc-{TRACE_ID}-{SPAN_ID}-01-what-the-future-brings", True),
    ],
)
def test_a_valid_header_is_understood(header, sampled):
    assert read_trace_context(header) == TraceContext(TRACE_ID, SPAN_ID, sampled)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        7,
        f"00-{TRACE_ID}-{SPAN_ID}",
        f"00-{TRACE_ID}-{SPAN_ID}-01-more",
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01\n",
    ],
)
def test_an_invalid_header_is_ignored(header):
    assert read_trace_context(header) is None


@given(st.text())
def test_no_text_can_break_it(text):
    assert read_trace_context(text) is None


def test_a_state_is_kept_unless_it_is_too_long_or_no_text():
    header = f"00-{TRACE_ID}-{SPAN_ID}-01"

    assert read_trace_context(header, "a=1").state == "a=1"
    assert read_trace_context(header, "a=" + "1" * 600).state == ""
    assert read_trace_context(header, 5).state == ""
    assert read_trace_context(header, "a=\n").state == ""


def test_what_is_written_can_be_read():
    context = TraceContext(TRACE_ID, SPAN_ID, sampled=False, state="a=1")

    assert read_trace_context(context.traceparent, context.state) == context
