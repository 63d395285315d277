"""Clients of jobs: submit at a rate until accepted, and follow streams through interruptions."""

import asyncio
import itertools
import secrets
import time
from collections.abc import Callable, Sequence

import aiohttp

PATIENCE = 240.0
FOLLOWED = 10
"""One job in so many is followed by a stream."""


_STATES = ("pending", "running", "partial")
"""In their order; a job that has left a state does not return to it in the same attempt."""


class Stream:
    """Reads the events of a job, line by line and across connections.

    Attributes:
        ids: attempt and state of the events that came whole, such as 1-partial. States may be left
            out, so that only the last of them must be there.
        ended: whether the event `end` came.
        has_gap: whether it came without the state that it names.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.ended = self.has_gap = False
        self._event: dict[str, str] = {}

    def headers(self) -> dict[str, str]:
        """Return those of another connection: an event that the former one cut off is dropped."""
        self._event = {}
        return {"Last-Event-ID": self.ids[-1]} if self.ids else {}

    def read(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r\n")
        if text:
            name, _, value = text.partition(":")
            self._event[name] = value.removeprefix(" ")
            return
        event, self._event = self._event, {}
        if event.get("event") == "end":
            self.end(event.get("id"))
        elif "id" in event and "data" in event:
            self.ids.append(event["id"])

    def end(self, last_id: str | None) -> None:
        self.ended, self.has_gap = True, self.ids[-1:] != [last_id]

    def went_back(self) -> bool:
        """Return whether a state came twice, or after a later one of the attempt."""
        ranks = [self._rank(each) for each in self.ids]
        return ranks != sorted(set(ranks))

    @staticmethod
    def _rank(event_id: str) -> tuple[str, int]:
        attempt, _, state = event_id.partition("-")
        return attempt, _STATES.index(state) if state in _STATES else len(_STATES)


class Submissions:
    """Submits jobs and records what became of them.

    Attributes:
        accepted: ids of the jobs, in the order of their 202.
        submitted: jobs that were submitted at least once.
        repeated: submissions that had to be repeated.
        first_tried: when each accepted job was first submitted, in seconds since the epoch.
        with_gaps: streams that ended without an event of the job's last state.
        went_back: streams that had a state again, or one after a later one.
    """

    def __init__(
        self,
        url: str,
        events_url: str,
        callback_urls: Sequence[str],
        rate: float,
        *,
        host: str | None = None,
        events: Sequence[str] = (),
    ) -> None:
        self._url = url
        self._events_url = events_url
        self._callback_urls = callback_urls
        self._rate = rate
        self._events = {"events": list(events)} if events else {}
        self._headers = {"Host": host} if host else {}
        self._run = secrets.token_hex(8)
        self.accepted: list[str] = []
        self.first_tried: dict[str, float] = {}
        self._give_up = 0.0
        self.submitted = self.repeated = self.followed = self.saw_end = self.reconnections = 0
        self.with_gaps = self.went_back = 0

    async def submit(self, jobs: int, seconds: float, stop_faults: Callable[[], None]) -> None:
        """Submit jobs for at most `seconds`; call `stop_faults` then, and await the streams."""
        self._give_up = time.monotonic() + seconds
        # Connections are not kept: of a closed one, the gateway's next process knows nothing.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=40)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, headers=self._headers
        ) as session:
            streams: list[asyncio.Task[None]] = []
            began = time.monotonic()
            async with asyncio.TaskGroup() as tasks:
                for number in range(jobs):
                    if time.monotonic() > self._give_up:
                        break
                    self.submitted += 1
                    await asyncio.sleep(began + number / self._rate - time.monotonic())
                    tasks.create_task(self._submit_one(session, number, streams))
            await asyncio.to_thread(stop_faults)
            await asyncio.gather(*streams)

    async def _submit_one(
        self, session: aiohttp.ClientSession, number: int, streams: list[asyncio.Task[None]]
    ) -> None:
        body = {
            "lat": number % 120 - 60,
            "lon": number % 360 - 180,
            "limit": 1,
            "callback_url": self._callback_urls[number % len(self._callback_urls)],
            **self._events,
        }
        headers = {"Idempotency-Key": f"{self._run}-{number}"}
        first_tried = time.time()
        for attempt in itertools.count():
            if time.monotonic() > self._give_up:
                return
            self.repeated += attempt > 0
            try:
                async with session.post(
                    f"{self._url}/v1/playlists", json=body, headers=headers
                ) as response:
                    if response.status in (200, 202):  # 200: it has ended already
                        job = await response.json()
                        self.first_tried[job["id"]] = first_tried
                        self.accepted.append(job["id"])
                        if number % FOLLOWED == 0:
                            streams.append(asyncio.create_task(self._follow(session, job["id"])))
                        return
                    # 408: the gateway stood still while it read the request.
                    assert response.status in (408, 502, 503, 504), await response.text()
            except (OSError, aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(min(5, 1 + attempt))

    async def _follow(self, session: aiohttp.ClientSession, job_id: str) -> None:
        self.followed += 1
        stream = Stream()
        for attempt in range(int(PATIENCE)):
            self.reconnections += attempt > 0
            try:
                async with session.get(
                    f"{self._events_url}/v1/jobs/{job_id}/events", headers=stream.headers()
                ) as response:
                    if response.status == 204:  # the job has ended with the last id
                        stream.end(stream.ids[-1] if stream.ids else None)
                    async for line in response.content:
                        stream.read(line)
                        if stream.ended:
                            break
            except (OSError, aiohttp.ClientError, TimeoutError):
                pass
            if stream.ended:
                self.saw_end += 1
                break
            await asyncio.sleep(1)
        self.with_gaps += stream.has_gap
        self.went_back += stream.went_back()
