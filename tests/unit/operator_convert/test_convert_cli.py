import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.unit.operator_convert.inputs import (
    AMQP,
    HTTP,
    authentication,
    many,
    rabbitmq,
    run,
    scaledobject,
    secret_ref,
    user,
)

READY = [
    user(protocol="amqp"),
    authentication(secretTargetRef=[secret_ref("host")]),
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "old", "namespace": "shop", "labels": {"mare.dev/broker": "true"}},
        "stringData": {"host": AMQP, "management-uri": HTTP},
    },
]
"""An object whose Secret is ready for Maré."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "orders.yaml"
    file.write_text(yaml.safe_dump(scaledobject()))
    return file


def test_yaml_alone_is_on_stdout_and_the_report_on_stderr(file: Path):
    result = run(str(file))
    [manifest] = yaml.safe_load_all(result.stdout)
    assert (manifest["kind"], manifest["metadata"]["name"]) == ("QueueAutoscaler", "orders")
    assert "# was: queueName: orders" in result.stdout
    assert "ScaledObject orders  with remarks" in result.stderr
    assert "Migrate in this order" in result.stderr


def test_stdin_is_read_with_a_dash_and_without_anything():
    source = yaml.safe_dump(scaledobject())
    assert run("-", stdin=source).stdout == run(stdin=source).stdout != ""
    assert "<stdin>:1: ScaledObject orders" in run("--details", stdin=source).stderr


def test_files_are_converted_together(tmp_path: Path, file: Path):
    other = tmp_path / "mails.yaml"
    given = scaledobject(rabbitmq(queueName="mails"), scaleTargetRef={"name": "mailer"})
    given["metadata"]["name"] = "mails"
    other.write_text(yaml.safe_dump(given))
    names = [m["metadata"]["name"] for m in yaml.safe_load_all(run(str(file), str(other)).stdout)]
    assert names == ["orders", "mails"]


def test_json_has_objects_report_and_steps_in_one_document(file: Path):
    result = run(str(file), "-o", "json")
    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert [found["kind"] for found in document["objects"]] == ["QueueAutoscaler"]
    classes = [value["class"] for value in document["report"][0]["values"]]
    assert {name: classes.count(name) for name in document["summary"]} == document["summary"]
    [delete] = [step for step in document["steps"] if step["name"] == "Delete"]
    assert delete["commands"] == ['kubectl delete scaledobject "$NAME"']
    assert delete["back"] == 'kubectl apply -f "$NAME-scaledobject.yaml"'


def test_json_reports_the_objects_of_a_list_and_not_the_list():
    report = json.loads(run("-o", "json", stdin=many()).stdout)["report"]
    assert {each["kind"] for each in report} == {"ScaledObject"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([*READY], 0),
        ([scaledobject()], 2),
        ([scaledobject(unknown=1)], 1),
        ([scaledobject(), scaledobject(unknown=1)], 1),
    ],
)
def test_the_exit_code_is_the_verdict(given, code):
    assert run(stdin=yaml.safe_dump_all(given)).exit_code == code


@pytest.mark.parametrize(
    ("arguments", "stdin", "note"),
    [
        (["nowhere.yaml"], "", "nowhere.yaml"),
        (["--wrong"], "", "--wrong"),
        (["-o", "xml"], "", "xml"),
        ([], "a: [", "<stdin>:1: "),
        ([], b"a: \xff", "<stdin>:1: not UTF-8"),
    ],
)
def test_unreadable_input_exits_with_1_and_no_output(arguments, stdin, note):
    result = run(*arguments, stdin=stdin)
    assert (result.exit_code, result.stdout) == (1, "")
    assert note in result.stderr


def test_a_refused_object_does_not_stop_the_output_of_the_others():
    other = scaledobject(unknown=1)
    other["metadata"]["name"] = "other"
    result = run(stdin=yaml.safe_dump_all([other, scaledobject()]))
    assert [m["metadata"]["name"] for m in yaml.safe_load_all(result.stdout)] == ["orders"]


OF_KEDA = "metadata: {name: x, labels: {scaledobject.keda.sh/name: x}}"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "apiVersion: v1\nkind: List\nitems: []",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}",
        "apiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\nmetadata: {name: x}",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n" + OF_KEDA,
    ],
)
def test_input_with_nothing_to_convert_exits_with_1_and_says_so(given):
    result = run(stdin=given)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing to convert" in result.stderr


def test_the_report_of_several_objects_is_a_table_and_one_line_per_kind_of_remark():
    lines = run(stdin=many()).stderr.splitlines()
    assert lines[0] == "ScaledObject shop/w0  with remarks"
    assert lines[6] == "6 objects: 0 converted, 6 with remarks, 0 refused"
    assert "fill in user and password (shop/w0, shop/w1, shop/w2 and 3 more)" in lines[7]
    assert not any("uid" in line or "managedFields" in line for line in lines)
    # Each of them needs a Secret of its own, by a command of nine lines.
    assert len(lines) < 8 + 9 * 6 + 30


def test_live_objects_without_a_remark_exit_with_0_and_name_nothing_that_the_cluster_wrote():
    _, *others = READY
    live = yaml.safe_load(many())
    for item in live["items"]:
        [trigger] = item["spec"]["triggers"]
        del trigger["metadata"]["host"]
        trigger["metadata"]["protocol"] = "amqp"
        trigger["authenticationRef"] = {"name": "rabbit"}
    result = run("--details", stdin=yaml.safe_dump_all([live, *others]))
    assert result.exit_code == 0
    assert "6 objects: 6 converted, 0 with remarks, 0 refused" in result.stderr
    assert not any(word in result.stderr for word in ("uid", "managedFields", "Helm", "status"))


def test_quiet_reports_refused_objects_and_secrets_alone():
    lines = run("--quiet", stdin=many()).stderr.splitlines()
    assert lines[0] == "needs you: create secret shop/mare-w0 (shop/w0)"
    assert len(lines) == 6
    refused = run("--quiet", stdin=yaml.safe_dump_all([scaledobject(unknown=1)])).stderr
    assert "refused: unknown: 1 (is not a known field" in refused.splitlines()[1]
    assert run("--quiet", stdin=yaml.safe_dump_all(READY)).stderr == ""


def test_details_are_printed_on_request():
    source = yaml.safe_dump(scaledobject(maxReplicaCount=7))
    line = "translated: maxReplicaCount: 7 -> maxReplicas: 7"
    assert line in run("--details", stdin=source).stderr
    assert line not in run(stdin=source).stderr


def test_converting_imports_neither_kopf_nor_kubernetes(file: Path):
    script = (
        "import sys\n"
        "from mare.cli import mare\n"
        f"mare(['convert', {str(file)!r}], standalone_mode=False)\n"
    )
    watch = f"import atexit, sys\natexit.register(lambda: print(*sys.modules, sep='\\n'))\n{script}"
    done = subprocess.run(
        [sys.executable, "-c", watch], capture_output=True, text=True, check=False
    )
    modules = {name.partition(".")[0] for name in done.stdout.splitlines()}
    assert "yaml" in modules
    assert not modules & {"kopf", "kubernetes", "aiohttp", "aiormq", "prometheus_client"}
