"""The charts, installed by the commands of the documentation, reach each other."""

import re

import pytest

from tests.charts.helm import CHARTS

DOCS = CHARTS.parent / "docs"
AMQP, MANAGEMENT = 5672, 15672


def installed(helm, page, chart):
    """Return the objects of the release that a page installs, and its namespace."""
    command = rf"helm install (\S+) charts/{chart} --namespace (\S+)"
    name, namespace = re.search(command, (DOCS / page).read_text()).groups()
    return helm.template(CHARTS / chart, name=name, namespace=namespace), namespace


def admits(peer, labels, namespace, own):
    """Whether a peer of a NetworkPolicy in the namespace `own` is this Pod."""
    named = peer.get("namespaceSelector", {"matchLabels": {"kubernetes.io/metadata.name": own}})
    return (
        named.get("matchLabels", {}).items() <= {"kubernetes.io/metadata.name": namespace}.items()
        and peer.get("podSelector", {}).get("matchLabels", {}).items() <= labels.items()
    )


@pytest.mark.parametrize("port", [AMQP, MANAGEMENT])
def test_the_broker_admits_the_operator_and_no_other_of_its_namespace(helm, port):
    broker, own = installed(helm, "rabbitmq.md", "rabbitmq")
    operator, namespace = installed(helm, "install.md", "operator")
    labels = operator.one("Deployment")["spec"]["template"]["metadata"]["labels"]
    rules = broker.one("NetworkPolicy", "broker-rabbitmq")["spec"]["ingress"]
    peers = [
        peer for rule in rules if {"port": port} in rule.get("ports", ()) for peer in rule["from"]
    ]

    def admitted(labels, namespace):
        return any(admits(peer, labels, namespace, own) for peer in peers)

    assert namespace != own
    assert admitted(labels, namespace)
    assert not admitted(labels, "elsewhere")
    assert not admitted({**labels, "app.kubernetes.io/component": "other"}, namespace)
    assert not admitted({**labels, "app.kubernetes.io/instance": "other"}, namespace)


def test_the_notes_of_another_operator_say_how_a_broker_admits_it(helm):
    command = "networkPolicy.operators[0].namespace=market,networkPolicy.operators[0].instance=shop"

    notes = " ".join(helm.notes(CHARTS / "operator").split())
    assert command in notes
    assert "instead of those that networkPolicy.operators names now" in notes


def test_the_notes_of_a_broker_name_the_operators_that_a_further_command_replaces(helm):
    def notes(operators):
        values = {"networkPolicy": {"operators": operators}}
        return " ".join(helm.notes(CHARTS / "rabbitmq", values).split())

    default = [{"namespace": "mare", "instance": "mare"}]
    assert "the release mare in the namespace mare. Name another one instead:" in notes(default)
    assert "that of this release. Name another one:" in notes([])


@pytest.mark.parametrize("page", ["install.md", "rabbitmq.md"])
def test_names_of_operators_are_strings_also_when_they_are_numbers(page):
    text = (DOCS / page).read_text()

    assert text.count("networkPolicy.operators[0].namespace=") == len(
        re.findall(r"--set-string 'networkPolicy\.operators\[0\]", text)
    )
