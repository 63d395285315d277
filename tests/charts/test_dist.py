"""What `make dist` writes, given to a real API server and its controllers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.charts.helm import Helm
from tests.control_plane import ControlPlane
from tests.vhost import eventually

PROJECT = Path(__file__).parents[2]
OURS = ("gateway", "services", "operator")
OTHERS = {"postgres": "library/postgres", "valkey": "valkey/valkey", "rabbitmq": "library/rabbitmq"}
PATHS = {name: f"docker.io/{path}" for name, path in OTHERS.items()} | {
    name: f"registry.example/team/mare/{name}" for name in OURS
}


@pytest.fixture(scope="session")
def dist(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    make_dist(helm, folder)
    return folder


def make_dist(helm: Helm, folder: Path, **environment: str) -> None:
    command = [sys.executable, ".ci/dist.py", str(folder), str(helm.program)]
    subprocess.run(
        command,
        cwd=PROJECT,
        env=os.environ | {"REGISTRY": "registry.example/team"} | environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def apply(api_server: ControlPlane, dist: Path):
    """Apply a plain manifest as a person would; what it made goes after the test."""

    def apply(name: str) -> None:
        file = str(dist / f"{name}-install.yaml")
        api_server.kubectl("apply", "--server-side", "-f", file)

    yield apply
    api_server.kubectl("delete", "namespace", "mare", "--wait=false")
    for kind in ("clusterroles", "clusterrolebindings"):
        api_server.kubectl("delete", kind, "-l", "app.kubernetes.io/part-of=mare")


def pods(api_server):
    """Pods by the component that they belong to, as controllers made them."""
    found = json.loads(api_server.kubectl("get", "pods", "-n", "mare", "-o", "json"))["items"]
    return {pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in found}


def test_the_manifests_install_each_alone_and_all_together(api_server, apply):
    apply("rabbitmq")
    eventually(lambda: "broker" in pods(api_server))

    apply("operator")
    eventually(lambda: "operator" in pods(api_server))

    apply("playlists")
    services = {"gateway", "weather", "music", "playlists", "jobs", "webhooks", "events"}
    eventually(lambda: services <= pods(api_server))
    assert len(api_server.kubectl("get", "qa", "-n", "mare", "-o", "name").split()) == 5


REUSED = {
    "image": {"registry": None, "tag": None},
    "gateway": {"image": {"digest": None}},
    "valkey": {"enabled": True, "image": None},
}
"""Values of an earlier chart without these, as after `helm upgrade --reuse-values`."""


def digests_of(*names: str) -> dict[str, str]:
    return {name: f"sha256:{str(n) * 64}" for n, name in enumerate(names)}


def released(helm: Helm, folder: Path, digests: dict[str, str], **environment: str) -> Path:
    """Return the package of the whole application, with these digests of images."""
    pairs = " ".join(f"{name}={digest}" for name, digest in digests.items())
    make_dist(helm, folder, DIGESTS=pairs, **environment)
    (package,) = folder.glob("playlists-*.tgz")
    return package


@pytest.fixture(scope="session")
def package(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of a release, with digests of all images."""
    return released(helm, tmp_path_factory.mktemp("release"), digests_of(*PATHS))


def images_of(text: str) -> set[str]:
    return {line.split()[-1].strip('"') for line in text.splitlines() if " image: " in line}


def test_the_packages_hold_the_charts_that_they_depend_on_and_name_their_images(helm, tmp_path):
    digests = digests_of("gateway", "services", *OTHERS)
    package = released(helm, tmp_path, digests, TAG="7")

    rendered = helm.template(package, {"valkey": {"enabled": True}})

    assert {"StatefulSet", "QueueAutoscaler"} <= {each["kind"] for each in rendered}
    assert helm.template(package, REUSED).objects == rendered.objects
    assert images_of(rendered.text) == {
        "registry.example/team/mare/operator:7",
        *(f"{PATHS[name]}@{digest}" for name, digest in digests.items()),
    }


