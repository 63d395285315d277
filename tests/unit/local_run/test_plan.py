"""Files of `mare local`: their meaning, and the reports of their mistakes."""

import os
import sys
from pathlib import Path

import pytest

from mare.documents.tree import InputError
from mare.domain.spec import QueueWaitTime
from mare.local_run.plan import read_files, read_plan

ROOT = Path(__file__).parents[3]
AMQP = "amqp://user:secret@broker/shop"
MANAGEMENT = "http://user:secret@broker:15672"
ENVIRON = {"PATH": os.environ["PATH"], "AMQP_URI": AMQP, "MANAGEMENT_URI": MANAGEMENT}
AUTOSCALER = """\
apiVersion: mare.dev/v1alpha1
kind: QueueAutoscaler
metadata: {name: worker}
spec:
  scaleTargetRef: {name: worker}
  brokerRef: {secretName: rabbitmq}
  maxReplicas: 6
  queues: [{name: work}]
"""
SMALLEST = f"commands:\n  worker: sleep 600\n---\n{AUTOSCALER}"


def plan(text, environ=ENVIRON, most=100):
    return read_plan([("mare.yaml", text)], environ, most=most)


def mistakes(text, environ=ENVIRON, most=100):
    with pytest.raises(InputError) as error:
        plan(text, environ, most)
    return str(error.value).splitlines()


def test_a_command_line_is_enough_for_a_command():
    (program,) = plan(SMALLEST).programs
    assert program.command(2).arguments == ("sleep", "600")
    assert program.command(2).environment["MARE_NUMBER"] == "2"
    assert program.command(2).environment["PYTHONUNBUFFERED"] == "1"
    assert (program.stop_seconds, program.replicas, program.ready_port(1)) == (10, 1, None)


def test_an_object_gets_the_defaults_of_the_schema():
    (autoscaler,) = plan(SMALLEST).autoscalers
    assert autoscaler.key == ("local", "worker")
    assert autoscaler.target.name == "worker"
    assert autoscaler.spec.targets == (QueueWaitTime(),)
    assert (autoscaler.spec.min_replicas, autoscaler.spec.cooldown_seconds) == (0, 60)


def test_an_undefined_secret_is_read_from_the_environment():
    read = plan(SMALLEST)
    assert read.secrets == {"rabbitmq": {"amqp-uri": AMQP, "management-uri": MANAGEMENT}}
    assert read.notes == ()
    assert "user:secret" not in repr(read)


def test_without_a_management_uri_a_note_explains_the_consequence():
    (note,) = plan(SMALLEST, {"PATH": ENVIRON["PATH"], "AMQP_URI": AMQP}).notes
    assert "rabbitmq has no management URI: commands are scaled up but not down" in note


@pytest.mark.parametrize(
    ("uri", "read"),
    [
        ("amqp://one/;amqp://two/", "amqp://one/"),
        ("pyamqp://guest@one//", "amqp://guest@one//"),
        ("amqps://one/v", "amqps://one/v"),
    ],
)
def test_an_amqp_uri_can_be_written_for_kombu_or_celery(uri, read):
    brokers = f"brokers: {{rabbitmq: {{amqp-uri: $CELERY_BROKER_URL}}}}\n{SMALLEST}"
    found = plan(brokers, {**ENVIRON, "CELERY_BROKER_URL": uri}).secrets
    assert found["rabbitmq"]["amqp-uri"] == read


def test_a_command_with_every_field(tmp_path):
    (tmp_path / "app").mkdir()
    text = """\
commands:
  web:
    run: sleep $PORT --name web-$MARE_NUMBER ${LEVEL:-info}
    environment: {LEVEL: $OWN, COUNT: 3}
    folder: app
    ready: {portVariable: PORT, path: /healthz}
    stopSeconds: 2.5
    replicas: 0
"""
    file = tmp_path / "mare.yaml"
    file.write_text(text)
    (program,) = read_files([file], {**ENVIRON, "OWN": "debug"}, most=9).programs
    command = program.command(3)
    port = str(program.ready_port(3))
    assert command.arguments == ("sleep", port, "--name", "web-3", "debug")
    assert command.environment["COUNT"] == "3"
    assert command.environment["PORT"] == port
    assert program.ready_port(3) != program.ready_port(4)
    assert command.folder == tmp_path / "app"
    assert (program.stop_seconds, program.replicas) == (2.5, 0)
    assert "debug" not in repr(program)


