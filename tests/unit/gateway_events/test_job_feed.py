"""The feed reads a changed job once and passes its states to all of its streams."""

import asyncio

import pytest

from mare_gateway.events.feed import QUEUE_SIZE, Closed, JobFeed
from mare_nameko.client import Disconnected, RemoteError

JOB = ("ana", "019ab000-0000-7000-8000-000000000001")


class Store:
    """The states that the jobs service returns, one for each read; the last one repeats."""

    def __init__(self, *states):
        self.states = list(states)
        self.reads = 0

    async def read(self, job):
        self.reads += 1
        await asyncio.sleep(0)
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, Exception):
            raise state
        return {"id": job[1], "attempt": 1, "state": state}


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


def ids(subscription):
    return [snapshot.event_id for snapshot in subscription._waiting]


def test_a_change_is_read_once_for_all_streams_of_the_job():
    async def run():
        store = Store("pending", "partial")
        feed = JobFeed(store.read)
        with feed.subscribe(JOB) as first, feed.subscribe(JOB) as second:
            await settle()
            feed.changed(JOB)
            await settle()
            assert ids(first) == ids(second) == ["1-pending", "1-partial"]
        assert store.reads == 2

    asyncio.run(run())


def test_changes_during_a_read_cause_one_more_read():
    async def run():
        store = Store("pending", "complete")
        feed = JobFeed(store.read)
        with feed.subscribe(JOB) as states:
            await asyncio.sleep(0)  # the first read has begun
            feed.changed(JOB)
            feed.changed(JOB)
            await settle()
            assert ids(states) == ["1-pending", "1-complete"]
            assert store.reads == 2

    asyncio.run(run())


def test_a_job_without_streams_is_not_read():
    async def run():
        store = Store("pending")
        feed = JobFeed(store.read)
        with feed.subscribe(JOB):
            await settle()
        feed.changed(JOB)
        feed.changed(("bruno", JOB[1]))
        await settle()
        assert store.reads == 1

    asyncio.run(run())


def test_a_stream_that_is_not_read_keeps_the_newest_states_only():
    async def run():
        store = Store(*(f"state-{number}" for number in range(QUEUE_SIZE + 5)))
        feed = JobFeed(store.read)
        with feed.subscribe(JOB) as states:
            for _ in range(QUEUE_SIZE + 5):
                await settle()
                feed.changed(JOB)
            await settle()
            assert len(ids(states)) == QUEUE_SIZE
            assert ids(states)[-1] == f"1-state-{QUEUE_SIZE + 4}"

    asyncio.run(run())


def test_all_watched_jobs_are_read_again_after_an_interruption():
    async def run():
        store = Store("pending", "complete")
        feed = JobFeed(store.read)
        with feed.subscribe(JOB) as states:
            await settle()
            feed.reread()
            await settle()
            assert ids(states) == ["1-pending", "1-complete"]

    asyncio.run(run())


def test_a_stream_learns_of_a_change_whose_event_was_lost(monkeypatch):
    monkeypatch.setattr("mare_gateway.events.feed._REREAD_SECONDS", 0.0)
    monkeypatch.setattr("mare_gateway.events.feed._REREAD_PAUSE", 0.0)

    async def run():
        feed = JobFeed(Store("pending", "complete").read)
        rereading = asyncio.create_task(feed.reread_steadily())
        with feed.subscribe(JOB) as states:
            seen = [(await states.next()).event_id for _ in range(2)]
        rereading.cancel()
        assert seen == ["1-pending", "1-complete"]

    asyncio.run(run())


def test_a_failed_read_is_repeated(monkeypatch):
    monkeypatch.setattr("mare_gateway.events.feed._FIRST_PAUSE", 0.0)

    async def run():
        store = Store(Disconnected("away"), RemoteError("OperationalError"), "pending")
        with JobFeed(store.read).subscribe(JOB) as states:
            assert (await states.next()).event_id == "1-pending"

    asyncio.run(run())


