"""Files of `mare local`: what they mean, and what is said about mistakes."""

import os
import sys
from pathlib import Path

import pytest

from mare.domain.policy import QueueWaitTime
from mare.local_run.mistakes import PlanError
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
    with pytest.raises(PlanError) as error:
        plan(text, environ, most)
    return str(error.value).splitlines()


def test_a_word_is_enough_for_a_command_and_the_rest_has_defaults():
    (program,) = plan(SMALLEST).programs
    assert program.command(2).arguments == ("sleep", "600")
    assert program.command(2).environment["MARE_NUMBER"] == "2"
    assert program.command(2).environment["PYTHONUNBUFFERED"] == "1"
    assert (program.stop_seconds, program.replicas, program.ready_port(1)) == (10, 1, None)


def test_an_object_is_completed_as_an_api_server_would():
    (autoscaler,) = plan(SMALLEST).autoscalers
    assert autoscaler.key == ("local", "worker")
    assert autoscaler.target.name == "worker"
    assert autoscaler.policy.targets == (QueueWaitTime(),)
    assert (autoscaler.policy.min_replicas, autoscaler.policy.cooldown_seconds) == (0, 60)


def test_the_broker_of_a_secret_is_the_one_in_the_environment():
    read = plan(SMALLEST)
    assert read.secrets == {"rabbitmq": {"amqp-uri": AMQP, "management-uri": MANAGEMENT}}
    assert read.notes == ()
    assert "user:secret" not in repr(read)


def test_without_management_it_says_what_is_lost():
    (note,) = plan(SMALLEST, {"PATH": ENVIRON["PATH"], "AMQP_URI": AMQP}).notes
    assert "without MANAGEMENT_URI unacknowledged messages, rates" in note


@pytest.mark.parametrize(
    ("uri", "read"),
    [
        ("amqp://one/;amqp://two/", "amqp://one/"),
        ("pyamqp://guest@one//", "amqp://guest@one//"),
        ("amqps://one/v", "amqps://one/v"),
    ],
)
def test_the_uri_may_be_written_for_kombu_or_celery(uri, read):
    brokers = f"brokers: {{rabbitmq: {{amqp-uri: $CELERY_BROKER_URL}}}}\n{SMALLEST}"
    found = plan(brokers, {**ENVIRON, "CELERY_BROKER_URL": uri}).secrets
    assert found["rabbitmq"]["amqp-uri"] == read


def test_a_command_in_full(tmp_path):
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


def test_a_port_that_is_given_is_that_of_the_only_copy():
    text = "commands:\n  web:\n    run: sleep 1\n    ready: {port: $WEB_PORT}\n"
    (program,) = plan(text, {**ENVIRON, "WEB_PORT": "5001"}).programs
    assert program.ready_port(1) == 5001


def test_objects_may_be_in_files_of_their_own_among_others_and_in_lists():
    listed = AUTOSCALER.replace("\n", "\n    ").rstrip()
    text = f"apiVersion: v1\nkind: List\nitems:\n  - {listed}\n"
    other = "apiVersion: v1\nkind: Secret\nmetadata: {name: rabbitmq}\n"
    files = [
        ("commands.yaml", "commands: {worker: sleep 600}"),
        ("all.yaml", f"{other}---\n{text}"),
    ]
    (autoscaler,) = read_plan(files, ENVIRON, most=100).autoscalers
    assert autoscaler.key.name == "worker"


def test_no_more_copies_run_than_a_machine_bears():
    read = plan(SMALLEST.replace("  maxReplicas: 6", "  maxReplicas: 6\n  minReplicas: 5"), most=4)
    policy = read.autoscalers[0].policy
    assert (policy.min_replicas, policy.max_replicas) == (4, 4)
    assert read.notes == ("worker: maxReplicas 6 is 4 here",)


def test_a_count_to_rest_at_that_a_machine_does_not_bear_is_left_out():
    spec = "  maxReplicas: 20\n  minReplicas: 10\n  idle: {replicas: 6}"
    read = plan(SMALLEST.replace("  maxReplicas: 6", spec), most=4)
    policy = read.autoscalers[0].policy
    assert (policy.min_replicas, policy.rest_replicas) == (4, None)
    assert read.notes == (
        "worker: maxReplicas 20 is 4 here",
        "worker: idle.replicas 6 is not below minReplicas 4 here, so it never rests",
    )
    assert (
        plan(SMALLEST.replace("  maxReplicas: 6", spec), most=9).autoscalers[0].policy.rest_replicas
        == 6
    )


