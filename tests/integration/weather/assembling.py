"""Use cases put together as the service does, and a stopwatch."""

import threading
import time

from mare_services.contract.places import Place
from mare_services.weather.settings import Settings

LIVE_SECONDS = 4.0
PATIENT_SECONDS = 30.0
"""The most that a setting allows: upstreams that answer may be late on a busy machine."""
BUSY_SECONDS = 20.0
"""What a busy machine may add; the upstreams that do not answer take 300 s."""
NOT_WAITED = 0.5
"""Far more than an answer takes for which no upstream is asked; asking in vain takes 1 s."""


def in_background(work):
    threading.Thread(target=work, daemon=True).start()


def assembled(environ, assemble):
    return assemble(Settings.from_env(environ), in_background)


def place(latitude=-8.05, longitude=-34.88):
    return Place(
        id=None, name="", admin1=None, country_code=None, timezone="Etc/GMT",
        latitude=latitude, longitude=longitude,
    )  # fmt: skip


def timed(work, *arguments):
    started = time.monotonic()
    answer = work(*arguments)
    return answer, time.monotonic() - started
