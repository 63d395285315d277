"""Three operators that share the objects of many namespaces, and are killed or stopped."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import amqp
import yaml

from mare.sharding.assignment import read_assignment, shard_of
from tests.control_plane import ControlPlane
from tests.integration.operator.manifests import autoscaler_of, deployment, secret_of
from tests.integration.operator.process import Operator
from tests.integration.operator.rights import rights_in
from tests.integration.operator.shard_audit import (
    Changes,
    Fault,
    Probe,
    by_others,
    changes_of,
    delays,
    lease_writes,
)
from tests.integration.operator.stage import Broker, write_kubeconfig
from tests.vhost import Vhost, eventually

NAMES = ("mare-a", "mare-b", "mare-c")
_CLASSIC = {"x-queue-type": "classic"}
_EACH = 20
"""Messages for which an object asks for its first replica."""
_BATCH = 100
_COOLDOWN_SECONDS = 10
"""Until a workload is idle after a purge. By default it is 60 s, which each run would wait."""
_EACH_SECONDS = 50e-6
"""Between probes of all objects, for each of them: 0.05 s for 1,000. Without a pause, the last
change would wait for the others: what is measured is whether each object has a leader."""
_ANSWER_SECONDS = 60.0
"""Longer than any bound without faults, so that a late answer is found with its time."""
_IDLE_SECONDS = 300.0
_SECOND_CHANGE_SECONDS = 5.0
"""A second leader reads each object once a second."""
_NAMESPACE = re.compile(r'namespace="([^"]+)"')


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
    """Those that run."""
    stopped: dict[str, Operator] = field(default_factory=dict)

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
                idle = {"cooldownSeconds": _COOLDOWN_SECONDS}
                spec = {"queues": queues, "behavior": behavior, "idle": idle}
                documents += [workload, autoscaler_of(name, spec)]
        for start in range(0, len(documents), _BATCH):
            self._apply(documents[start : start + _BATCH], "-n", namespace)

    def _queues_of(self, name: str) -> list[str]:
        return [name, *(f"{name}-{number}" for number in range(2, self.queues + 1))]

    def keys(self) -> Iterator[tuple[str, str]]:
        for number in range(self.objects):
            yield self.namespaces[number % len(self.namespaces)], f"worker-{number}"

    def start(self, name: str) -> None:
        """Start an operator, with a token of its own: by it, the audit log shows the process."""
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
        for operator in (*self.operators.values(), *self.stopped.values()):
            operator.kill()

    def led(self) -> dict[str, frozenset[int]]:
        """Return the shards whose objects each operator that runs has in its metrics.

        It exports objects of the shards that it leads only. Each shard needs an object.
        """
        return {name: self._led_by(each) for name, each in self.operators.items()}

    def _led_by(self, operator: Operator) -> frozenset[int]:
        labels = "".join(operator.labels("mare_current_replicas"))
        namespaces = set(_NAMESPACE.findall(labels))
        return frozenset(shard_of(each, self.shards) for each in namespaces)

    def kill(self, name: str) -> Fault:
        """Kill an operator, and start it anew when others lead all shards."""
        fault = self._without(name, Operator.kill)
        self.start(name)
        return fault

    def stop(self, name: str) -> Fault:
        """Stop an operator (SIGSTOP) until others lead all shards, which takes longer than a Lease.

        It goes on in the middle of what it did as a leader.
        """

        def stop(operator: Operator) -> None:
            self.stopped[name] = operator
            operator.pause()

        fault = self._without(name, stop)
        self.stopped[name].resume()
        self.operators[name] = self.stopped.pop(name)
        return fault

    def _without(self, name: str, end: Callable[[Operator], None]) -> Fault:
        operator = self.operators.pop(name)
        shards = self._led_by(operator)
        at, begun = time.time(), time.monotonic()
        end(operator)
        eventually(self.is_led, 120)
        return Fault(at, name, shards, time.monotonic() - begun)

    def is_led(self) -> bool:
        """Whether each shard is led by one of the operators that run, and by no other one."""
        return is_divided(self.led().values(), self.shards)

    def is_balanced(self) -> bool:
        led = self.led().values()
        loads = [len(each) for each in led]
        return is_divided(led, self.shards) and max(loads) - min(loads) <= 1

    @contextmanager
    def probed(self) -> Iterator[list[Probe]]:
        """Let one object after the other need its first replica; yield the probes.

        Each once: no Pod starts here, and messages that come while replicas start, as during a
        takeover, are no reason for more replicas.
        """
        probes: list[Probe] = []
        stopping = threading.Event()

        def probe() -> None:
            for each in self._published():
                probes.append(each)
                if stopping.wait(self.probe_seconds):
                    return

        thread = threading.Thread(target=probe)
        thread.start()
        try:
            yield probes
        finally:
            stopping.set()
            thread.join()

    def _published(self) -> Iterator[Probe]:
        with self.vhost.connect() as connection:
            channel = connection.channel()
            channel.tx_select()
            for namespace, name in self.keys():
                for _ in range(_EACH):
                    channel.basic_publish(amqp.Message(b"x"), routing_key=name)
                at = time.time()
                channel.tx_commit()
                yield Probe(at, namespace, name)

    def purged(self, probes: Iterable[Probe]) -> list[Probe]:
        """Let the workloads of probes need no replica; return probes of that."""
        found = []
        with self.vhost.connect() as connection:
            channel = connection.channel()
            for each in probes:
                found.append(Probe(time.time(), each.namespace, each.name, 0))
                channel.queue_purge(each.name)
        return found

    def probe_all(self) -> list[Probe]:
        """Let all objects need their first replica, shortly after each other."""
        probes = []
        for each in self._published():
            probes.append(each)
            time.sleep(_EACH_SECONDS * self.objects)
        return probes

    def last_round(self, probes: Sequence[Probe]) -> tuple[list[Probe], dict[Probe, int]]:
        """Let each object be idle, and then need its first replica once more.

        Args:
            probes: All so far. Where they were answered, more messages would ask for nothing.

        Returns:
            What was done to the load, and of that what has no PATCH, with the replicas.
        """
        purges = self.purged(probes)
        unlogged = self.unlogged(purges, _IDLE_SECONDS)
        again = self.probe_all()
        unlogged |= self.unlogged(again, _ANSWER_SECONDS)
        time.sleep(_SECOND_CHANGE_SECONDS)
        return [*purges, *again], unlogged

    def unlogged(
        self, probes: Sequence[Probe], seconds: float = _ANSWER_SECONDS
    ) -> dict[Probe, int]:
        """Return the replicas where no PATCH answers a probe within these seconds.

        The count may be right: a PATCH may be missing in the log.
        """
        with suppress(AssertionError):
            eventually(lambda: None not in self.delays(probes).values(), seconds)
        return {
            each: self.replicas(each.namespace, each.name)
            for each, wait in self.delays(probes).items()
            if wait is None
        }

    def patches(self) -> Changes:
        """Return the changes of each workload by any operator, in their order."""
        return changes_of(self.api_server.requests(), self.namespaces)

    def delays(self, probes: Iterable[Probe]) -> dict[Probe, float | None]:
        return delays(self.patches(), probes)

    def by_others(self) -> list[dict[str, str | float | None]]:
        """Return the changes by a process that did not lead; call it before operators end."""
        text = self.api_server.kubectl("get", "lease", "mare-operator", "-n", self.home, "-o=json")
        last = read_assignment(json.loads(text)).stored
        writes = lease_writes(self.api_server.requests(), self.home, last)
        return by_others(self.patches(), writes, self.shards)

    def replicas(self, namespace: str, name: str) -> int:
        """Return what the workload has now: also by a PATCH that was not logged as successful."""
        wanted = "-o=jsonpath={.spec.replicas}"
        return int(self.api_server.kubectl("get", f"deployment/{name}", "-n", namespace, wanted))


def is_divided(led: Iterable[frozenset[int]], shards: int) -> bool:
    """Return whether each shard has one leader: not if one has two and another none."""
    return sorted(shard for each in led for shard in each) == list(range(shards))
