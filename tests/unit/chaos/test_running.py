"""A fault that hits nothing does not count as caused."""

import time
from collections.abc import Callable

from tests.load.chaos.faults import Fault, nothing
from tests.load.chaos.running import Chaos


def fault(name: str, begin: Callable[[], None] = nothing) -> Fault:
    return Fault(name=name, part=name, promise="", begin=begin)


def hits_nothing() -> None:
    raise LookupError("no process was there to hit")


def chaos(*steps: tuple[Fault, ...]) -> Chaos:
    return Chaos(steps, works=lambda _: True, every=0.0, log=lambda _: None)


def test_a_fault_that_hits_nothing_is_not_caused_and_has_no_window():
    run = chaos((fault("kill"),), (fault("cut", hits_nothing),), (fault("drain"),))

    run.run()

    assert list(run.failed) == ["cut"]
    assert [each.name for each in run.windows(1e10)] == ["kill", "drain"]


def test_two_at_once_have_no_window_if_one_of_them_hits_nothing():
    run = chaos((fault("kill"), fault("stop", hits_nothing)))

    run.run()

    assert run.windows(1e10) == []


def test_a_fault_that_hits_nothing_in_one_round_keeps_its_window_of_another():
    answers = iter([nothing, hits_nothing])

    def begin() -> None:
        next(answers)()

    cut = fault("cut", begin)
    run = chaos((cut,), (cut,))

    run.run()

    assert list(run.failed) == ["cut"]
    assert [each.name for each in run.windows(1e10)] == ["cut"]


def test_a_fault_that_waits_for_a_pod_when_the_run_ends_was_not_reached():
    def begin() -> None:
        run._over.set()
        hits_nothing()

    run = chaos((fault("kill"),), (fault("cut", begin),))

    run.run()

    assert run.reached == {"kill"}
    assert not run.failed


def test_a_fault_that_was_reached_in_one_round_stays_reached_when_the_next_one_ends():
    answers = iter([nothing, hits_nothing])

    def begin() -> None:
        if (answer := next(answers)) is hits_nothing:
            run._over.set()
        answer()

    cut = fault("cut", begin)
    run = chaos((cut,), (cut,))

    run.run()

    assert run.reached == {"cut"}


def test_steps_after_one_that_took_too_long_come_sooner():
    began: list[float] = []

    def begin() -> None:
        began.append(time.monotonic())
        if len(began) == 1:
            time.sleep(0.9)

    slow = fault("slow", begin)
    steps = [(slow,)] * 3
    start = time.monotonic()

    Chaos(steps, works=lambda _: True, every=0.6, log=lambda _: None).run()

    assert began[1] - start >= 0.9
    assert 1.2 <= began[2] - start < began[1] - start + 0.6
