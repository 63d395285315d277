"""The cluster enforces the NetworkPolicies of the charts: only allowed connections open."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest

from devcluster.cluster import KubectlFailed
from devcluster.node.policies import API_PORT
from tests.e2e.application import PROGRAMS, Application, namespace, program, programs
from tests.e2e.release import NAMESPACE
from tests.vhost import becomes

AMQP = f"mare-rabbitmq.{NAMESPACE}:5672"
MANAGEMENT = f"mare-rabbitmq.{NAMESPACE}:15672"
METRICS = f"mare-rabbitmq.{NAMESPACE}:15692"
VALKEY = f"mare-valkey.{NAMESPACE}:6379"
POSTGRESQL = f"mare-postgresql.{NAMESPACE}:5432"
GATEWAY = f"mare-gateway.{NAMESPACE}:5000"
FORECAST = f"forecast.{NAMESPACE}:8080"
API_SERVER = "kubernetes.default:443"
OF_THE_RELEASE = {AMQP, MANAGEMENT, METRICS, VALKEY, POSTGRESQL, GATEWAY}
UNGUARDED = {FORECAST, API_SERVER}
AS_OPERATOR = {
    "app.kubernetes.io/component": "operator",
    "app.kubernetes.io/part-of": "mare",
    "app.kubernetes.io/instance": "other",
}
AS_IMPOSTOR = {**AS_OPERATOR, "app.kubernetes.io/instance": "mare"}
"""Of a release that the values do not name."""


@pytest.fixture(scope="module")
def elsewhere(application: Application, images: Mapping[str, str]) -> Iterator[Application]:
    """Another namespace with three Pods, of which the values name `operator` by its labels."""
    with namespace(application.cluster, "elsewhere") as name:
        others = Application(application.cluster, name)
        others.apply(programs())
        labels = {"stranger": {}, "operator": AS_OPERATOR, "impostor": AS_IMPOSTOR}
        for pod, own in labels.items():
            others.apply(_idle(images, pod, own))
        others.roll_out(*labels)
        yield others


@pytest.fixture
def neighbour(application: Application, images: Mapping[str, str]) -> Iterator[Application]:
    """A Pod `neighbour` in the namespace of the release, which does not belong to it."""
    application.apply(_idle(images, "neighbour", {}))
    application.roll_out("neighbour")
    yield application
    application.kubectl("delete", "deployment/neighbour")


def test_a_stranger_reaches_the_gateway_and_metrics_of_rabbitmq(elsewhere: Application):
    assert_opens(elsewhere, "stranger", {GATEWAY, METRICS, *UNGUARDED})


def test_an_operator_of_another_namespace_reaches_broker_and_management(elsewhere: Application):
    assert_opens(elsewhere, "operator", {GATEWAY, AMQP, MANAGEMENT, METRICS, *UNGUARDED})


def test_an_operator_that_the_values_do_not_name_is_a_stranger(elsewhere: Application):
    assert_opens(elsewhere, "impostor", {GATEWAY, METRICS, *UNGUARDED})


def test_a_neighbour_reaches_amqp_and_not_the_management_api(neighbour: Application):
    assert_opens(neighbour, "neighbour", {GATEWAY, AMQP, METRICS, *UNGUARDED})


def test_the_operator_reaches_the_api_server_and_the_broker(application: Application):
    assert_opens(application, "mare-operator", {AMQP, MANAGEMENT, METRICS, API_SERVER})


def test_the_gateway_reaches_broker_and_valkey(application: Application):
    assert_opens(application, "mare-gateway", {AMQP, VALKEY})


def test_a_service_reaches_the_broker_and_its_sources(application: Application):
    assert_opens(application, "mare-weather", {AMQP, FORECAST})


def test_jobs_reach_broker_and_database(application: Application):
    assert_opens(application, "mare-jobs", {AMQP, POSTGRESQL})


def assert_opens(application: Application, deployment: str, expected: set[str]) -> None:
    """Assert that a Pod connects to the expected addresses; packets to others are dropped."""
    addresses = OF_THE_RELEASE | UNGUARDED
    if f":{API_PORT}" not in application.cluster.kubeconfig.read_text():
        # In kind, or if another program uses the port, the API server is open to every Pod.
        addresses -= {API_SERVER}
    script = (PROGRAMS / "knock.py").read_text()
    command = ("exec", f"deployment/{deployment}", "--", "python", "-c", script, *sorted(addresses))

    def opened() -> dict[str, str]:
        with suppress(KubectlFailed):  # the Pod that kubectl selected may be terminating
            return json.loads(application.kubectl(*command))
        return {}

    becomes(  # the network knows a new Pod with a delay
        opened,
        {address: "open" if address in expected else "dropped" for address in addresses},
        180,
    )


def _idle(images: Mapping[str, str], name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return a Deployment of an idle Pod with further labels."""
    deployment = program(images["services"], name, ["-c", "import signal; signal.pause()"])
    deployment["spec"]["template"]["metadata"]["labels"] |= labels
    return deployment
