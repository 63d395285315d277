"""Two operators with Leases of their own on one namespace."""

from collections.abc import Callable

from tests.integration.operator.stage import Stage
from tests.vhost import becomes, eventually


def test_one_of_two_operators_acts_and_the_other_reports_it(
    own_stage: Stage, burst: Callable[..., None]
):
    burst(60)
    own_stage.workload(replicas=1)
    own_stage.autoscaler()
    first = f"{own_stage.namespace}/first"
    own_stage.operator(MARE_LEADER_ELECTION="false", MARE_LEASE_NAME="first")
    becomes(lambda: own_stage.status().get("operator"), first)
    becomes(own_stage.replicas, 3)

    own_stage.operator(MARE_LEADER_ELECTION="false", MARE_LEASE_NAME="second")

    eventually(lambda: ("Warning", "OtherOperator") in own_stage.events("worker"))
    assert own_stage.status()["operator"] == first
    burst(40)
    becomes(own_stage.replicas, 5)
    assert own_stage.status()["operator"] == first