def test_a_fixed_port_belongs_to_the_only_process():
    text = "commands:\n  web:\n    run: sleep 1\n    ready: {port: $WEB_PORT}\n"
    (program,) = plan(text, {**ENVIRON, "WEB_PORT": "5001"}).programs
    assert program.ready_port(1) == 5001


def test_objects_can_be_in_separate_files_beside_other_kinds_and_in_lists():
    listed = AUTOSCALER.replace("\n", "\n    ").rstrip()
    text = f"apiVersion: v1\nkind: List\nitems:\n  - {listed}\n"
    other = "apiVersion: v1\nkind: Secret\nmetadata: {name: rabbitmq}\n"
    files = [
        ("commands.yaml", "commands: {worker: sleep 600}"),
        ("all.yaml", f"{other}---\n{text}"),
    ]
    (autoscaler,) = read_plan(files, ENVIRON, most=100).autoscalers
    assert autoscaler.key.name == "worker"


def test_max_lowers_the_bounds():
    read = plan(SMALLEST.replace("  maxReplicas: 6", "  maxReplicas: 6\n  minReplicas: 5"), most=4)
    spec = read.autoscalers[0].spec
    assert (spec.min_replicas, spec.max_replicas) == (4, 4)
    assert spec.max_set_by == "--max"
    assert plan(SMALLEST, most=6).autoscalers[0].spec.max_set_by == "maxReplicas"
    assert read.notes == ("worker: maxReplicas 6 is lowered to 4 by --max",)


def test_idle_replicas_not_below_a_lowered_minimum_are_ignored():
    fields = "  maxReplicas: 20\n  minReplicas: 10\n  idle: {replicas: 6}"
    read = plan(SMALLEST.replace("  maxReplicas: 6", fields), most=4)
    spec = read.autoscalers[0].spec
    assert (spec.min_replicas, spec.effective_idle_replicas) == (4, None)
    assert read.notes == (
        "worker: maxReplicas 20 is lowered to 4 by --max",
        "worker: idle.replicas 6 is ignored: it is not below minReplicas 4",
    )
    assert (
        plan(SMALLEST.replace("  maxReplicas: 6", fields), most=9)
        .autoscalers[0]
        .spec.effective_idle_replicas
        == 6
    )


def test_max_lowers_the_paused_replicas():
    spec = "  maxReplicas: 3\n  paused: All\n  pausedReplicas: 9"
    read = plan(SMALLEST.replace("  maxReplicas: 6", spec), most=4)
    assert read.autoscalers[0].spec.paused_replicas == 4
    assert read.notes == ("worker: pausedReplicas 9 is lowered to 4 by --max",)


@pytest.mark.parametrize(
    ("commands", "report"),
    [
        ("  worker: sleep 1 | cat\n", "2: commands.worker.run is not run by a shell, so | has no"),
        (
            "  worker: no-such-program\n",
            "2: commands.worker.run no-such-program is not found in PATH",
        ),
        ("  worker: ./missing\n", "2: commands.worker.run ./missing is not an executable file in"),
        ("  worker: sleep $HOW_LONG\n", "2: commands.worker.run $HOW_LONG is not set; set it"),
        ("  worker: sleep '1\n", "2: commands.worker.run cannot be split into words"),
        ("  worker: []\n", "2: commands.worker.run has to have at least 1 entries"),
        ("  Worker!: sleep 1\n", "2: commands.Worker! is not a valid name"),
        (
            "  worker:\n    run: sleep 1\n    start: sleep 1\n",
            "4: commands.worker.start is not a known field; known fields: run, ",
        ),
        ("  worker:\n    folder: .\n", "2: commands.worker.run is missing; add it"),
        (
            "  worker:\n    run: sleep 1\n    stopSeconds: soon\n",
            "4: commands.worker.stopSeconds has to be a number, without quotes",
        ),
        (
            "  worker:\n    run: sleep 1\n    stopSecond: 1\n",
            "4: commands.worker.stopSecond is not a known field; did you mean stopSeconds?",
        ),
        (
            "  worker:\n    run: sleep 1\n    environment:\n      A: $B\n",
            "5: commands.worker.environment.A $B is not set; set it",
        ),
        (
            "  worker:\n    run: sleep 1\n    ready: {path: /ok}\n",
            "4: commands.worker.ready needs either portVariable",
        ),
        (
            "  worker:\n    run: sleep 1\n    replicas: 2\n    ready: {port: 80}\n",
            "5: commands.worker.ready.port cannot be shared by several processes",
        ),
        (
            "  worker:\n    run: sleep 1\n    folder: nowhere\n",
            "4: commands.worker.folder nowhere is not a folder",
        ),
    ],
)
def test_a_mistake_in_a_command_is_reported_with_its_line_and_advice(commands, report):
    (line,) = mistakes(f"commands:\n{commands}")
    assert line.startswith(f"mare.yaml:{report}")


