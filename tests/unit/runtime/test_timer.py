"""A timer of a service that ends before it has started."""

import pytest

from mare_nameko.service.timer_entrypoint import Timer


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_timer_that_was_not_started_can_be_ended(end):
    getattr(Timer(interval=1.0), end)()
