"""The features of a cluster that the charts need: Pods, DNS, volumes, ingress, images."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from devcluster.cluster import Cluster, KubectlFailed
from devcluster.node.images import busybox
from tests.integration.node.objects import claim, ingress, pod, service
from tests.vhost import eventually

# What e2e uses on every run: a node that cannot do it fails there.
pytestmark = pytest.mark.nightly


def apply(cluster: Cluster, namespace: str, *objects: dict[str, Any]) -> None:
    cluster.kubectl(
        "apply", f"--namespace={namespace}", "--filename=-", stdin=yaml.safe_dump_all(objects)
    )


def wait_until_ready(cluster: Cluster, namespace: str, name: str) -> None:
    cluster.kubectl(
        *("wait", f"--namespace={namespace}", "--for=condition=Ready", f"pod/{name}"),
        "--timeout=150s",
        seconds=160,
    )


def in_pod(cluster: Cluster, namespace: str, name: str, command: str) -> str:
    return cluster.kubectl("exec", f"--namespace={namespace}", name, "--", "sh", "-c", command)


def test_a_restricted_pod_gets_ready_and_a_privileged_one_is_rejected(
    cluster: Cluster, restricted: str
) -> None:
    apply(cluster, restricted, pod("web"))
    wait_until_ready(cluster, restricted, "web")
    assert in_pod(cluster, restricted, "web", "id -u").strip() == "65532"
    privileged = pod("privileged")
    privileged["spec"]["hostNetwork"] = True
    with pytest.raises(KubectlFailed, match="violates PodSecurity"):
        apply(cluster, restricted, privileged)


def test_names_of_services_resolve(cluster: Cluster, restricted: str) -> None:
    apply(cluster, restricted, pod("web"), service("web"))
    wait_until_ready(cluster, restricted, "web")
    address = cluster.kubectl(
        "get", "service", "web", f"--namespace={restricted}", "--output=jsonpath={.spec.clusterIP}"
    )
    # Not the name in the URL: glibc's resolver does not work in a static program such as this wget.
    eventually(lambda: _answer(cluster, restricted, f"wget -qO- http://{address}") == "tide")
    found = f"nslookup web.{restricted}.svc.cluster.local | grep {address}"
    eventually(lambda: _answer(cluster, restricted, found))


def test_external_names_get_nxdomain_at_once(cluster: Cluster, restricted: str) -> None:
    if not cluster.inside:
        pytest.skip("only a native node has no network outside")
    apply(cluster, restricted, pod("web"))
    wait_until_ready(cluster, restricted, "web")
    outside = "nslookup example.org 2>&1 || true"
    eventually(lambda: "NXDOMAIN" in in_pod(cluster, restricted, "web", outside))


def _answer(cluster: Cluster, namespace: str, command: str) -> str:
    try:
        return in_pod(cluster, namespace, "web", command).strip()
    except KubectlFailed:
        return ""


def test_a_claim_gets_a_volume_that_outlives_its_pod(cluster: Cluster, restricted: str) -> None:
    apply(cluster, restricted, claim("data"), pod("first", claim="data"))
    wait_until_ready(cluster, restricted, "first")
    in_pod(cluster, restricted, "first", "echo high > /data/tide")
    cluster.kubectl("delete", "pod", "first", f"--namespace={restricted}")
    apply(cluster, restricted, pod("second", claim="data"))
    wait_until_ready(cluster, restricted, "second")
    assert in_pod(cluster, restricted, "second", "cat /data/tide").strip() == "high"


def test_the_ingress_routes_by_host_on_this_machine(cluster: Cluster, restricted: str) -> None:
    apply(cluster, restricted, pod("web"), service("web"), ingress("web", "web.test"))
    wait_until_ready(cluster, restricted, "web")
    eventually(lambda: _status(cluster, "web.test") == 200)
    assert _status(cluster, "another.test") == 404


def _status(cluster: Cluster, host: str) -> int:
    try:
        return requests.get(cluster.ingress, headers={"Host": host}, timeout=40).status_code
    except requests.RequestException:
        return 0


def test_the_ingress_has_the_same_address_on_the_node(cluster: Cluster) -> None:
    program = f"import requests; print(requests.get({cluster.ingress!r}, timeout=60).status_code)"
    answer = subprocess.run(
        [*cluster.inside, sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "404\n"


def test_pods_run_images_that_were_pushed_or_loaded(
    cluster: Cluster, restricted: str, tmp_path: Path
) -> None:
    if not shutil.which("buildah"):
        pytest.skip("needs buildah, which a native node installs")
    pushed = f"{cluster.registry}/{restricted}/pushed:1"
    loaded = f"localhost/{restricted}/loaded:1"
    archive = tmp_path / "loaded.tar"
    buildah = (
        *("buildah", f"--root={tmp_path}/storage", f"--runroot={tmp_path}/run"),
        "--storage-driver=vfs",
    )
    for command in (
        ["pull", f"docker-archive:{busybox()}"],
        ["push", "--tls-verify=false", "localhost/busybox:built", f"docker://{pushed}"],
        ["push", "localhost/busybox:built", f"oci-archive:{archive}:{loaded}"],
    ):
        subprocess.run([*buildah, *command], check=True, capture_output=True)
    cluster.load_image(archive)
    apply(cluster, restricted, pod("pushed", image=pushed), pod("loaded", image=loaded))
    wait_until_ready(cluster, restricted, "pushed")
    wait_until_ready(cluster, restricted, "loaded")
    apply(cluster, restricted, pod("same-image-by-its-first-name"))
    wait_until_ready(cluster, restricted, "same-image-by-its-first-name")


def test_both_helm_versions_reach_the_cluster(cluster: Cluster) -> None:
    for version in (3, 4):
        assert cluster.helm("list", "--all-namespaces", version=version).startswith("NAME")
