"""Three minutes of faults under jobs and Celery tasks: the short form of `make chaos`."""

import json
from pathlib import Path

import pytest

from devcluster.cluster import Cluster
from tests.load.chaos.__main__ import FAILURES, options, run
from tests.load.chaos.stage import stage

FAULTS = (
    "kill -9 of playlists",
    "kill -9 of operator",
    "kill -9 of rabbitmq-1",
    "kill -9 of celery",
    "SIGSTOP of jobs",
    "partition, jobs and RabbitMQ",
    "memory alarm",
    "drained",
    "disk of the job store",
)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_nothing_accepted_is_lost_and_nothing_busy_is_ended(cluster: Cluster, tmp_path: Path):
    given = options().parse_args(
        ["--jobs=500", "--rate=3", "--tasks=60", "--pairs=2", "--only", *FAULTS]
    )

    with stage(cluster) as (application, disk):
        result = run(application, disk, given, tmp_path)
    print(json.dumps(result, indent=2))  # noqa: T201 - pytest shows it if a promise is broken

    assert not {each: result[each] for each in FAILURES if result[each]}
    assert result["tasks accepted"] == 60
    assert result["jobs accepted"] == 500
