"""Three operators that share the objects of many namespaces, and what the audit log has of them."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import amqp
import yaml

from mare.sharding.assignment import Assignment, Member, read_assignment, shard_of
from mare.sharding.lease_patch import SHARDS
from tests.audit import Request
from tests.control_plane import ControlPlane
from tests.integration.operator.manifests import autoscaler_of, deployment, secret_of
from tests.integration.operator.process import Operator
from tests.integration.operator.rights import rights_in
from tests.integration.operator.stage import Broker, write_kubeconfig
from tests.vhost import Vhost, eventually

NAMES = ("mare-a", "mare-b", "mare-c")
_CLASSIC = {"x-queue-type": "classic"}
_EACH = 20
"""Messages for which an object asks for its first replica."""
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Probe:
    """Messages for which an object needs its first replica, at a time since the epoch."""

    at: float
    namespace: str
    name: str


@dataclass
class ShardedStage:
    """Namespaces of objects at zero, each over a queue of its own, and operators with one Lease."""

    api_server: ControlPlane
    vhost: Vhost
    broker: Broker
    folder: Path
    home: str
    namespaces: Sequence[str]
    objects: int
    shards: int = 3
    queues: int = 1
    """Of each object; probes go to the first."""
    probe_seconds: float = 0.5
    settings: dict[str, str] = field(default_factory=dict)
    operators: dict[str, Operator] = field(default_factory=dict)

    def prepare(self) -> None:
        """Create everything but the operators; each of these has an account of its own."""
        made = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in (self.home, *self.namespaces)
        ]
        made += [
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": name, "namespace": self.home},
            }
            for name in NAMES
        ]
        subjects = [
            {"kind": "ServiceAccount", "name": name, "namespace": self.home} for name in NAMES
        ]
        for each in rights_in(self.home, list(self.namespaces)):
            is_binding = each["kind"].endswith("Binding") and "roleRef" in each
            made.append({**each, "subjects": subjects} if is_binding else dict(each))
        self._apply(made)
        with self.vhost.connect() as connection:
            channel = connection.channel()
            for queue in (queue for _, name in self.keys() for queue in self._queues_of(name)):
                channel.queue_declare(queue, durable=True, auto_delete=False, arguments=_CLASSIC)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._fill, self.namespaces))

    def _apply(self, documents: Sequence[object], *arguments: str) -> None:
        text = yaml.safe_dump_all(documents)
        self.api_server.kubectl("apply", *arguments, "-f", "-", stdin=text)

    def _fill(self, namespace: str) -> None:
        documents: list[object] = [secret_of("broker", self.broker.secret)]
        for of, name in self.keys():
            if of == namespace:
                workload = deployment(name, 0)
                workload["spec"]["paused"] = True  # no Pods
                behavior = {"scaleUp": {"tolerance": 0}}
                queues = [{"name": queue} for queue in self._queues_of(name)]
                spec = {"queues": queues, "behavior": behavior}
                documents += [workload, autoscaler_of(name, spec)]
        for start in range(0, len(documents), _BATCH):
            self._apply(documents[start : start + _BATCH], "-n", namespace)

    def _queues_of(self, name: str) -> list[str]:
        return [name, *(f"{name}-{number}" for number in range(2, self.queues + 1))]

    def keys(self) -> Iterator[tuple[str, str]]:
        for number in range(self.objects):
            yield self.namespaces[number % len(self.namespaces)], f"worker-{number}"

    def start(self, name: str) -> None:
        kubeconfig = write_kubeconfig(self.api_server, self.home, self.folder, name)
        settings = {
            "MARE_NAMESPACES": ",".join(self.namespaces),
            "MARE_SHARDS": str(self.shards),
            "POD_NAME": name,
            **self.settings,
        }
        self.operators[name] = Operator(self.folder, kubeconfig, self.home, **settings)
        self.operators[name].start()

    def end(self) -> None:
        for operator in self.operators.values():
            operator.kill()

    def led(self) -> dict[str, int]:
        """Return how many shards each operator that runs leads, as its metrics say."""
        return {name: int(e.metric("mare_leader ") or 0) for name, e in self.operators.items()}

    def kill(self, name: str) -> float:
        """Kill an operator; return the seconds until all shards are led by the others."""
        begun = time.monotonic()
        self.operators.pop(name).kill()
        eventually(lambda: sum(self.led().values()) == self.shards, 120)
        return time.monotonic() - begun

    def is_balanced(self) -> bool:
        loads = self.led().values()
        return sum(loads) == self.shards and max(loads) - min(loads) <= 1

    @contextmanager
    def probed(self) -> Iterator[list[Probe]]:
        """Let one object after the other need its first replica; yield the probes.

        Each once: no Pod starts here, and messages that come while replicas start, as during a
        takeover, are no reason for more replicas.
        """
        probes: list[Probe] = []
        stopping = threading.Event()

        def probe() -> None:
            with self.vhost.connect() as connection:
                channel = connection.channel()
                channel.tx_select()
                for namespace, name in self.keys():
                    for _ in range(_EACH):
                        channel.basic_publish(amqp.Message(b"x"), routing_key=name)
                    at = time.time()
                    channel.tx_commit()
                    probes.append(Probe(at, namespace, name))
                    if stopping.wait(self.probe_seconds):
                        return

        thread = threading.Thread(target=probe)
        thread.start()
        try:
            yield probes
        finally:
            stopping.set()
            thread.join()

    def patches(self) -> dict[tuple[str, str], list[Request]]:
        """Return the changes of each workload by any operator, in their order."""
        found = defaultdict(list)
        for each in self.api_server.requests():
            is_change = each.resource == "deployments/scale" and each.verb == "patch"
            if is_change and each.namespace in self.namespaces and each.code == 200:
                found[each.namespace, each.name].append(each)
        return found

    def replicas(self, namespace: str, name: str) -> int:
        """Return what the workload has now: also by a PATCH that was not logged as successful."""
        wanted = "-o=jsonpath={.spec.replicas}"
        return int(self.api_server.kubectl("get", f"deployment/{name}", "-n", namespace, wanted))

    def assignments(self) -> list[tuple[float, Assignment]]:
        """Return who led what, and from when on, by the writes of the Lease."""
        found = []
        for each in self.api_server.requests():
            is_write = each.resource == "leases" and each.verb in {"create", "update", "patch"}
            if is_write and each.namespace == self.home and each.code < 300:
                with suppress(ValueError):
                    found.append((each.time.timestamp(), _written(each.body)))
        return found


def _written(body: Any) -> Assignment:
    """Return the assignment of a Lease or of a patch; raise ValueError for a mere renewal."""
    if not isinstance(body, list):
        return read_assignment(body)
    texts = [each["value"] for each in body if each["path"] == SHARDS and each["op"] == "add"]
    if not texts:
        raise ValueError("no shard moves")
    members = json.loads(texts[0])["members"]
    return Assignment(
        {name: Member(frozenset(each["shards"]), "", 0) for name, each in members.items()}
    )


def repeated(stage: ShardedStage) -> list[tuple[str, str]]:
    """Return the workloads that were set to one count twice in a row."""
    return [
        key
        for key, changes in stage.patches().items()
        if any(
            before.body["spec"]["replicas"] == after.body["spec"]["replicas"]
            for before, after in pairwise(changes)
        )
    ]


def by_others(stage: ShardedStage) -> list[tuple[str, str, str, str | None]]:
    """Return the changes by an operator that did not lead the shard at that time."""
    assignments, found = stage.assignments(), []
    for (namespace, name), changes in stage.patches().items():
        for each in changes:
            at = each.time.timestamp()
            known = [assignment for since, assignment in assignments if since <= at]
            leader = known[-1].leader_of(shard_of(namespace, stage.shards)) if known else None
            account = each.user.rpartition(":")[2]
            if leader is None or not leader.startswith(f"{account}-"):
                found.append((namespace, name, account, leader))
    return found


def delays(stage: ShardedStage, probes: Sequence[Probe]) -> dict[Probe, float | None]:
    """Return the seconds from each probe to the next change of its workload; None: no change."""
    patches = stage.patches()
    return {
        probe: next(
            (
                change.time.timestamp() - probe.at
                for change in patches.get((probe.namespace, probe.name), ())
                if change.time.timestamp() >= probe.at
            ),
            None,
        )
        for probe in probes
    }
