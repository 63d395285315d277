"""Which tracer a process has, and the ids of spans that are not exported."""

import sys

import pytest

from mare_nameko.tracing import TraceContext, Tracer, create_tracer


def test_without_export_the_tracer_exports_no_spans():
    assert type(create_tracer("shop", export=False)) is Tracer


def test_without_the_extra_a_process_exports_none_and_logs_why(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "mare_nameko.otel", None)

    assert type(create_tracer("shop", export=True)) is Tracer
    assert caplog.messages[0].startswith("Traces are not exported: the extra 'tracing' is not")


def test_with_the_extra_the_tracer_has_the_name_of_the_service(monkeypatch):
    made = []
    monkeypatch.setattr("mare_nameko.otel.OpenTelemetryTracer", made.append)

    create_tracer("shop", export=True)

    assert made == ["shop"]


def test_a_trace_that_begins_here_is_sampled_and_has_ids_of_its_own():
    first, second = (Tracer().begin("a", "server", None, {}).context for _ in range(2))

    assert (len(first.trace_id), len(first.span_id)) == (32, 16)
    assert (first.sampled, first.state) == (True, "")
    assert first.trace_id != second.trace_id


@pytest.mark.parametrize("sampled", [True, False])
def test_a_child_has_the_trace_of_its_parent(sampled):
    parent = TraceContext("1" * 32, "2" * 16, sampled, "a=1")

    child = Tracer().begin("b", "client", parent, {}).context

    assert len(child.span_id) == 16
    assert child == parent.child(child.span_id)
    assert (child.trace_id, child.sampled, child.state) == ("1" * 32, sampled, "a=1")
    assert parent.traceparent == f"00-{'1' * 32}-{'2' * 16}-0{int(sampled)}"