@pytest.mark.parametrize(
    ("valid", "invalid", "report"),
    [
        ("maxReplicas: 6", "maxReplica: 6", "9: spec.maxReplica is not a known field; did you"),
        ("maxReplicas: 6", "maxReplicas: six", "9: spec.maxReplicas has to be a whole number"),
        ("[{name: work}]", "[]", "6: spec name at least one queue under queues, or a Nameko"),
        ("[{name: work}]", "[{}]", "10: spec.queues[0] give each entry either a name or a pattern"),
        ("mare.dev/v1alpha1", "mare.dev/v1", "3: apiVersion must be mare.dev/v1alpha1"),
        ("  scaleTargetRef: {name: worker}", "  scaleTargetRef: {name: workers}", "7: "),
        ("metadata: {name: worker}", "metadata: {}", "5: metadata needs a name"),
    ],
)
def test_a_mistake_in_an_object_is_reported_with_its_line_and_advice(valid, invalid, report):
    text = "commands: {worker: sleep 600}\n---\n" + AUTOSCALER
    found = mistakes(text.replace(valid, invalid, 1))
    assert any(line.startswith(f"mare.yaml:{report}") for line in found), found


def test_a_schedule_that_never_starts_is_reported():
    schedule = "  schedules: [{start: 0 25 * * *, end: 0 9 * * *, minReplicas: 2}]\n"
    (line,) = mistakes(SMALLEST + schedule)
    assert line.startswith("mare.yaml:12: spec.schedules[0] start '0 25 * * *' is no cron")


@pytest.mark.parametrize(
    ("environ", "report"),
    [
        ({}, "9: spec.brokerRef.secretName is rabbitmq: set AMQP_URI, or define rabbitmq under"),
        ({"AMQP_URI": "http://secret@x"}, "9: spec.brokerRef.secretName is rabbitmq: amqp-uri of"),
    ],
)
def test_a_missing_or_invalid_broker_is_reported_without_its_password(environ, report):
    (line,) = mistakes(SMALLEST, {"PATH": ENVIRON["PATH"], **environ})
    assert line.startswith(f"mare.yaml:{report}")
    assert "secret@" not in line


def test_two_objects_cannot_scale_one_command():
    text = (
        SMALLEST + "---\n" + AUTOSCALER.replace("metadata: {name: worker}", "metadata: {name: b}")
    )
    (line,) = mistakes(text)
    assert "is worker, which worker scales already; remove one of them" in line


def test_all_mistakes_of_all_files_are_reported_at_once():
    with pytest.raises(InputError) as error:
        read_plan(
            [("a.yaml", "commands: {a: nothing-here, b: }"), ("b.yaml", "spec: {}")], {}, most=1
        )
    assert [line.split(":")[0] for line in str(error.value).splitlines()] == [
        "a.yaml",
        "a.yaml",
        "b.yaml",
    ]


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("", "the file is empty"),
        ("commands: [", "mare.yaml:1: "),
        (AUTOSCALER, "mare.yaml:1: no document has commands"),
        ("- a", "mare.yaml:1: the document has to be a mapping"),
    ],
)
def test_a_file_without_commands_is_reported(text, report):
    assert mistakes(text)[0].startswith(report)


def test_the_file_of_make_run_is_valid():
    ports = {"FRONT_GATEWAY_PORT": "5001", "FRONT_EVENTS_PORT": "5002"}
    environ = {**ENVIRON, "PYTHON": sys.executable, **ports}
    read = read_files([ROOT / "local/stack.yaml"], environ, most=4)
    services = ["weather", "music", "playlists", "jobs", "webhooks"]
    assert [each.name for each in read.programs] == [*services, "gateway", "events", "front"]
    assert [each.target.name for each in read.autoscalers] == services
    assert read.notes == ()
