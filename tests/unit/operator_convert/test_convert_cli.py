import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from mare.cli import mare
from tests.unit.operator_convert.inputs import rabbitmq, scaledobject


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
    assert f"{file}:1: ScaledObject orders -> QueueAutoscaler orders" in result.stderr
    assert "Migrate in this order:" in result.stderr


def test_stdin_is_read_with_a_dash_and_without_anything():
    source = yaml.safe_dump(scaledobject())
    assert run("-", stdin=source).stdout == run(stdin=source).stdout != ""
    assert "<stdin>:1: ScaledObject orders" in run(stdin=source).stderr


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
    assert document["steps"][-1]["note"] == "Set dryRun to false."


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}], 0),
        ([], 1),
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


def test_the_safe_order_never_has_two_autoscalers_and_pauses_the_old_one_late():
    advanced = {"restoreToOriginalReplicaCount": True}
    steps = run(stdin=yaml.safe_dump(scaledobject(advanced=advanced))).stderr
    words = [
        "create secret generic mare-orders",
        "kubectl apply",
        "kubectl describe qa orders",
        "annotate scaledobject orders autoscaling.keda.sh/paused=true",
        "restoreToOriginalReplicaCount",
        "delete scaledobject orders",
        "get hpa,scaledobject",
        '"dryRun":false',
    ]
    places = [steps.rindex(word) for word in words]
    assert places == sorted(places)


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
