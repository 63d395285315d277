"""A timer of a service: when it runs, and that it ends before it has started."""

import time

import eventlet
import pytest

from mare_nameko.service import timer_entrypoint
from mare_nameko.service.timer_entrypoint import Timer


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_timer_that_was_not_started_can_be_ended(end):
    getattr(Timer(interval=1.0), end)()


@pytest.fixture
def run_timer(monkeypatch):
    """Return a function that runs a timer and returns its pauses, one more than its runs."""
    now, pauses = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def pause(seconds, exception):
        pauses.append(seconds)
        now[0] += seconds
        return eventlet.Timeout(0, exception)

    monkeypatch.setattr(timer_entrypoint, "Timeout", pause)

    def run(runs, *, jump=0.0, **options):
        """Run it with these times of its runs, and a system time that jumps before each."""
        monkeypatch.setattr(time, "time", lambda: now[0] + jump * len(pauses))
        timer, left = Timer(**options), list(runs)

        def work():
            now[0] += left.pop(0)
            timer.worker_complete.send()
            if not left:
                timer.should_stop.send()

        timer.handle_timer_tick = work
        with eventlet.Timeout(30):
            timer._run()
        return pauses

    return run


@pytest.mark.parametrize(("eager", "first"), [(False, 10.0), (True, 0.0)])
@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_timer_keeps_its_interval_when_the_system_time_is_set(run_timer, eager, first, jump):
    pauses = run_timer([4.0, 4.0, 4.0], jump=jump, interval=10.0, eager=eager)

    assert pauses == [first, 6.0, 6.0, 6.0]


@pytest.mark.parametrize(("eager", "first"), [(False, 10.0), (True, 0.0)])
def test_a_timer_skips_the_runs_that_it_has_missed(run_timer, eager, first):
    pauses = run_timer([4.0, 3604.0, 4.0, 10.0, 4.0], interval=10.0, eager=eager)

    assert pauses == [first, 6.0, 6.0, 6.0, 10.0, 6.0]


def test_a_timer_without_an_interval_runs_without_a_pause(run_timer):
    assert run_timer([4.0, 4.0], interval=0) == [0, 0, 0]
