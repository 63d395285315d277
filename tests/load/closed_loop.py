"""Clients that send one request after the other, until they are stopped."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import requests

MOST_SECONDS = 600.0
"""A load stops by itself, whatever becomes of the test."""
_MAX_BODY_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """When it was complete, how long it took, its status or the error's name, and its text."""

    at: float
    took: float
    status: int | str
    body: str = ""
    """The beginning of an answer that is not 200."""


class Load:
    """``send`` gets a number that no other request has."""

    def __init__(self, send: Callable[[int], requests.Response], clients: int) -> None:
        self._send = send
        self._numbers = count()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._client) for _ in range(clients)]
        self.answers: list[Answer] = []

    @property
    def statuses(self) -> Counter[int | str]:
        """How many answers of each status or error there were."""
        return Counter(answer.status for answer in self.answers.copy())

    @property
    def slowest(self) -> float:
        return max(answer.took for answer in self.answers)

    @property
    def failed(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.status != 200]

    def _client(self) -> None:
        end = time.monotonic() + MOST_SECONDS
        while not self._over.is_set() and time.monotonic() < end:
            started = time.time()
            status, body = self._answer()
            now = time.time()
            self.answers.append(Answer(now, now - started, status, body))
            if status != 200:
                self._over.wait(0.1)

    def _answer(self) -> tuple[int | str, str]:
        try:
            response = self._send(next(self._numbers))
        except requests.RequestException as error:
            return type(error).__name__, str(error)[:_MAX_BODY_CHARACTERS]
        body = "" if response.status_code == 200 else response.text[:_MAX_BODY_CHARACTERS]
        return response.status_code, body

    @contextmanager
    def running(self) -> Iterator["Load"]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join()
