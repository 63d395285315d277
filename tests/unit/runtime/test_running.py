"""How the process of a service is run, observed and ended."""

from types import SimpleNamespace

import eventlet
import pytest
from prometheus_client import CollectorRegistry

from mare_nameko.service import runner
from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.metrics import Metrics
from mare_nameko.service.runner import Exit, Runner
from mare_nameko.service.settings import Settings
from mare_nameko.settings import SettingsError


class Container:
    """A container whose end a test decides."""

    service_name = "shop"
    max_workers = 4
    busy_workers = 3
    has_died = False
    dependencies = ()

    def __init__(self):
        self.consumer = QueueConsumer()
        self.subextensions = {self.consumer}
        self.registry = CollectorRegistry()
        self.metrics = Metrics("shop", self.registry)
        self.done = []
        self.start_error = self.death = self.stops = None

    def start(self):
        self.done.append("start")
        if self.start_error:
            raise self.start_error

    def wait(self):
        if self.death:
            raise self.death

    def stop(self):
        self.done.append("stop")
        if self.stops:
            self.stops()

    def kill(self):
        self.done.append("kill")

    def value(self, name):
        return self.registry.get_sample_value(f"runtime_{name}", {"service": "shop"})


@pytest.fixture
def container():
    return Container()


@pytest.fixture
def limits(monkeypatch):
    """The seconds after which a traceback would be written and the process killed."""
    limits = []

    def dump(seconds, **options):
        limits.append((seconds, options))

    monkeypatch.setattr(runner.faulthandler, "dump_traceback_later", dump)
    return limits


@pytest.fixture
def shutdown_seconds():
    return 60


@pytest.fixture
def running(container, limits, monkeypatch, shutdown_seconds):
    """A runner that a test sends signals to."""
    reactions = []
    monkeypatch.setattr(
        runner, "on_ending_signal", lambda react, at_once: reactions.append((react, at_once))
    )
    monkeypatch.setattr(runner, "serve_health", lambda app, host, port: 1)
    settings = Settings.from_env({"RUNTIME_SHUTDOWN_SECONDS": str(shutdown_seconds)})
    running = Runner(container, settings)
    thread = eventlet.spawn(running.run)
    eventlet.sleep(0)
    running.test = SimpleNamespace(thread=thread, signal=lambda: reactions[0][0](15))
    running.test.at_once = reactions[0][1]
    return running


def finish(running):
    with eventlet.Timeout(30):
        return running.test.thread.wait()


def turn():
    for _ in range(3):
        eventlet.sleep(0)


def test_a_signal_stops_the_service_that_has_started(running, container):
    turn()
    running.test.signal()
    running.test.signal()

    assert finish(running) is Exit.STOPPED
    assert container.done == ["start", "stop"]
    assert running._checks.readiness_failures() == ["stopping"]


def test_workers_are_observed(running, container):
    container.consumer.in_hand.update({1, 2})

    assert (container.value("workers_max"), container.value("workers_busy")) == (4, 3)
    assert container.value("messages_in_hand") == 2


def test_a_service_that_dies_ends_the_process(container, running):
    turn()
    running._die(ValueError("broken"))

    assert finish(running) is Exit.DIED
    assert container.done == ["start", "kill"]


def test_a_service_that_dies_while_it_stops_has_not_stopped_well(container, running):
    turn()
    container.stops = lambda: running._die(ValueError("broken"))
    running.test.signal()

    assert finish(running) is Exit.DIED


def test_wrong_settings_of_the_service_have_a_code_of_their_own(container, running):
    turn()
    running._die(SettingsError("no colour"))

    assert finish(running) is Exit.MISCONFIGURED
    assert container.done == ["start", "kill"]


@pytest.mark.parametrize("shutdown_seconds", [0.2])
def test_work_that_does_not_end_is_cut_off(container, running, limits):
    turn()
    container.stops = lambda: eventlet.sleep(60)
    running.test.signal()

    assert finish(running) is Exit.CUT_OFF
    assert container.done == ["start", "stop", "kill"]
    assert limits == [(4.2, {"exit": True})]


def test_only_the_first_signal_limits_the_end(running, limits):
    running.test.at_once()
    running.test.at_once()

    assert limits == [(64, {"exit": True})]


def test_a_kill_does_not_wait_for_ever(container, running, monkeypatch):
    monkeypatch.setattr(runner, "KILL_SECONDS", 0.05)
    container.kill = lambda: eventlet.sleep(60)
    turn()
    running._die(ValueError("broken"))

    assert finish(running) is Exit.DIED


def test_a_service_that_waits_for_the_broker_ends_at_once(container, limits, monkeypatch):
    monkeypatch.setattr(runner, "on_ending_signal", lambda react, at_once: react(15))
    monkeypatch.setattr(runner, "serve_health", lambda *_: 1)
    container.start = lambda: eventlet.sleep(60)

    with eventlet.Timeout(30):
        assert Runner(container, Settings.from_env({})).run() is Exit.STOPPED
    assert container.done == []


def test_a_service_that_is_connected_and_still_starts_is_stopped(container, limits, monkeypatch):
    monkeypatch.setattr(runner, "on_ending_signal", lambda react, at_once: react(15))
    monkeypatch.setattr(runner, "serve_health", lambda *_: 1)
    container.consumer.connected = True

    with eventlet.Timeout(30):
        assert Runner(container, Settings.from_env({})).run() is Exit.STOPPED
    assert "stop" in container.done


def test_work_that_runs_while_the_service_still_starts_is_finished(container, limits, monkeypatch):
    monkeypatch.setattr(runner, "on_ending_signal", lambda react, at_once: react(15))
    monkeypatch.setattr(runner, "serve_health", lambda *_: 1)
    container.start = lambda: eventlet.sleep(60)
    container.consumer.in_hand.add("message")

    with eventlet.Timeout(30):
        assert Runner(container, Settings.from_env({})).run() is Exit.STOPPED
    assert container.done == ["stop"]


def test_the_lag_of_green_threads_is_measured(container, monkeypatch):
    now, sleeps = [100.0], []

    def sleep(seconds):
        sleeps.append(seconds)
        if len(sleeps) == 3:
            raise StopIteration
        now[0] += seconds + 0.25

    monkeypatch.setattr(
        runner.eventlet.hubs, "get_hub", lambda: SimpleNamespace(clock=lambda: now[0])
    )
    monkeypatch.setattr(runner.eventlet, "sleep", sleep)

    with pytest.raises(StopIteration):
        Runner(container, Settings.from_env({}))._measure_lag()

    assert sleeps == [1.0] * 3
    assert container.value("loop_lag_seconds") == pytest.approx(0.25)


@pytest.mark.parametrize("error", [OSError(28, "No space left"), BrokenPipeError(), ValueError()])
def test_output_that_cannot_be_written_does_not_change_the_exit_code(monkeypatch, error):
    def flush():
        raise error

    codes = []
    monkeypatch.setattr(runner.sys, "stdout", SimpleNamespace(flush=flush))
    monkeypatch.setattr(runner.logging, "shutdown", lambda: None)
    monkeypatch.setattr(runner.os, "_exit", codes.append)

    runner._leave(Exit.STOPPED)

    assert codes == [0]