def test_a_pause_does_not_start_more_copies_than_a_machine_bears():
    spec = "  maxReplicas: 3\n  paused: All\n  pausedReplicas: 9"
    read = plan(SMALLEST.replace("  maxReplicas: 6", spec), most=4)
    assert read.autoscalers[0].policy.paused_replicas == 4
    assert read.notes == ("worker: pausedReplicas 9 is 4 here",)


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ("  worker: sleep 1 | cat\n", "2: commands.worker.run no shell runs this, so | means"),
        ("  worker: no-such-program\n", "2: commands.worker.run there is no program no-such"),
        ("  worker: ./missing\n", "2: commands.worker.run ./missing is no program in"),
        ("  worker: sleep $HOW_LONG\n", "2: commands.worker.run $HOW_LONG is not set; set it"),
        ("  worker: sleep '1\n", "2: commands.worker.run is not understood"),
        ("  worker: []\n", "2: commands.worker.run has to have at least 1 entries"),
        ("  Worker!: sleep 1\n", "2: commands.Worker! is no name for a workload"),
        (
            "  worker:\n    run: sleep 1\n    start: sleep 1\n",
            "4: commands.worker.start is not a field here; there are run, ",
        ),
        ("  worker:\n    folder: .\n", "2: commands.worker.run is missing; add it"),
        (
            "  worker:\n    run: sleep 1\n    stopSeconds: soon\n",
            "4: commands.worker.stopSeconds has to be a number, without quotes",
        ),
        (
            "  worker:\n    run: sleep 1\n    stopSecond: 1\n",
            "4: commands.worker.stopSecond is not a field here; did you mean stopSeconds?",
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
            "5: commands.worker.ready.port cannot be that of several copies",
        ),
        (
            "  worker:\n    run: sleep 1\n    folder: nowhere\n",
            "4: commands.worker.folder nowhere is not a folder",
        ),
    ],
)
def test_a_mistake_in_a_command_is_told_with_its_line_and_what_to_do(commands, said):
    (line,) = mistakes(f"commands:\n{commands}")
    assert line.startswith(f"mare.yaml:{said}")


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("maxReplicas: 6", "maxReplica: 6", "9: spec.maxReplica is not a field here; did you mean"),
        ("maxReplicas: 6", "maxReplicas: six", "9: spec.maxReplicas has to be a whole number"),
        ("[{name: work}]", "[]", "6: spec name at least one queue under queues, or a Nameko"),
        ("[{name: work}]", "[{}]", "10: spec.queues[0] give each entry either a name or a pattern"),
        ("mare.dev/v1alpha1", "mare.dev/v1", "3: apiVersion has to be mare.dev/v1alpha1"),
        ("  scaleTargetRef: {name: worker}", "  scaleTargetRef: {name: workers}", "7: "),
        ("metadata: {name: worker}", "metadata: {}", "5: metadata needs name"),
    ],
)
def test_a_mistake_in_an_object_is_told_with_its_line_and_what_to_do(good, bad, said):
    text = "commands: {worker: sleep 600}\n---\n" + AUTOSCALER
    found = mistakes(text.replace(good, bad, 1))
    assert any(line.startswith(f"mare.yaml:{said}") for line in found), found


def test_a_schedule_that_never_comes_is_told():
    schedule = "  schedules: [{start: 0 25 * * *, end: 0 9 * * *, minReplicas: 2}]\n"
    (line,) = mistakes(SMALLEST + schedule)
    assert line.startswith("mare.yaml:12: spec.schedules[0] start '0 25 * * *' is no cron")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "9: spec.brokerRef.secretName is rabbitmq: set AMQP_URI, or say under brokers"),
        ({"AMQP_URI": "http://secret@x"}, "9: spec.brokerRef.secretName is rabbitmq: amqp-uri of"),
    ],
)
def test_a_broker_that_is_missing_or_wrong_is_told_without_its_secrets(environ, said):
    (line,) = mistakes(SMALLEST, {"PATH": ENVIRON["PATH"], **environ})
    assert line.startswith(f"mare.yaml:{said}")
    assert "secret@" not in line


def test_two_objects_cannot_scale_one_command():
    text = (
        SMALLEST + "---\n" + AUTOSCALER.replace("metadata: {name: worker}", "metadata: {name: b}")
    )
    (line,) = mistakes(text)
    assert "is worker, which worker scales already; remove one" in line


def test_all_mistakes_of_all_files_are_told_at_once():
    with pytest.raises(PlanError) as error:
        read_plan(
            [("a.yaml", "commands: {a: nothing-here, b: }"), ("b.yaml", "spec: {}")], {}, most=1
        )
    assert [line.split(":")[0] for line in str(error.value).splitlines()] == [
        "a.yaml",
        "a.yaml",
        "b.yaml",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is nothing in the file"),
        ("commands: [", "mare.yaml:1: "),
        (AUTOSCALER, "mare.yaml:1: no document has commands"),
        ("- a", "mare.yaml:1: not a Kubernetes object"),
    ],
)
def test_what_is_no_file_of_commands_is_told(text, said):
    assert mistakes(text)[0].startswith(said)


def test_the_file_of_make_run_is_good():
    environ = {**ENVIRON, "PYTHON": sys.executable, "GATEWAY_PORT": "5000"}
    read = read_files([ROOT / "local/stack.yaml"], environ, most=4)
    assert [each.name for each in read.programs] == ["weather", "music", "playlists", "gateway"]
    assert [each.target.name for each in read.autoscalers] == ["weather", "music", "playlists"]
    assert read.notes == ()
