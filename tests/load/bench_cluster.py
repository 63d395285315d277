"""On the cluster: how long a Pod takes from PATCH /scale to Ready, and what idle Pods cost.

``python -m tests.load.bench_cluster`` uses the cluster of `make cluster`, or starts one.
"""

import statistics
import time

from kubernetes import client, watch

from tests.e2e.application import Application
from tests.e2e.release import application_on_a_cluster
from tests.load.pod_usage import usage_of_pods
from tests.load.printing import print_line

WORKLOAD = "music"
ONE, TEN = 10, 3
"""How often one Pod, and ten at once, are asked for."""


def main() -> None:
    with application_on_a_cluster() as application:
        name = f"{application.release}-{WORKLOAD}"
        # The operator would take back what is asked for here.
        application.kubectl("patch", "qa", name, "--type=merge", '-p={"spec":{"paused":"All"}}')
        application.kubectl("scale", f"deployment/{name}", "--replicas=1")
        application.roll_out(name)
        _report("one Pod", [_seconds_to_ready(application, name, 1) for _ in range(ONE)])
        _report("ten at once", [_seconds_to_ready(application, name, 10) for _ in range(TEN)])
        application.kubectl("patch", "qa", name, "--type=merge", '-p={"spec":{"paused":null}}')
        print_line(_idle(application))


def _report(what: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    print_line(
        f"{what}: PATCH /scale to Ready, {len(seconds)} runs: median "
        f"{statistics.median(ordered):.1f} s, slowest {ordered[-1]:.1f} s"
    )


def _seconds_to_ready(application: Application, workload: str, more: int) -> float:
    with application.cluster.client() as api:
        apps = client.AppsV1Api(api)
        started = time.monotonic()
        apps.patch_namespaced_deployment_scale(
            workload, application.namespace, {"spec": {"replicas": 1 + more}}
        )
        for event in watch.Watch().stream(
            apps.list_namespaced_deployment,
            application.namespace,
            field_selector=f"metadata.name={workload}",
            timeout_seconds=60,
        ):
            if event["object"].status.ready_replicas == 1 + more:
                break
        took = time.monotonic() - started
    application.kubectl("scale", f"deployment/{workload}", "--replicas=1")
    application.kubectl("wait", "--for=jsonpath={.status.replicas}=1", f"deployment/{workload}")
    while len(application.pods(WORKLOAD)) > 1:
        time.sleep(0.2)
    return took


def _idle(application: Application) -> str:
    """Memory and CPU of each Pod over half a minute without a request, as a table."""
    pods = [
        (component, pod)
        for component in ("gateway", "weather", "music", "playlists", "operator")
        for pod in application.pods(component)[:1]
    ] + [("rabbitmq", f"{application.release}-rabbitmq-0")]
    before = usage_of_pods(application.cluster)
    started = time.monotonic()
    time.sleep(30)
    lines = ["| Pod | memory, MiB | CPU, millicores |", "|---|---|---|"]
    after, passed = usage_of_pods(application.cluster), time.monotonic() - started
    for component, pod in pods:
        used, earlier = (each[application.namespace, pod] for each in (after, before))
        millicores = (used.cpu_seconds - earlier.cpu_seconds) / passed * 1000
        lines.append(f"| {component} | {used.memory_bytes / 2**20:.0f} | {millicores:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
