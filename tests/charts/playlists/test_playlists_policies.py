import pytest

from tests.charts.playlists.conftest import ALONE
from tests.charts.scoring import faults


@pytest.mark.nightly
def test_a_policy_linter_finds_nothing(helm, chart):
    values = {"valkey": {"enabled": True}, "gateway": {"autoscaling": {"enabled": True}}}

    assert faults(helm.template(chart, {**ALONE, **values})) == []


def test_the_broker_admits_no_operator_of_another_namespace(helm, chart):
    """A tenant may create a namespace of any name."""
    policy = helm.template(chart).one("NetworkPolicy", "shop-rabbitmq")
    (management,) = [
        rule for rule in policy["spec"]["ingress"] if {"port": 15672} in rule.get("ports", ())
    ]

    (own,) = management["from"]

    assert own.keys() == {"podSelector"}
    assert own["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "shop"
