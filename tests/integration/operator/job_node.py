"""A node that runs the Pods of Jobs as threads: each takes messages of a queue and ends.

The Jobs, their Pods and the counts of both are those of a real API server and job controller.
"""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from kubernetes import client

from tests.integration.operator.stage import Stage
from tests.vhost import Vhost

_RESTART_SECONDS = 8.0
"""Kubernetes restarts a container at once, and later after 10, 20, 40 ... 300 s."""


@dataclass
class JobNode:
    stage: Stage
    vhost: Vhost
    task_seconds: float = 1.0
    done: Counter[str] = field(default_factory=Counter)
    """How often each task was finished."""
    without_a_message: int = 0
    """Jobs that found no message."""
    most: int = 0
    """The most Pods at the same time."""
    fails: bool = False
    """Whether each Pod fails before it takes a message."""
    crashes: bool = False
    """Whether each message ends the container that takes it, which restarts in its Pod.

    Containers wait for a message.
    """
    restarts: int = 0

    def __post_init__(self) -> None:
        self._pods: dict[str, threading.Thread] = {}
        self._running = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._start_pods, daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()
        for pod in self._pods.values():
            pod.join()

    def _start_pods(self) -> None:
        api = client.CoreV1Api(self.stage.api)
        while not self._ended.wait(0.1):
            for pod in api.list_namespaced_pod(self.stage.namespace).items:
                name = pod.metadata.name
                if name not in self._pods and pod.metadata.deletion_timestamp is None:
                    self._pods[name] = threading.Thread(target=self._run, args=(name,), daemon=True)
                    self._pods[name].start()

    def _run(self, name: str) -> None:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        time.sleep(0.5)  # the start of the container
        if self.fails:
            self._set(name, "Failed")
        else:
            self._set(name, "Running", ready=True)
            while self.crashes and not self._ended.is_set():
                self._crash()
                self._set(name, "Running")
                self._ended.wait(_RESTART_SECONDS)
                self._set(name, "Running", ready=True)
            if not self.crashes:
                self._work()
            self._set(name, "Succeeded")
        with self._lock:
            self._running -= 1

    def _work(self) -> None:
        with self.vhost.connect() as connection:
            channel = connection.channel()
            message = channel.basic_get("work")
            if message is None:
                with self._lock:
                    self.without_a_message += 1
                return
            time.sleep(self.task_seconds)  # the task
            channel.basic_ack(message.delivery_tag)
            with self._lock:
                self.done[str(message.body)] += 1

    def _crash(self) -> None:
        """Wait for a message and take it; then close the connection."""
        with self.vhost.connect() as connection:
            channel = connection.channel()
            while channel.basic_get("work") is None:
                if self._ended.wait(0.1):
                    return
            time.sleep(5)  # so that the queue and the Job show it
        with self._lock:
            self.restarts += 1

    def _set(self, name: str, phase: str, *, ready: bool = False) -> None:
        now = datetime.now(UTC).isoformat()
        exit_code = 1 if phase == "Failed" else 0
        state: dict[str, Any] = {"running": {"startedAt": now}}
        if phase != "Running":
            state = {"terminated": {"exitCode": exit_code, "startedAt": now, "finishedAt": now}}
        container = {"name": "work", "image": "x", "imageID": "x", "restartCount": 0}
        status = {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": now}],
            "containerStatuses": [{**container, "ready": ready, "state": state}],
        }
        api = client.CoreV1Api(self.stage.api)
        api.patch_namespaced_pod_status(name, self.stage.namespace, {"status": status})
