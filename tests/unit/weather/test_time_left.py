"""How long a live answer may take, so that its caller still gets the reply."""

import math
import time

from mare_nameko.service.context import MessageContext, current
from mare_services.weather import service
from mare_services.weather.service import SECONDS_TO_ANSWER


def test_a_part_of_the_deadline_is_kept_for_the_reply():
    assert service._time_left() == math.inf
    now = current.set(MessageContext("weather", "report", "r", None, time.time() + 3600))
    try:
        left = service._time_left()
    finally:
        current.reset(now)

    assert 3000 < left <= 3600 - SECONDS_TO_ANSWER
