"""What `make load` submits, receives, and says at its end."""

import asyncio
import subprocess
import sys

import aiohttp
import pytest

from local import receivers as module
from local.load import batches
from local.load_report import Report
from local.processor_time import ProcessorTime


def test_the_report_counts_what_was_accepted_ended_and_lost():
    report = Report(submitted=5, called_back=3, seconds=61.4)
    report.states = {"a": "complete", "b": "complete", "c": "failed", "d": "running"}
    report.refused[503] += 1
    report.to_partial, report.to_end = [0.1, 0.2, 0.3], [0.5]
    for count in (1, 4, 2):
        report.saw_replicas("playlists", count)
    report.milliseconds = {"jobs": 5.8, "broker": 8.3}

    assert report.text().splitlines() == [
        "",
        "accepted      4 of 5 jobs in 61 s",
        "ended         2 complete, 1 failed, 1 running",
        "lost          1",
        "callbacks     3 of 4 jobs",
        "202 → weather p50 0.20 s, p95 0.29 s (3 jobs were followed)",
        "202 → end     not known",
        "refused       1 with status 503",
        "processor     14.1 ms a job: broker 8.3, jobs 5.8",
        "replicas      at most playlists 4",
    ]


@pytest.mark.parametrize(
    ("seconds", "rate", "dues", "largest"),
    [(60, 20, 12, 100), (60, 0.5, 12, 3), (1, 20, 1, 100), (10, 70, 2, 100)],
)
def test_jobs_come_in_waves_of_batches(seconds, rate, dues, largest):
    found = list(batches(seconds, rate))

    numbers = [number for batch in found for number in batch.numbers]
    assert numbers == list(range(round(max(5, seconds) * rate)))
    assert len({batch.due for batch in found}) == dues
    assert max(len(batch.numbers) for batch in found) == largest


def test_steady_jobs_come_one_by_one():
    found = list(batches(2, 4, steady=True))

    assert [batch.due for batch in found] == [number / 4 for number in range(8)]
    assert [list(batch.numbers) for batch in found] == [[number] for number in range(8)]


def test_processor_time_is_of_a_process_and_of_all_below_it():
    # It waits until it is observed: what it has used before does not count.
    busy = "while time.process_time() < 0.5: pass\nprint('done', flush=True); input()"
    command = f'sleep 0.01; {sys.executable} -c "import time; input()\n{busy}"'
    with subprocess.Popen(
        ["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        time = ProcessorTime(process.pid)
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"done\n"
        time.sample()
        process.communicate(b"\n")

    time.sample()  # they have ended, and still count
    assert sum(time.seconds().values()) >= 0.2


def test_receivers_count_callbacks_by_job(monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.0)

    async def run():
        async with module.receivers() as found, aiohttp.ClientSession() as session:
            for url, job in ((found.urls[0], "1"), (found.urls[0], "1"), (found.urls[-1], "2")):
                async with session.post(url, json={"data": {"id": job}}) as response:
                    assert response.status == 204
            return found

    found = asyncio.run(run())
    assert found.jobs == {"1", "2"}
    assert len(set(found.urls)) == module.COUNT
