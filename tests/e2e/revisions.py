"""Revisions of a release of charts/rabbitmq, and the containers of its nodes."""

import json

from tests.e2e.application import Application


def containers(broker: Application) -> dict[str, str]:
    """Return the ID of the container of each node: a restart changes it."""
    return {
        pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["containerID"]
        for pod in broker.pod_objects("broker")
    }


def deployed(broker: Application) -> str:
    """Return the last revision with the status deployed; raise IndexError if there is none."""
    arguments = ("history", broker.release, "--namespace", broker.namespace, "--output=json")
    history = json.loads(broker.cluster.helm(*arguments))
    return [str(each["revision"]) for each in history if each["status"] == "deployed"][-1]


def roll_back(broker: Application, revision: str, version: int) -> None:
    """Roll back by this version of Helm, and wait; raise CommandFailed with its output."""
    broker.cluster.helm(
        *("rollback", broker.release, revision, "--namespace", broker.namespace),
        *("--wait", "--timeout=4m"),
        version=version,
        seconds=250,
    )
