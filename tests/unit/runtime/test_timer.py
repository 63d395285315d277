"""A timer of a service: when it runs, and that it ends before it has started."""

import time

import eventlet
import pytest

from mare_nameko.service import timer_entrypoint
from mare_nameko.service.timer_entrypoint import Timer


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_timer_that_was_not_started_can_be_ended(end):
    getattr(Timer(interval=1.0), end)()


@pytest.mark.parametrize(("eager", "first"), [(False, 10.0), (True, 0.0)])
@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_timer_keeps_its_interval_when_the_system_time_is_set(monkeypatch, eager, first, jump):
    now, pauses = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "time", lambda: now[0] + jump * len(pauses))

    def pause(seconds, exception):
        pauses.append(seconds)
        now[0] += seconds
        return eventlet.Timeout(0, exception)

    monkeypatch.setattr(timer_entrypoint, "Timeout", pause)
    timer = Timer(interval=10.0, eager=eager)

    def work():
        now[0] += 4.0
        timer.worker_complete.send()
        if len(pauses) == 3:
            timer.should_stop.send()

    timer.handle_timer_tick = work
    with eventlet.Timeout(30):
        timer._run()

    assert pauses == [first, 6.0, 6.0, 6.0]
