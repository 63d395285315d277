"""Kill a process that accepts jobs into SQLite, at random moments; look for accepted jobs after.

    python -m tests.load.sqlite_kills [--rounds 500]

Four threads accept jobs, as in the jobs service, and report each id when `accept` has returned.
Ends with 1 if a reported job, or its event in the outbox, is missing.
"""

import argparse
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import uuid_utils

from mare_services.contract.jobs import JobSubmission
from mare_services.contract.suggestion import SuggestionRequest
from mare_services.jobs.domain.job import Terms, accepted_event, new_job
from mare_services.jobs.ports import Change
from tests.job_stores import sqlite_store

THREADS = 4
LONGEST_LIFE = 0.08
"""Seconds from the first accepted job to the kill, at most."""
_ID_BYTES = 36


def accept_until_killed(path: Path, report: int) -> None:
    """Accept jobs for ever; write each id to the pipe `report` when it is accepted."""
    store = sqlite_store(path)

    def accept() -> None:
        while True:
            submitted = JobSubmission(
                id=str(uuid_utils.uuid7()), request=SuggestionRequest(city="Recife")
            )
            job = new_job(submitted, None, datetime.now(UTC), Terms())
            store.accept(Change(job, (accepted_event(job),)))
            os.write(report, job.id.encode())  # one write of less than PIPE_BUF is atomic

    threads = [threading.Thread(target=accept) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def one_life(path: Path, draw: random.Random) -> list[str]:
    """Return the ids that a process reported before it was killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            accept_until_killed(path, writer)
        finally:
            os._exit(1)
    os.close(writer)
    reported = os.read(reader, _ID_BYTES)
    time.sleep(draw.uniform(0, LONGEST_LIFE))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while chunk := os.read(reader, 65_536):
        reported += chunk
    os.close(reader)
    text = reported.decode()
    return [text[start : start + _ID_BYTES] for start in range(0, len(text), _ID_BYTES)]


def missing(path: Path, reported: list[str]) -> set[str]:
    """Return the ids without a job or without its event."""
    with sqlite3.connect(path) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        jobs = {row[0] for row in store.execute("SELECT id FROM jobs")}
        events = {row[0] for row in store.execute("SELECT data ->> 'job_id' FROM outbox")}
    return set(reported) - (jobs & events)


def run(folder: Path, rounds: int, seed: int) -> tuple[int, set[str]]:
    """Return the number of accepted jobs, and the ids of those that are missing."""
    path, draw = folder / "jobs.db", random.Random(seed)
    reported: list[str] = []
    for _ in range(rounds):
        reported += one_life(path, draw)
    return len(reported), missing(path, reported)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    options = parser.parse_args()
    seed = time.time_ns()
    with tempfile.TemporaryDirectory(prefix="mare-kills-") as folder:
        accepted, lost = run(Path(folder), options.rounds, seed)
    sys.stdout.write(
        f"{options.rounds} kills (seed {seed}): {accepted} jobs accepted, {len(lost)} missing\n"
    )
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
