"""The objects that compare Jobs, and the rows of their runs."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.load.compare import jobs
from tests.load.compare.controllers import keep
from tests.load.compare.job_scalers import STRATEGIES, Case, manifest

CASE = Case(autoscaler="Maré", over=0.0, messages=200, task_seconds=60.0, at_most=20, polling=0)


def test_all_autoscalers_get_the_same_jobs_and_bounds():
    ours = manifest(CASE, "work-1", "image:1")["spec"]
    for name in STRATEGIES:
        theirs = manifest(replace(CASE, autoscaler=name, polling=5), "work-1", "image:1")["spec"]
        assert theirs["jobTargetRef"] == ours["jobTemplate"]["spec"]
        assert theirs["maxReplicaCount"] == ours["maxReplicas"] == 20


def test_the_least_time_has_whole_rounds_of_jobs():
    assert CASE.least_seconds == 600.0
    assert replace(CASE, messages=201).least_seconds == 660.0
    assert replace(CASE, over=900.0).least_seconds == 960.0


def test_a_run_that_is_kept_is_found_by_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "compare/jobs.json"
    monkeypatch.setattr(jobs, "_FILE", file)
    assert jobs._stored(CASE) is None
    for jobs_created in (201, 200):
        row = asdict(CASE) | {"jobs": jobs_created, "each_job": [(0.1, 61.5)]}
        keep(file, row, tuple(asdict(CASE)))

    kept = jobs._stored(CASE)

    assert kept is not None
    assert kept["jobs"] == 200
    assert jobs._stored(replace(CASE, over=900.0)) is None
