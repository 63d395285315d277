"""A release of charts/rabbitmq: one node, three, one, a new release; faults of three nodes.

The node is upgraded through the images that RABBITMQ_IMAGES names, for example official ones.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from devcluster.cluster import Cluster, KubectlFailed
from tests.e2e import certificates
from tests.e2e.application import Application, job, namespace, program, programs
from tests.e2e.failing import assert_rollback_repairs_a_failed_upgrade
from tests.e2e.shrinking import (
    assert_an_upgrade_to_one_node_is_refused,
    assert_members_stay,
    remove_nodes,
)
from tests.vhost import becomes, eventually

CHART = Path(__file__).parents[3] / "charts" / "rabbitmq"
VALUES = Path(__file__).parents[1] / "rabbitmq.yaml"
SECRET = "secret/rabbitmq-credentials"
CREDENTIALS = ("get", SECRET, "--output=jsonpath={.data}")
MESSAGES = 200
FIRST, COUNT = 10_000, 1_200
"""IDs that are published while a node is killed; the queue has lower ones."""
URI = {"name": "rabbitmq-worker", "key": "amqp-uri"}
LATE = "users.late.connection={amqp}"
TLS = f"tls.enabled=true,tls.interNode=true,tls.existingSecret={certificates.BROKER}"

pytestmark = pytest.mark.timeout(1800)
Release = Callable[..., str]


@pytest.fixture
def broker(cluster: Cluster) -> Iterator[Application]:
    with namespace(cluster, "broker") as name:
        broker = Application(cluster, name, "rabbitmq")
        domain = f"{name}.svc.cluster.local"
        own = certificates.secrets(f"rabbitmq.{domain}", f"*.rabbitmq-nodes.{domain}")
        broker.apply(programs(), *own)
        yield broker


@pytest.fixture
def helm(cluster: Cluster, images: Mapping[str, str], broker: Application) -> Release:
    """Install or upgrade to this number of nodes; without `wait`, no hooks run either."""

    def upgrade(replicas: int, *values: str, wait: bool = True, image: str = "") -> str:
        repository, tag = _repository_and_tag(image or _path(images)[-1])
        return cluster.helm(
            *("upgrade", "--install", "rabbitmq", str(CHART), "--namespace", broker.namespace),
            *("--values", str(VALUES)),
            *("--set", f"replicas={replicas},image.repository={repository},{TLS}"),
            *(
                "--set-string",
                f"image.tag={tag}",
                "--timeout=8m",
                "--wait" if wait else "--no-hooks",
            ),
            *(f"--set={each}" for each in values),
            *(["--set=image.version="] if "RABBITMQ_IMAGES" in os.environ else []),
            seconds=500,
        )

    return upgrade


def _repository_and_tag(image: str) -> tuple[str, str]:
    """Split a reference whose registry may have a port, and whose tag may have a digest."""
    registry, _, name = image.rpartition("/")
    name, _, tag = name.partition(":")
    return f"{registry}/{name}", tag


def _path(images: Mapping[str, str]) -> list[str]:
    """Return the images of the broker, in the order in which the release runs them."""
    return os.environ.get("RABBITMQ_IMAGES", images["rabbitmq"]).split()


def _nodes_ready(broker: Application, count: int) -> Callable[[], bool]:
    return lambda: broker.ready("rabbitmq", "statefulset") == count


def _ctl(broker: Application, *arguments: str) -> str:
    return broker.kubectl("exec", "rabbitmq-0", "--", *arguments, seconds=120)


def _messages(broker: Application) -> int:
    """Return the messages in the queue, which the broker counts every 5 s; -1 if unknown."""
    try:
        listed = _ctl(
            broker, "rabbitmqctl", "--silent", "list_queues", "name", "messages", "--formatter=json"
        )
    except KubectlFailed:  # a node that has just started may not list its queues yet
        return -1
    rows = json.loads(listed)
    return sum(row["messages"] for row in rows if row["name"] == "work")


def _objects(broker: Application) -> set[str]:
    kinds = "all,secret,configmap,pvc,role,rolebinding,pdb,netpol,serviceaccount"
    names = broker.kubectl("get", kinds, "--output=name").split()
    return {name for name in names if "rabbitmq" in name}


def _uids(broker: Application) -> set[str]:
    """Return what identifies each Pod: its name stays when it is replaced."""
    return {pod["metadata"]["uid"] for pod in broker.pod_objects("broker")}


def _restarts(broker: Application) -> int:
    statuses = broker.read("api/v1", "pods/rabbitmq-0")["status"].get("containerStatuses", ())
    return sum(each["restartCount"] for each in statuses)


def test_messages_stay_while_nodes_are_added_and_removed(
    images: Mapping[str, str], broker: Application, helm: Release
):
    helm(1)
    _publish(broker, images)
    helm(3, LATE)
    _await_members(broker)
    assert_an_upgrade_to_one_node_is_refused(broker, helm)
    remove_nodes(broker, helm)
    _assert_all_messages(broker)


@pytest.mark.nightly
def test_a_release_keeps_messages_and_passwords_through_upgrades_and_its_removal(
    cluster: Cluster, images: Mapping[str, str], broker: Application, helm: Release
):
    first, *later = _path(images)
    helm(1, image=first)
    passwords = json.loads(broker.kubectl(*CREDENTIALS))
    _publish(broker, images)

    for image in later:
        helm(1, image=image)
        _assert_all_messages(broker)

    helm(3, LATE)
    assert broker.kubectl("get", "secret", "rabbitmq-late", "--output=jsonpath={.data.amqp-uri}")
    _await_members(broker)
    assert_members_stay(broker, helm)

    remove_nodes(broker, helm)
    _assert_all_messages(broker)
    cluster.helm("uninstall", "rabbitmq", "--namespace", broker.namespace, "--wait", seconds=320)
    kept = {*(f"persistentvolumeclaim/data-rabbitmq-{number}" for number in range(3)), SECRET}
    eventually(lambda: _objects(broker) == kept, seconds=120)

    helm(1)
    assert passwords.items() <= json.loads(broker.kubectl(*CREDENTIALS)).items()
    _assert_all_messages(broker)
    cluster.helm("test", "rabbitmq", "--namespace", broker.namespace, seconds=320)


@pytest.mark.nightly
def test_a_release_survives_lost_nodes_a_failed_upgrade_and_a_stop_of_all(
    images: Mapping[str, str], broker: Application, helm: Release, record_property
):
    helm(3, LATE)
    of = (images["services"], "recorder", ["recorder.py"])
    broker.apply(program(*of, AMQP_URI=URI, SECONDS_PER_MESSAGE="0.01"))
    broker.roll_out("recorder")
    _assert_a_lost_node_loses_no_message(broker, images, record_property)
    broker.kubectl("delete", "deployment/recorder", "--wait", "--timeout=60s")
    _publish(broker, images)
    _await_members(broker)

    # Only the container restarts, not its Pod, so the kubelet does not set the volumes' modes.
    restarts = _restarts(broker)
    with pytest.raises(KubectlFailed, match="exit code"):  # the container ends during the command
        _ctl(broker, "rabbitmqctl", "eval", "erlang:halt(1).")
    eventually(lambda: _restarts(broker) > restarts, seconds=120)
    eventually(_nodes_ready(broker, 3), seconds=120)
    _assert_all_messages(broker)
    assert_rollback_repairs_a_failed_upgrade(broker, helm, LATE)

    before = _uids(broker)
    for pod in broker.pods("broker"):
        broker.kill(pod)
    stopped = time.monotonic()
    eventually(lambda: not before & _uids(broker), seconds=60)
    try:
        eventually(_nodes_ready(broker, 3), seconds=420)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{_what_happened(broker)}") from error
    record_property("full_restart_seconds", round(time.monotonic() - stopped))
    _assert_all_messages(broker)


def _publish(broker: Application, images: Mapping[str, str]) -> None:
    _run(broker, images, "publisher", MESSAGES, 500)
    _assert_all_messages(broker)


def _assert_all_messages(broker: Application) -> None:
    eventually(lambda: _messages(broker) == MESSAGES, seconds=180)


def _await_members(broker: Application) -> None:
    running = "length(rabbit_nodes:list_running())."
    becomes(lambda: _ctl(broker, "rabbitmqctl", "--silent", "eval", running).strip(), "3", 120)
    members = ("rabbitmq-queues", "--silent", "quorum_status", "work")
    becomes(lambda: _ctl(broker, *members).count("voter"), 3, 120)  # promoted when caught up


def _assert_a_lost_node_loses_no_message(
    broker: Application, images: Mapping[str, str], record_property: Callable[[str, object], None]
) -> None:
    # At 40 a second this takes 30 s or more: it must run when the node is killed.
    _start(broker, images, "publisher", COUNT, 40, FIRST)
    broker.kubectl("wait", "--for=jsonpath={.status.ready}=1", "job/publisher", "--timeout=110s")
    killed = time.time()
    broker.kill("rabbitmq-1")
    broker.printed_by("publisher")

    assert _run(broker, images, "counter", COUNT, FIRST).splitlines()[-1] == "missing: []"
    eventually(_nodes_ready(broker, 3), seconds=300)
    record_property("three_nodes_again_after_seconds", round(time.time() - killed, 1))


def _what_happened(broker: Application) -> str:
    """Return the Pods, and the last lines of each node's log."""
    logs = [broker.kubectl("logs", pod, "--tail=30") for pod in broker.pods("broker")]
    return "\n\n".join([broker.kubectl("get", "pods", "--output=wide"), *logs])


def _run(broker: Application, images: Mapping[str, str], name: str, *arguments: int) -> str:
    """Run programs/NAME.py as a Job until it ends; return what it prints."""
    _start(broker, images, name, *arguments)
    return broker.printed_by(name)


def _start(broker: Application, images: Mapping[str, str], name: str, *arguments: int) -> None:
    command = [f"{name}.py", *map(str, arguments)]
    broker.apply(job(images["services"], name, command, AMQP_URI=URI))
