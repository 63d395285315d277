"""A square wave on the cluster: how long messages wait, and how many replica-seconds that takes.

``python -m tests.load.square_wave [--periods 3]`` uses the cluster of `make cluster` or starts one.
40 s of 1 message per second, then 40 s of 12, repeated; a worker needs 0.5 s for each and has a
prefetch count of 1; 1 to 12 Pods. `mare simulate square-40s` simulates the same.
"""

import argparse
import json
import sys
import time
from contextlib import suppress
from itertools import pairwise

from mare.processes.command import CommandFailed
from tests.e2e.application import Application, job, program
from tests.load.operator_release import WORKER_URI, autoscaler, broker_and_operator, events
from tests.vhost import becomes, eventually

PERIOD_SECONDS = 80.0
START_SECONDS, SETTLE_SECONDS = 120.0, 120.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--periods", type=int, default=3)
    periods = options.parse_args().periods
    with broker_and_operator("square") as (application, images):
        _deploy(application, images["services"], periods)
        replicas, result = _observe(application, periods * PERIOD_SECONDS)
        changes = [after - before for before, after in pairwise(replicas) if after != before]
        result |= {
            "replica-seconds": round(sum(replicas)),
            "most replicas": max(replicas),
            "changes": len(changes),
            "reversals": sum(one * next_one < 0 for one, next_one in pairwise(changes)),
        }
        lines = [json.dumps(result), "replicas, each second: " + " ".join(map(str, replicas))]
        sys.stdout.write("".join(f"{line}\n" for line in [*lines, *events(application)]))


def _deploy(application: Application, image: str, periods: int) -> None:
    environment = {"AMQP_URI": WORKER_URI, "SECONDS_PER_MESSAGE": "0.5"}
    application.apply(*program(image, "worker", ["recorder.py"], **environment))
    application.roll_out("worker")
    application.apply(autoscaler("worker", "work", minReplicas=1, maxReplicas=12))
    becomes(lambda: _is_ready(application), True, START_SECONDS)
    application.apply(job(image, "wave", ["square_wave.py", str(periods)], **environment))


def _is_ready(application: Application) -> bool:
    conditions = application.status("worker").get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _observe(application: Application, seconds: float) -> tuple[list[int], dict[str, float]]:
    """Return the replicas in each second of the wave, and what its program prints."""

    def log() -> str:
        with suppress(CommandFailed):  # the Pod is not running yet
            return application.kubectl("logs", "job/wave")
        return ""

    eventually(lambda: "STARTED" in log(), START_SECONDS)
    started = time.monotonic()
    replicas = []
    while len(replicas) < seconds:
        time.sleep(max(0.0, started + len(replicas) - time.monotonic()))
        replicas.append(application.replicas("worker"))
    eventually(lambda: "RESULT" in log(), SETTLE_SECONDS)
    return replicas, json.loads(log().partition("RESULT")[2])


if __name__ == "__main__":
    main()
