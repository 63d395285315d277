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

    def __post_init__(self) -> None:
        self._pods: set[str] = set()
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

    def _start_pods(self) -> None:
        api = client.CoreV1Api(self.stage.api)
        while not self._ended.wait(0.1):
            for pod in api.list_namespaced_pod(self.stage.namespace).items:
                name = pod.metadata.name
                if name not in self._pods and pod.metadata.deletion_timestamp is None:
                    self._pods.add(name)
                    threading.Thread(target=self._run, args=(name,), daemon=True).start()

    def _run(self, name: str) -> None:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        time.sleep(0.5)  # the start of the container
        if self.fails:
            self._set(name, "Failed")
        else:
            self._set(name, "Running", ready=True)
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
