"""Whatever breaks: nothing shrinks for want of knowledge, and all goes on when it is mended."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import amqp
import pytest
from kubernetes import client

from mare.cluster.api import Api, Expired
from mare.cluster.kubeconfig import connect
from mare.cluster.paths import Resource
from mare.processes.tcp_ports import free_port
from tests.broker_node import Node
from tests.control_plane import ControlPlane
from tests.integration.operator.manifests import GROUP, PLURAL, VERSION
from tests.integration.operator.promptness import promptly
from tests.integration.operator.stage import Broker, Stage
from tests.integration.operator.test_scaling import AT_ONCE
from tests.leader import silent_leader
from tests.vhost import Depth, Vhost, becomes, eventually

pytestmark = pytest.mark.broker
Burst = Callable[..., None]
_TIMER_SECONDS = 120
_TIMERS = {"lost": "unknownSince", "cooling": "quietSince"}
StageOn = Callable[[ControlPlane, str, Broker], Stage]


def test_a_stopped_operator_gives_its_lease_back_and_a_killed_one_is_replaced(
    own_stage: Stage, burst: Burst
):
    own_stage.workload(replicas=0)
    burst(20)
    own_stage.autoscaler(**AT_ONCE)
    first = own_stage.operator(POD_NAME="first")
    eventually(lambda: first.leads)
    eventually(lambda: own_stage.replicas() == 1)
    second = own_stage.operator(POD_NAME="second")
    eventually(lambda: [first.leads, second.leads].count(True) == 1)
    # The second, if a busy machine kept the first from renewing in time.
    leading, waiting = (first, second) if first.leads else (second, first)

    leading.kill()
    burst(180)
    # test_leadership proves 4.5 s by the clock of the algorithm; this machine may be busy.
    promptly(lambda: own_stage.replicas() == 10)

    third = own_stage.operator(POD_NAME="third")
    own_name = "second" if waiting is second else "first"
    assert waiting.stop() == 0
    assert not (_lease(own_stage).holder_identity or "").startswith(own_name)
    promptly(lambda: third.leads)


def _lease(stage: Stage) -> client.V1LeaseSpec:
    leases = client.CoordinationV1Api(stage.api)
    return leases.read_namespaced_lease("mare-operator", stage.namespace).spec


@pytest.mark.nightly
@pytest.mark.timeout(480)
def test_an_api_server_that_is_away_changes_nothing_but_the_time(
    *,
    own_api_server: ControlPlane,
    crd: Path,
    stage_on: StageOn,
    vhost: Vhost,
    burst: Burst,
    monkeypatch: pytest.MonkeyPatch,
):
    """Nothing shrinks or steps twice, and a cooldown and a fallback keep their time.

    The history of etcd ends meanwhile, so that no watch can continue.
    """
    own_api_server.define(crd)
    broker = Broker(vhost.amqp_uri, vhost.node.management_uri)
    namespace = "outage"
    own_api_server.kubectl("create", "namespace", namespace)
    stage = stage_on(own_api_server, namespace, broker)
    stage.workload(replicas=0)
    burst(100)
    stage.autoscaler()
    stage.secret({"amqp-uri": f"amqp://guest:guest@127.0.0.1:{free_port()}/"}, "lost")
    stage.workload("lost", replicas=2)
    fallback = {"afterSeconds": _TIMER_SECONDS, "replicas": 4}
    stage.autoscaler("lost", brokerRef={"secretName": "lost"}, fallback=fallback)
    stage.workload("cooling", replicas=0)
    burst(1, "cooling")
    idle = {"cooldownSeconds": _TIMER_SECONDS}
    stage.autoscaler("cooling", **{**AT_ONCE, "idle": idle}, queues=[{"name": "cooling"}])
    operator = stage.operator()
    becomes(stage.counts, [5])
    becomes(lambda: stage.counts("cooling"), [1])
    with vhost.connect() as connection:
        connection.channel().queue_purge("cooling")
    begun = {name: _begun(stage, name, timer) for name, timer in _TIMERS.items()}
    old = stage.stored("cooling")["metadata"]["resourceVersion"]

    own_api_server.kill_api_server()
    burst(100)
    eventually(lambda: not operator.leads)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        eventually(operator.is_alive)
        time.sleep(0.5)
    assert own_api_server.compact() > int(old)
    returned = time.time()
    own_api_server.start_api_server()

    monkeypatch.setenv("KUBECONFIG", str(own_api_server.kubeconfig))
    with pytest.raises(Expired):
        asyncio.run(_continue_watch(namespace, old))
    becomes(stage.counts, [5, 10])
    # The operator has continued its watch as well, and lists after such a refusal only.
    eventually(lambda: _lists_since(stage, returned))
    becomes(lambda: stage.counts("lost"), [4], 2 * _TIMER_SECONDS)
    becomes(lambda: stage.counts("cooling"), [1, 0], 2 * _TIMER_SECONDS)
    assert stage.counts() == [5, 10]
    for name, since in begun.items():
        changed = _last_change(stage, name)
        # A timer that begins again ends after the second one.
        assert since + _TIMER_SECONDS - 1 <= changed < returned + _TIMER_SECONDS


def _begun(stage: Stage, name: str, timer: str) -> float:
    """Wait until an object has stored a timer, and return when that began."""
    eventually(lambda: timer in stage.status(name).get("timers", {}))
    text = stage.status(name)["timers"][timer]
    return datetime.fromisoformat(text).timestamp()


def _lists_since(stage: Stage, begun: float) -> int:
    """Return how often the operator has listed QueueAutoscalers."""
    lists = [each for each in stage.requests() if (each.resource, each.verb) == (PLURAL, "list")]
    return sum(each.time.timestamp() >= begun for each in lists)


def _last_change(stage: Stage, name: str) -> float:
    """Return when the operator changed the count of a workload last."""
    return max(
        each.time.timestamp()
        for each in stage.requests()
        if (each.resource, each.verb, each.name) == ("deployments/scale", "patch", name)
    )


async def _continue_watch(namespace: str, version: str) -> None:
    async with await connect() as client:
        path = Resource(f"{GROUP}/{VERSION}", PLURAL).path(namespace)
        async for _ in Api(client).changes(path, version):
            pass


def test_a_broker_that_is_away_holds_the_count_and_then_the_fallback_counts(
    *,
    api_server: ControlPlane,
    crd: Path,
    namespace: str,
    own_rabbitmq: Callable[[], Node],
    stage_on: StageOn,
):
    node = own_rabbitmq()
    with node.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("work", durable=True, auto_delete=False)
        channel.confirm_select()
        for _ in range(100):
            channel.basic_publish_confirm(amqp.Message(b"x", delivery_mode=2), routing_key="work")
    stage = stage_on(api_server, namespace, Broker(node.amqp_uri, node.management_uri))
    stage.workload(replicas=0)
    stage.autoscaler(**AT_ONCE)
    operator = stage.operator()
    becomes(stage.counts, [5])
    node.settle()

    killed = time.monotonic()
    node.kill()
    # Not before: a busy broker may be silent for as long.
    stage.change({"fallback": {"afterSeconds": 4, "replicas": 7}})
    becomes(lambda: stage.condition("MetricsFresh"), ("False", "BrokerUnreachable"))
    eventually(lambda: stage.replicas() == 7, 64)
    assert time.monotonic() - killed >= 4
    eventually(lambda: stage.condition("Fallback")[0] == "True")
    assert operator.metric("mare_broker_errors_total") > 0
    stage.holds(7, seconds=3)

    node.start()
    eventually(lambda: stage.replicas() == 5, 120)
    eventually(lambda: stage.condition("MetricsFresh")[0] == "True")
    becomes(lambda: stage.counts()[:3], [5, 7, 5])


@pytest.mark.nightly
def test_a_queue_whose_leader_is_silent_is_not_thought_empty(
    stage: Stage, vhost: Vhost, burst: Burst
):
    stage.workload(replicas=0)
    burst(100)
    stage.autoscaler(**AT_ONCE)
    eventually(lambda: stage.replicas() == 5)

    with silent_leader(vhost, "work"):
        assert vhost.depth("work") == Depth(ready=0, consumers=0)
        eventually(lambda: stage.condition("MetricsFresh") == ("False", "LeaderSilent"))
    eventually(lambda: stage.condition("MetricsFresh")[0] == "True")

    becomes(stage.counts, [5])