def test_a_tag_of_ones_own_goes_before_the_digest_of_the_release(helm, package):
    """As the runbook does from 4.1 to 4.3, and who installs their own builds."""
    tags = {
        "image": {"tag": "dev"},
        "operator": {"image": {"tag": "dev"}},
        "rabbitmq": {"image": {"tag": "4.2.9-management"}},
        "postgresql": {"image": {"tag": "18"}},
        "valkey": {"enabled": True, "image": {"tag": "9"}},
    }

    found = images_of(helm.template(package, tags).text)

    expected = dict.fromkeys(OURS, "dev") | {
        "postgres": "18",
        "valkey": "9",
        "rabbitmq": "4.2.9-management",
    }
    assert found == {f"{PATHS[name]}:{tag}" for name, tag in expected.items()}


def test_a_repository_that_names_its_registry_keeps_the_digest_of_the_release(helm, package):
    mirrored = {
        name: {"image": {"repository": f"mirror.example:5000/{path}"}}
        for name, path in (OTHERS | {name: f"mare/{name}" for name in OURS}).items()
    }
    mirrored["postgresql"] = mirrored.pop("postgres")
    mirrored["serviceDefaults"] = mirrored.pop("services")
    mirrored["valkey"]["enabled"] = True

    found = images_of(helm.template(package, mirrored).text)

    assert all(each.startswith("mirror.example:5000/") for each in found)
    assert {each.partition("@")[2] for each in found} == {*digests_of(*PATHS).values()}


def test_a_digest_of_ones_own_goes_before_all_else(helm, package):
    own = f"sha256:{'a' * 64}"

    rendered = helm.template(package, {"rabbitmq": {"image": {"tag": "4.2", "digest": own}}})

    found = {each for each in images_of(rendered.text) if each.startswith(PATHS["rabbitmq"])}
    assert found == {f"{PATHS['rabbitmq']}@{own}"}


def test_a_release_looks_up_the_images_that_the_charts_install(helm, dist, monkeypatch):
    (package,) = dist.glob("playlists-*.tgz")
    monkeypatch.syspath_prepend(PROJECT / ".ci")
    from base_images import references  # noqa: PLC0415  not a package

    installed = images_of(helm.template(package, {"valkey": {"enabled": True}}).text)

    assert {each for name, each in references().items() if name != "python"} <= installed


def test_the_weekly_scan_finds_the_images_of_a_release(helm, package, tmp_path):
    shutil.copytree(package.parent, tmp_path, dirs_exist_ok=True)
    text = (PROJECT / ".github/workflows/scan.yml").read_text()
    steps = yaml.safe_load(text)["jobs"]["images"]["steps"]
    (script,) = (each["run"] for each in steps if "gh release" in each["run"])
    programs = {"gh": "true", "helm": f'{helm.program} "$@"', "go/bin/grype": "echo $1; false"}
    for name, line in programs.items():
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)

    environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ended = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path,
        env=environment | {"GITHUB_REPOSITORY": "owner/name"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 1, "a scan that finds something is one that fails"
    assert {*ended.stdout.split()} == {
        f"registry:{PATHS[name]}@{digest}" for name, digest in digests_of(*PATHS).items()
    }, ended.stderr


def test_the_manifests_name_images_of_ones_own_registry(helm, tmp_path):
    make_dist(helm, tmp_path, TAG="7")

    ours = {"operator": {"operator"}, "playlists": {"gateway", "services"}, "rabbitmq": set()}
    for chart, names in ours.items():
        text = (tmp_path / f"{chart}-install.yaml").read_text()
        images = {line.split()[-1] for line in text.splitlines() if "image: " in line}
        assert {f"registry.example/team/mare/{name}:7" for name in names} == {
            image for image in images if "mare/" in image
        }


def test_nothing_is_packaged_without_a_registry(helm, tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as failed:
        make_dist(helm, tmp_path, REGISTRY="")

    assert "Set REGISTRY to where the images are" in failed.value.stderr
