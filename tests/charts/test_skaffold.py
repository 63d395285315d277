"""skaffold.yaml, by Skaffold itself: what it builds goes where the charts look for it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.charts.helm import CHARTS

PROJECT = CHARTS.parent
OURS = ("gateway", "services", "operator")
SERVERS = {"rabbitmq", "postgres"}
DIGEST = f"sha256:{'b' * 64}"

pytestmark = pytest.mark.nightly


@pytest.fixture
def run(skaffold: Path, helm3: Path, tmp_path: Path):
    """Run Skaffold in a copy, since it puts packaged charts beside those that need them."""
    shutil.copy2(PROJECT / "skaffold.yaml", tmp_path)
    shutil.copytree(CHARTS, tmp_path / "charts")
    environment = os.environ | {
        "SKAFFOLD_UPDATE_CHECK": "false",
        "HOME": str(tmp_path),
        "PATH": f"{helm3.parent}:{os.environ['PATH']}",
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [skaffold, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def images(run, tmp_path: Path, built: dict[str, str], *options: str) -> set[str]:
    """Return the images of all containers, had Skaffold ``built`` these."""
    listed = [{"imageName": name, "tag": reference} for name, reference in built.items()]
    (tmp_path / "built.json").write_text(json.dumps({"builds": listed}))
    rendered = run(
        "render", *options, "--build-artifacts=built.json", "--digest-source=tag", "--offline=true"
    )
    return {
        container["image"]
        for manifest in yaml.safe_load_all(rendered)
        if manifest and manifest["kind"] in ("Deployment", "StatefulSet")
        for container in manifest["spec"]["template"]["spec"]["containers"]
    }


def test_with_docker_the_charts_get_the_tags_of_three_images(run, tmp_path: Path) -> None:
    built = {f"mare/{name}": f"mare/{name}:a{number}" for number, name in enumerate(OURS)}
    found = images(run, tmp_path, built)
    local = {f"docker.io/{reference}" for reference in built.values()}
    assert local < found
    assert {image.split("/")[-1].split(":")[0] for image in found - local} == SERVERS


def test_what_was_pushed_is_named_by_its_digest(run, tmp_path: Path) -> None:
    built = {f"mare/{name}": f"example.org/mare/{name}:a@{DIGEST}" for name in OURS}
    found = images(run, tmp_path, built)
    assert {f"example.org/mare/{name}@{DIGEST}" for name in OURS} < found


def test_the_tests_cluster_pulls_all_from_its_own_registry(run, tmp_path: Path) -> None:
    names = [f"localhost:5001/mare/{name}" for name in (*OURS, "rabbitmq", "postgresql")]
    built = {name: f"{name}:a@{DIGEST}" for name in names}
    found = images(run, tmp_path, built, "--profile=cluster")
    assert found == {f"{name}@{DIGEST}" for name in names}


@pytest.mark.parametrize("profile", [[], ["--profile=cluster"]])
def test_all_that_it_watches_is_there(run, profile: list[str]) -> None:
    config = yaml.safe_load(run("diagnose", "--yaml-only", *profile))
    for artifact in config["build"]["artifacts"]:
        for pattern in artifact.get("custom", {}).get("dependencies", {}).get("paths", []):
            assert list(PROJECT.glob(pattern)), pattern
    assert len(config["build"]["artifacts"]) == (5 if profile else 3)
