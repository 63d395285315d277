"""Processor time is divided by the time between the samples of the kubelet."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from devcluster.cluster import Cluster
from tests.load.compare.observing import ServerUse, Usage, server_use
from tests.load.pod_usage import PodUsage, usage_of_pods

POD = ("shop", "operator-1")
METRICS = """# TYPE pod_cpu_usage_seconds_total counter
pod_cpu_usage_seconds_total{namespace="shop",pod="operator-1"} 12.5 1764633600250
pod_cpu_usage_seconds_total{namespace="shop",pod="operator-2"} 3
pod_memory_working_set_bytes{namespace="shop",pod="operator-1"} 1.048576e+06 1764633601000
"""


class Kubelet:
    def kubectl(self, *_: str) -> str:
        return METRICS


def test_a_sample_has_its_time_if_the_kubelet_says_it():
    found = usage_of_pods(cast("Cluster", Kubelet()))

    assert found[POD] == (12.5, 1048576.0, 1764633600.25)
    assert found["shop", "operator-2"].cpu_seconds == 3.0
    assert found["shop", "operator-2"].at != found["shop", "operator-2"].at


def read_at(at: float, pods: dict[tuple[str, str], PodUsage]) -> Usage:
    return Usage(pods=pods, manager_cpu_seconds=at / 10, at=at)


def sample(cpu_seconds: float, at: float = float("nan")) -> PodUsage:
    return PodUsage(cpu_seconds=cpu_seconds, memory_bytes=2**20, at=at)


def test_cores_are_of_the_time_between_the_samples():
    before = read_at(0.0, {POD: sample(5.0, 1000.0)})
    after = read_at(120.0, {POD: sample(16.0, 1110.0)})

    assert after.cores_since(before) == pytest.approx(0.1)
    assert after.manager_cores_since(before) == pytest.approx(0.1)
    assert after.memory_mib == 1.0


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({POD: sample(5.0)}, sample(17.0)),
        ({POD: sample(5.0, 1000.0)}, sample(17.0)),
        ({}, sample(12.0, 1110.0)),
    ],
    ids=["no times", "one time", "a new Pod"],
)
def test_without_times_cores_are_of_the_time_between_the_reads(
    then: dict[tuple[str, str], PodUsage], now: PodUsage
):
    assert read_at(120.0, {POD: now}).cores_since(read_at(0.0, then)) == pytest.approx(0.1)


class Servers:
    """A cluster whose API server is no process of this machine."""

    kubeconfig = Path("/nowhere/admin.conf")

    def kubectl(self, *arguments: str) -> str:
        if "exec" in arguments:
            return "1220\n"
        if "rabbitmq-0:15692" not in arguments[-1]:
            return METRICS.replace("operator-1", "rabbitmq-0")
        return (
            "rabbitmq_connections 7\n"
            "rabbitmq_connections_opened_total 120\n"
            'rabbitmq_connection_incoming_packets_total{connection="a"} 1\n'
            "rabbitmq_connection_incoming_packets_total 5e3\n"
        )


def test_what_the_broker_was_asked_is_by_the_second():
    cluster = cast("Cluster", Servers())
    after = replace(server_use(cluster, "shop"), at=220.0, api_cpu_seconds=30.0)
    before = ServerUse(
        connections=2,
        opened=20,
        packets=4000,
        http_requests=20,
        broker=sample(6.5, 1764633500.25),
        api_cpu_seconds=6.0,
        at=100.0,
    )

    assert after.a_second_since(before) == pytest.approx(
        {
            "connections": 7,
            "opened_a_second": 100 / 120,
            "packets_a_second": 1000 / 120,
            "http_a_second": 10,
            "broker_millicores": 60,
            "api_server_millicores": 200,
        }
    )
