"""A change of replicas is one trace: the read, the decision and the PATCH."""

import subprocess
import sys

import pytest

from mare.ports import NoTraces, Unavailable
from mare.tracing import create_traces
from tests.otlp import Collector, attributes, collecting
from tests.unit.operator_loop.worlds import AT_ONCE, World

NAMES = {"scale", "read queues", "decide", "patch scale"}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch):
    with collecting() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield found


@pytest.fixture
def world(collector: Collector) -> World:
    return World(traces=create_traces(export=True))


async def test_a_change_is_one_trace_with_its_numbers(world, collector):
    world.begin(replicas=1, ready=45, **AT_ONCE)
    await world.tick()
    begun = world.clock.now * 1e9
    await world.ticks(4)
    world.traces.close()

    assert world.workloads.done == [("worker", 5)]
    (trace,) = collector.traces()
    assert set(trace) == NAMES
    root = trace["scale"]
    assert {each.parent_span_id for each in trace.values() if each is not root} == {root.span_id}
    assert collector.services == {"mare-operator"}
    found = attributes(root)
    assert found.pop("mare.message").startswith("1 → 5 replicas: 45 ")
    assert found == {
        "k8s.namespace.name": "shop",
        "mare.object": "worker",
        "mare.target": "Deployment worker",
        "mare.replicas.from": 1,
        "mare.replicas.to": 5,
        "mare.reason": "LoadGrew",
    }
    times = [
        time
        for name in ("read queues", "decide", "patch scale")
        for time in (trace[name].start_time_unix_nano, trace[name].end_time_unix_nano)
    ]
    assert times == sorted(times)
    assert times[0] == trace["scale"].start_time_unix_nano == pytest.approx(begun)
    assert times[-1] == trace["scale"].end_time_unix_nano


async def test_neither_a_kept_count_nor_a_refused_change_is_a_trace(world, collector):
    world.begin(replicas=5, ready=45, **AT_ONCE)
    world.begin(replicas=1, ready=45, name="refused", **AT_ONCE)
    world.workloads.errors["refused"] = Unavailable("no")
    await world.ticks(5)
    world.traces.close()

    assert collector.spans == []


async def test_a_collector_that_is_away_delays_no_change(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    world = World(traces=create_traces(export=True))
    world.begin(replicas=1, ready=45, **AT_ONCE)
    await world.tick()
    world.traces.close()

    assert world.workloads.done == [("worker", 5)]


def test_without_an_endpoint_nothing_is_imported():
    assert isinstance(create_traces(export=False), NoTraces)
    code = (
        "import sys, mare.entrypoint; "
        "sys.exit(any(n.startswith(('opentelemetry', 'mare_nameko')) for n in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_without_the_extra_the_operator_runs_and_logs_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setitem(sys.modules, "mare_nameko.tracing", None)

    assert isinstance(create_traces(export=True), NoTraces)
    assert "the extra 'tracing' is not installed" in caplog.text
