"""What a release publishes has been tested before: the order of the jobs of release.yml."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from devcluster.images.recipe import COMPONENTS

WORKFLOW = Path(__file__).parents[3] / ".github/workflows/release.yml"
JOBS: dict[str, dict[str, Any]] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
PUBLISHED = ("push=true", "helm push", "oras push", "gh-action-pypi-publish", "gh release create")
TESTED = {"test": "make test", "broker": "tests/e2e/own/test_rabbitmq_release.py"}


def _steps(job: str) -> str:
    return yaml.safe_dump(JOBS[job]["steps"])


def _needed(job: str) -> set[str]:
    """Return the jobs that have succeeded before this one begins."""
    needs = JOBS[job].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(_needed(each) for each in direct))


PUBLISHING = [job for job in JOBS if any(each in _steps(job) for each in PUBLISHED)]
WRITING = [job for job, given in JOBS.items() if "write" in given.get("permissions", {}).values()]


@pytest.mark.parametrize(("job", "command"), TESTED.items())
def test_a_test_of_the_release_runs_and_its_failure_counts(job: str, command: str):
    (step,) = (each for each in JOBS[job]["steps"] if command in each.get("run", ""))
    assert not step.get("continue-on-error")
    assert not JOBS[job].get("continue-on-error")


@pytest.mark.parametrize("job", PUBLISHING)
def test_nothing_is_published_before_the_tests_and_the_upgrade_of_a_broker(job: str):
    assert set(TESTED) <= _needed(job)
    assert "if" not in JOBS[job], "a condition such as always() would ignore what failed before"


def test_each_image_has_started_before_it_is_published():
    steps = [yaml.safe_dump(each, width=1000) for each in JOBS["images"]["steps"]]
    (started,) = (number for number, step in enumerate(steps) if "docker run" in step)
    (published,) = (number for number, step in enumerate(steps) if "push=true" in step)
    assert started < published
    images = [each["image"] for each in JOBS["images"]["strategy"]["matrix"]["include"]]
    assert sorted(images) == sorted(COMPONENTS)


def test_the_release_has_the_digests_of_the_images_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """The file that the job `bases` writes is one of those that the last job publishes."""
    monkeypatch.syspath_prepend(WORKFLOW.parents[2] / ".ci")
    import base_images  # noqa: PLC0415  not a package

    monkeypatch.chdir(WORKFLOW.parents[2])
    (program,) = (each["run"].split() for each in JOBS["bases"]["steps"] if "run" in each)
    (kept,) = (each["with"] for each in JOBS["bases"]["steps"] if "upload-artifact" in str(each))
    assert program[2] == kept["path"]
    monkeypatch.setattr("sys.argv", [program[1], str(tmp_path / kept["path"])])
    monkeypatch.setattr(base_images, "digest", "sha256:{}".format)
    base_images.main()

    lines = (tmp_path / kept["path"]).read_text().splitlines()
    assert lines == [f"{each}@sha256:{each}" for each in base_images.references().values()]
    assert f"python={lines[0]}\n" in capsys.readouterr().out
    assert "bases" in _needed("release")
    (download,) = (each for each in JOBS["release"]["steps"] if "download" in str(each.get("uses")))
    assert "name" not in download["with"], "all files of all jobs are published"
    assert "base-images" not in _steps("release"), "and none of these is removed"


def test_every_job_that_may_publish_is_known():
    assert set(WRITING) == set(PUBLISHING) == {"images", "charts", "pypi", "release"}