def test_a_malformed_reply_is_reported_once_and_silences_no_stream(monkeypatch, caplog):
    monkeypatch.setattr("mare_gateway.events.feed._FIRST_PAUSE", 0.0)
    replies = [{"state": "pending"}, {}, None, {"progress": 1, "state": {}}]

    async def read(job):
        await asyncio.sleep(0)
        return replies.pop(0) if replies else {"id": job[1], "attempt": 1, "state": "pending"}

    async def run():
        with JobFeed(read).subscribe(JOB) as states:
            assert (await states.next()).event_id == "1-pending"

    asyncio.run(run())
    assert caplog.messages == ["A job cannot be read: KeyError('attempt')"]


def test_the_streams_of_a_deleted_job_end():
    async def run():
        store = Store("pending", RemoteError("JobNotFound"))
        feed = JobFeed(store.read)
        with feed.subscribe(JOB) as states:
            await states.next()
            feed.changed(JOB)
            with pytest.raises(RemoteError):
                await states.next()

    asyncio.run(run())


def test_no_stream_outlives_the_feed():
    async def run():
        feed = JobFeed(Store("pending").read)
        with feed.subscribe(JOB) as states:
            await states.next()
            feed.close()
            with pytest.raises(Closed):
                await states.next()
        with feed.subscribe(JOB) as late, pytest.raises(Closed):
            await late.next()

    asyncio.run(run())


@pytest.mark.parametrize("after", ["pending", "complete"])
def test_a_stream_that_is_opened_after_the_end_gets_what_is_read_then(after):
    async def run():
        feed = JobFeed(Store("complete", after).read)
        with feed.subscribe(JOB) as slow:
            await settle()
            with feed.subscribe(JOB) as late:  # the job may have been tried again
                await settle()
                assert ids(late) == [f"1-{after}"]
            assert ids(slow) == list(dict.fromkeys(["1-complete", f"1-{after}"]))

    asyncio.run(run())


def test_a_stream_that_is_opened_during_a_read_does_not_end_by_its_result():
    async def run():
        feed = JobFeed(Store("failed", "pending").read)
        with feed.subscribe(JOB) as first:
            await asyncio.sleep(0)  # the first read has begun
            with feed.subscribe(JOB) as second:
                await settle()
                assert ids(first) == ["1-failed", "1-pending"]
                assert ids(second) == ["1-pending"]

    asyncio.run(run())


class Batches:
    """Batches with one job; each read shows another progress, or is an error."""

    def __init__(self):
        self.reads, self.error = 0, None

    async def read(self, job):
        self.reads += 1
        if self.error is not None:
            raise self.error
        members = [{"id": JOB[1], "state": "pending"}]
        return {
            "id": job[1], "state": "running", "progress": {"ended": self.reads}, "jobs": members
        }  # fmt: skip


BATCH = ("ana", "batch")


@pytest.mark.parametrize(("pause", "reads"), [(0.0, 2 + 50), (3600.0, 2)])
def test_a_batch_is_read_again_for_changes_of_its_jobs_but_not_within_a_pause(
    monkeypatch, pause, reads
):
    monkeypatch.setattr("mare_gateway.events.feed._BATCH_PAUSE", pause)

    async def run():
        batches = Batches()
        feed = JobFeed(batches.read)
        with feed.subscribe(BATCH) as states:
            await settle()
            for _ in range(50):
                feed.changed(JOB)
                await settle()
            assert ids(states)[-1] == f"running-{reads}"
        assert batches.reads == reads
        assert not feed._batches

    asyncio.run(run())


def test_nothing_is_kept_of_a_batch_that_was_deleted(monkeypatch):
    monkeypatch.setattr("mare_gateway.events.feed._BATCH_PAUSE", 0.0)

    async def run():
        batches = Batches()
        feed = JobFeed(batches.read)
        with feed.subscribe(BATCH) as states:
            await settle()
            batches.error = RemoteError("JobNotFound")
            feed.changed(JOB)
            await settle()
            assert states._error is batches.error
        assert not feed._batches

    asyncio.run(run())
