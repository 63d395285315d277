"""A tide of people who ask for playlists: low water, high water, low water again."""

import os
import random

from locust import HttpUser, LoadTestShape, constant_pacing, task

HIGH_WATER = int(os.environ.get("HIGH_WATER", "25"))
"""People at the height; each asks once a second."""

_COURSE = ((20, 2), (80, HIGH_WATER), (120, 2))
"""Until which second how many people ask."""


class Person(HttpUser):
    wait_time = constant_pacing(1)

    @task
    def request_playlist(self) -> None:
        # A point that hardly anybody has asked for, so that no cache answers.
        latitude, longitude = random.uniform(-80, 80), random.uniform(-179, 179)
        self.client.get(
            "/v1/playlists",
            params={"lat": f"{latitude:.2f}", "lon": f"{longitude:.2f}"},
            headers={"Host": "playlists.localhost"},
            name="playlist",
            timeout=45,
        )


class Tide(LoadTestShape):
    def tick(self) -> tuple[int, float] | None:
        now = self.get_run_time()
        for end, people in _COURSE:
            if now < end:
                return people, 10.0
        return None
