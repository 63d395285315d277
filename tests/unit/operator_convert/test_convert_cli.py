import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from mare.cli import mare
from mare.convert.metadata import PREFIX
from tests.unit.operator_convert.inputs import AMQP, HTTP, rabbitmq, scaledobject


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(mare, ["convert", *arguments], input=stdin)


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
    report = json.loads(run("-o", "json", stdin=_many()).stdout)["report"]
    assert {each["kind"] for each in report} == {"ScaledObject"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([scaledobject(rabbitmq("http://rabbit/"))], 0),
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


def _many(host: str = HTTP) -> str:
    """Forty objects as `kubectl get -o yaml` prints them."""
    items = []
    for number in range(40):
        given = scaledobject(
            rabbitmq(host, queueName=f"q{number}"), scaleTargetRef={"name": f"w{number}"}
        )
        given["metadata"] = {
            "name": f"w{number}",
            "namespace": "shop",
            "uid": f"{number}",
            "resourceVersion": "1",
            "managedFields": [{"manager": "kubectl", "fieldsV1": {}}],
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
        }
        items.append(given | {"status": {"hpaName": "x", "conditions": [{"type": "Ready"}]}})
    return yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items})


def test_the_report_of_forty_objects_is_a_table_and_one_line_per_kind_of_remark():
    lines = run(stdin=_many()).stderr.splitlines()
    assert lines[0] == "ScaledObject shop/w0   with remarks"
    assert lines[40] == "40 objects: 0 converted, 40 with remarks, 0 refused"
    assert "fill in user and password (w0, w1, w2 and 37 more)" in lines[41]
    assert not any("uid" in line or "managedFields" in line for line in lines)
    # Each of them needs a Secret of its own, by a command of three lines.
    assert len(lines) < 42 + 3 * 40 + 30


def test_live_objects_without_a_remark_exit_with_0_and_name_nothing_that_the_cluster_wrote():
    result = run("--details", stdin=_many("http://rabbit/"))
    assert result.exit_code == 0
    assert "40 objects: 40 converted, 0 with remarks, 0 refused" in result.stderr
    assert not any(word in result.stderr for word in ("uid", "managedFields", "Helm", "status"))


def test_quiet_reports_refused_objects_alone():
    assert run("--quiet", stdin=_many()).stderr == ""
    refused = run("--quiet", stdin=yaml.safe_dump_all([scaledobject(unknown=1)])).stderr
    assert "refused: unknown: 1 (is not a known field" in refused.splitlines()[1]


def test_details_are_printed_on_request():
    source = yaml.safe_dump(scaledobject(maxReplicaCount=7))
    line = "translated: maxReplicaCount: 7 -> maxReplicas: 7"
    assert line in run("--details", stdin=source).stderr
    assert line not in run(stdin=source).stderr


@pytest.mark.parametrize(
    "given",
    [
        scaledobject(rabbitmq(), {"type": "cpu", "metadata": {"value": "60"}}),
        scaledobject(rabbitmq(), {"type": "kafka", "metadata": {"topic": "x"}}),
    ],
)
def test_what_only_keda_can_do_stays_with_keda(given):
    result = run(stdin=yaml.safe_dump(given))
    assert result.exit_code == 1
    assert "keep KEDA for this one; both can live in one cluster" in result.stderr


def test_the_workload_always_has_an_autoscaler_and_each_step_can_be_undone():
    advanced = {"restoreToOriginalReplicaCount": True}
    steps = run(stdin=yaml.safe_dump(scaledobject(advanced=advanced))).stderr
    words = [
        "create secret generic mare-orders",
        "kubectl apply -f FILE",
        "back (if each object in FILE has dryRun: true): kubectl delete -f FILE",
        "mare explain orders",
        'kubectl get scaledobject "$NAME" -o yaml > "$NAME-scaledobject.yaml"',
        "In FILE, set dryRun of this object to false, and apply FILE",
        "back (if its dryRun in FILE is true again): kubectl apply -f FILE",
        'annotate scaledobject "$NAME" autoscaling.keda.sh/paused=true',
        'back: kubectl annotate scaledobject "$NAME" autoscaling.keda.sh/paused-',
        "restoreToOriginalReplicaCount",
        'delete scaledobject "$NAME"',
        'back: kubectl apply -f "$NAME-scaledobject.yaml"',
        "remove the defaults of the HPA",
    ]
    places = [steps.index(word) for word in words]
    assert places == sorted(places)


def _job() -> dict:
    pod = {"containers": [{"name": "encode", "image": "encode"}]}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledJob",
        "metadata": {"name": "encode", "namespace": "video"},
        "spec": {"jobTargetRef": {"template": {"spec": pod}}, "triggers": [rabbitmq(AMQP)]},
    }


