"""The custom resource is brought up to date by the chart's hook, with no more rights than that."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mare.cluster.crd import version_key
from tests.access import service_account_kubeconfig
from tests.charts.operator.conftest import CHART

CRD = CHART / "crds/queueautoscalers.mare.dev.yaml"
NAME = "crd/queueautoscalers.mare.dev"


@pytest.fixture
def hooks(helm, namespace):
    manifests = helm.template(CHART, {}, name="mare", namespace=namespace)
    return [
        each
        for each in manifests
        if "pre-upgrade" in each["metadata"].get("annotations", {}).get("helm.sh/hook", "")
    ]


@pytest.fixture
def apply_crd(api_server, namespace, hooks, tmp_path):
    """Run what the Job runs, with the Job's rights."""
    bound = [each for each in hooks if each["kind"] not in ("Job", "ConfigMap")]
    api_server.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(bound))
    kubeconfig = tmp_path / "hook.conf"
    access = service_account_kubeconfig(api_server, namespace, "mare-operator-crds")
    kubeconfig.write_text(yaml.safe_dump(access))

    def run(file):
        return subprocess.run(
            [str(Path(sys.executable).parent / "mare"), "apply-crd", str(file)],
            env={"PATH": os.defpath, "KUBECONFIG": str(kubeconfig)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_an_older_definition_is_brought_up_to_date(api_server, crd, apply_crd):
    older = yaml.safe_load(CRD.read_text())
    del older["spec"]["versions"][0]["additionalPrinterColumns"]
    api_server.kubectl("replace", "-f", "-", stdin=yaml.safe_dump(older))
    columns = f"get {NAME} -o jsonpath={{.spec.versions[0].additionalPrinterColumns[*].name}}"
    assert "Depth" not in api_server.kubectl(*columns.split())

    answer = apply_crd(CRD)

    assert answer.stdout == "queueautoscalers.mare.dev is up to date\n", answer.stderr
    assert "Depth" in api_server.kubectl(*columns.split())


def test_a_newer_definition_stays_as_it_is(api_server, crd, apply_crd):
    """Of two releases in one cluster, the older must not take fields away."""
    label = "app.kubernetes.io/version"
    api_server.kubectl("label", NAME, f"{label}=0.10.0", "--overwrite")
    try:
        answer = apply_crd(CRD)

        assert "stays as it is: its version 0.10.0 is newer" in answer.stdout, answer.stderr
        assert answer.returncode == 0
        labels = json.loads(api_server.kubectl("get", NAME, "-o", "json"))["metadata"]["labels"]
        assert labels[label] == "0.10.0"
    finally:
        api_server.kubectl("label", NAME, f"{label}=0.0.1", "--overwrite")
    assert apply_crd(CRD).stdout == "queueautoscalers.mare.dev is up to date\n"


def test_the_definition_has_the_version_of_its_chart():
    definition = yaml.safe_load(CRD.read_text())
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert definition["metadata"]["labels"]["app.kubernetes.io/version"] == chart["version"]


@pytest.mark.parametrize(
    ("older", "newer"),
    [("", "0.1.0"), ("0.9.0", "0.10.0"), ("1.0.0-rc1", "1.0.0"), ("1.0.0", "1.0.1-rc1")],
)
def test_versions_have_an_order(older, newer):
    assert version_key(older) < version_key(newer)


def test_a_definition_that_is_not_there_is_created(api_server, crd, apply_crd):
    """As when a tool that knows no first installation runs what is for an upgrade."""
    api_server.kubectl("delete", NAME, "--wait")

    answer = apply_crd(CRD)

    assert answer.stdout == "queueautoscalers.mare.dev is up to date\n", answer.stderr
    api_server.kubectl("wait", "--for=condition=established", NAME, "--timeout=90s")


def test_the_hook_may_touch_nothing_else(crd, apply_crd, tmp_path):
    other = yaml.safe_load(CRD.read_text())
    other["metadata"]["name"] = "others.mare.dev"
    other["spec"]["names"] = {"kind": "Other", "plural": "others"}
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(other))

    answer = apply_crd(tmp_path / "other.yaml")

    assert answer.returncode == 1
    assert "forbidden" in answer.stderr


def test_what_is_no_definition_is_refused(apply_crd, tmp_path):
    (tmp_path / "pod.yaml").write_text("kind: Pod")

    assert "is not one CustomResourceDefinition" in apply_crd(tmp_path / "pod.yaml").stderr


def test_the_hook_carries_the_very_file_of_crds(hooks):
    (config,) = [each for each in hooks if each["kind"] == "ConfigMap"]
    (carried,) = config["data"].values()

    assert yaml.safe_load(carried) == yaml.safe_load(CRD.read_text())


def test_the_hook_can_be_left_out(helm):
    assert helm.template(CHART, {"crds": {"install": False}}).all("Job") == []
