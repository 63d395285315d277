"""One of three RabbitMQ nodes is killed."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from devcluster.cluster import Cluster
from tests.e2e.application import Application, job, namespace, program
from tests.vhost import eventually

COUNT = 1200


@pytest.fixture
def three_nodes(cluster: Cluster, images: Mapping[str, str]) -> Iterator[Application]:
    with namespace(cluster, "three-nodes") as name:
        application = Application(cluster, name, "rabbitmq")
        repository, _, tag = images["rabbitmq"].rpartition(":")
        cluster.helm(
            *("install", "rabbitmq", str(Path("charts/rabbitmq").resolve())),
            *("--namespace", name, "--wait", "--timeout=8m"),
            *("--set", f"image.repository={repository}", "--set-string", f"image.tag={tag}"),
            *("--values", str(Path(__file__).parent / "rabbitmq.yaml")),
            seconds=510,
        )
        yield application


@pytest.mark.timeout(1500)
def test_a_lost_node_loses_no_message(
    three_nodes: Application, images: Mapping[str, str], record_property
):
    uri = {"name": "rabbitmq-worker", "key": "amqp-uri"}
    deployment = program(
        *(images["services"], "recorder", ["recorder.py"]),
        AMQP_URI=uri,
        SECONDS_PER_MESSAGE="0.01",
    )
    three_nodes.apply(*deployment)
    three_nodes.roll_out("recorder")
    # This takes 30 s or more: it must run when the node is killed.
    publish = ["publisher.py", str(COUNT), "40"]
    three_nodes.apply(job(images["services"], "publisher", publish, AMQP_URI=uri))
    three_nodes.kubectl(
        "wait", "--for=jsonpath={.status.ready}=1", "job/publisher", "--timeout=110s"
    )
    killed = time.time()
    three_nodes.kill("rabbitmq-1")

    three_nodes.kubectl(
        "wait", "--for=condition=complete", "job/publisher", "--timeout=300s", seconds=310
    )
    three_nodes.apply(job(images["services"], "counter", ["counter.py", str(COUNT)], AMQP_URI=uri))
    three_nodes.kubectl(
        "wait", "--for=condition=complete", "job/counter", "--timeout=300s", seconds=310
    )

    assert three_nodes.kubectl("logs", "job/counter").splitlines()[-1] == "missing: []"
    eventually(lambda: three_nodes.ready("rabbitmq", "statefulset") == 3, seconds=300)
    record_property("three_nodes_again_after_seconds", round(time.time() - killed, 1))