def test_keda_and_mare_never_create_jobs_both_on_the_way_back_of_a_scaledjob():
    steps = json.loads(run("-o", "json", stdin=yaml.safe_dump(_job())).stdout)["steps"]
    for name in ("Pause", "Delete"):
        [step] = [each for each in steps if each["name"] == name]
        assert step["back"].startswith("kubectl apply -f FILE && kubectl -n video ")
        assert step["back_if"] == "its dryRun in FILE is true again"
    [apply] = [each for each in steps if each["name"] == "Apply"]
    assert "the last Job of Maré has ended: the command deletes its Jobs" in apply["back_if"]


def test_what_keda_did_at_a_deletion_comes_back():
    given = scaledobject(advanced={"restoreToOriginalReplicaCount": True})
    steps = json.loads(run("-o", "json", stdin=yaml.safe_dump(given)).stdout)["steps"]
    [keep] = [each for each in steps if each["name"] == "Keep"]
    assert keep["back"] == keep["commands"][0].replace("false", "true")


def test_no_step_changes_the_output_elsewhere_than_in_its_file():
    """A later `kubectl apply -f FILE` would undo such a change."""
    steps = run(stdin=_many()).stderr
    assert "patch qa" not in steps
    assert "mare resume" not in steps


def test_a_paused_object_is_reported_and_has_no_part_in_the_steps_that_pause():
    paused = scaledobject(rabbitmq("http://rabbit/"), annotations={f"{PREFIX}paused": "true"})
    result = run(stdin=yaml.safe_dump(paused))
    assert result.exit_code == 2
    assert "so the output is paused too: Maré does not scale the workload until" in result.stderr
    assert "Neither KEDA nor Maré scales orders" in result.stderr
    for absent in ("paused=true", "Maré scales from then on", "One ScaledObject at a time"):
        assert absent not in result.stderr


@pytest.mark.parametrize(
    ("annotation", "way"), [("paused-scale-in", "down"), ("paused-scale-out", "up")]
)
def test_an_object_that_is_paused_in_one_direction_is_reported_and_migrated(annotation, way):
    half = scaledobject(rabbitmq("http://rabbit/"), annotations={PREFIX + annotation: "true"})
    result = run(stdin=yaml.safe_dump(half))
    assert result.exit_code == 2
    assert (
        f"the ScaledObject does not scale {way}, so the output never does either" in result.stderr
    )
    # KEDA keeps the HPA of such an object: Maré waits for it until the object is paused.
    assert "autoscaling.keda.sh/paused=true" in result.stderr


def test_a_step_names_what_has_to_be_completed_and_the_objects():
    authentication = {"authenticationRef": {"name": "missing"}}
    trigger = {"type": "rabbitmq", "metadata": {"queueName": "a", "protocol": "http"}}
    steps = run(stdin=yaml.safe_dump(scaledobject(trigger | authentication))).stderr
    assert "Edit: The output is here FILE. Complete brokerRef.vhost in FILE (orders)." in steps
    assert "Edit:" not in run(stdin=_many()).stderr


def test_copies_have_names_that_differ_by_kind_and_namespace():
    assert '> shop-"$NAME-scaledobject.yaml"' in run(stdin=_many()).stderr


def test_each_step_is_explained_under_its_name_on_the_page():
    paused = scaledobject(annotations={f"{PREFIX}paused": "true"}, scaleTargetRef={"name": "x"})
    paused["metadata"]["name"] = "x"
    restored = scaledobject(
        {"type": "rabbitmq", "metadata": {"queueName": "a", "protocol": "http"}}
        | {"authenticationRef": {"name": "missing"}},
        advanced={"restoreToOriginalReplicaCount": True},
    )
    given = yaml.safe_dump_all([paused, restored])
    steps = json.loads(run("-o", "json", stdin=given).stdout)["steps"]
    page = (Path(__file__).parents[3] / "docs/convert.md").read_text()
    assert len(steps) == 11
    assert [step["name"] for step in steps if f"| **{step['name']}** |" not in page] == []


def test_workloads_are_migrated_one_at_a_time():
    steps = run(stdin=_many()).stderr
    assert "One ScaledObject at a time: w0, then w1, w2," in steps
    assert steps.count("autoscaling.keda.sh/paused=true") == 1
    assert steps.count('delete scaledobject "$NAME"') == 1


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


def test_help_lists_the_command():
    result = CliRunner().invoke(mare, ["--help"])
    assert result.exit_code == 0
    assert "convert" in result.stdout
