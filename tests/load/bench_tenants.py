"""What hostile tenants do to the others: bursts of 100 honest objects without them and beside them.

All tenants of `hostile_tenants` act at the same time, each in a namespace of its own, and bursts
are spread over the time. Then the operator is started again beside them, with a burst every 5 s:

    .venv/bin/python -m tests.load.bench_tenants --seconds 1800

The exit code is 1 if a promise is broken: p95 beside the tenants at most twice that of the same run
without them, less than 200 MiB resident, one leader that leads all the time, each answer of /livez
within 3 s, the margin of its Lease. After the restart the promises are the same, but for p95, which
is shown. The operator watches the whole cluster, as by default.
`--tenants` names some tenants. The bench starts an API server and a broker of its own on 127.0.0.1
and ends both. For the tenant `names`, it needs root: a name server that never answers stands in
/etc/resolv.conf, in a mount namespace of its own.
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from kubernetes import client

from tests.broker_node import Node
from tests.integration.operator.process import Operator
from tests.integration.operator.stage import Stage
from tests.load.bench_operator import IMAGE, operating, print_line, show
from tests.load.hostile_tenants import TENANTS
from tests.load.operator_performance import burst, summary
from tests.load.silent_name_server import silent_name_server
from tests.vhost import eventually

_HONEST = 100
_QUIET, _BESIDE = 40, 40
"""Bursts without tenants, and beside them; the others are after the restart."""
_AFTER_SECONDS = 100.0
_REPLICAS = 10
_MOST_RATIO = 2.0
_MOST_MIB = 200.0
_MOST_LATE = 3.0
_LATENESS = "mare_event_loop_lateness_seconds"
_LEADS = "Started leading"
"""In the log of the operator, whenever it leads again."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=60, help="beside all tenants")
    options.add_argument("--tenants", nargs="*", choices=TENANTS, default=list(TENANTS))
    arguments = options.parse_args()
    chosen = {name: TENANTS[name] for name in arguments.tenants}
    namespaces = [namespace for _, each in chosen.values() for namespace in each]
    # As by default: every 2 s, as in the tests, a core of the API server reads 120 refused Secrets.
    settings = {"MARE_STATISTICS_SECONDS": "5", "MARE_SECRET_SECONDS": "30", **IMAGE}
    with ExitStack() as stack:
        if "names" in chosen:
            stack.enter_context(silent_name_server())
        stage, node, operator, names = stack.enter_context(
            operating(_HONEST, settings, tenants=namespaces)
        )
        alone = _measure(stage, node, operator, names[:_QUIET], 0)
        show({"tenants": [], **alone})
        for name, (start, _) in chosen.items():
            print_line(f"{name} begins; {_state(operator)}")
            stack.enter_context(start(stage, node))
        chosen_names = names[_QUIET : _QUIET + _BESIDE]
        beside = _measure(stage, node, operator, chosen_names, arguments.seconds)
        show({"tenants": arguments.tenants, "seconds": arguments.seconds, **beside})
        print_line(f"a new operator reads all honest objects after {_restart(operator):.1f} s")
        after = _measure(stage, node, operator, names[_QUIET + _BESIDE :], _AFTER_SECONDS)
        show({"tenants": arguments.tenants, "after a restart": _AFTER_SECONDS, **after})
        ratio = float(str(beside["p95_s"])) / float(str(alone["p95_s"]))
        broken = _broken(beside, 1) + _broken(after, 2)
        if ratio > _MOST_RATIO:
            broken.append(f"p95 is {ratio:.2f} times that without tenants")
    for each in broken:
        print_line(f"BROKEN: {each}")
    sys.exit(bool(broken))


def _broken(beside: dict[str, object], began: int) -> list[str]:
    """Return the promises that are broken, each with its figures, after so many starts."""
    highest, livez = float(str(beside["rss_highest_mib"])), float(str(beside["livez_max_s"]))
    late = float(str(beside["late_p999_s"]))  # a bound of the histogram, such as 2.5 or 5
    checks = {
        f"{highest:.0f} MiB were resident": highest < _MOST_MIB,
        "the operator stopped to lead": beside["began_to_lead"] == began,
        "the operator does not lead": beside["leads"] is True,
        "/livez fails": beside["is_alive"] is True,
        f"/livez took {livez} s": livez < _MOST_LATE,
        f"the event loop was up to {late} s late": late < _MOST_LATE,
    }
    return [text for text, is_kept in checks.items() if not is_kept]


def _restart(operator: Operator) -> float:
    """Return the seconds until a new operator has read the queues of all honest objects."""
    operator.stop()
    begun = time.monotonic()
    operator.start()
    known = partial(operator.count, 'mare_queue_depth_messages{name="bench-')
    eventually(lambda: known() == _HONEST, 300)
    return time.monotonic() - begun


def _measure(
    stage: Stage, node: Node, operator: Operator, names: list[str], seconds: float
) -> dict[str, object]:
    """Measure bursts over some time, and how late the event loop and the API server are."""
    cpu, begun = operator.cpu_seconds(), time.monotonic()
    late = operator.histogram(_LATENESS)
    found = []
    with (
        _timed(operator.is_alive) as livez,
        _timed(partial(_write_something, stage)) as writes,
    ):
        for number, name in enumerate(names):
            found.append(burst(stage, node, name, _REPLICAS))
            if number % 5 == 0:
                print_line(f"burst {number}: {found[-1][0]:.2f} s; {_state(operator)}")
            due = begun + seconds * (number + 1) / len(names)
            time.sleep(max(0.0, due - time.monotonic()))
    return {
        **summary(found, _REPLICAS),
        "late_p99_s": operator.quantile(_LATENESS, 0.99, late),
        "late_p999_s": operator.quantile(_LATENESS, 0.999, late),
        "livez_max_s": round(max(livez), 2),
        "api_write_max_s": round(max(writes), 2),
        "cpu_cores": round((operator.cpu_seconds() - cpu) / (time.monotonic() - begun), 2),
        "rss_mib": round(operator.rss_bytes() / 2**20, 1),
        "rss_highest_mib": round(operator.highest_rss_bytes() / 2**20, 1),
        "refused_objects": operator.metric("mare_refused_objects"),
        "leads": operator.leads,
        "began_to_lead": operator.log.read_text().count(_LEADS),
        "is_alive": operator.is_alive(),
    }


def _state(operator: Operator) -> str:
    return f"{time.strftime('%H:%M:%S')}, {operator.rss_bytes() / 2**20:.0f} MiB"


def _write_something(stage: Stage) -> None:
    """Change an object that concerns nothing. A `kubectl apply` a second took 0.3 cores."""
    annotations = {"metadata": {"annotations": {"written": str(time.time())}}}
    client.CoreV1Api(stage.api).patch_namespace(stage.namespace, annotations)


@contextmanager
def _timed(call: Callable[[], object]) -> Iterator[list[float]]:
    """Yield the seconds that a call takes each second."""
    ended, seconds = threading.Event(), [0.0]

    def repeat() -> None:
        while not ended.wait(1):
            begun = time.monotonic()
            call()
            seconds.append(time.monotonic() - begun)

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield seconds
    finally:
        ended.set()
        thread.join(60)


if __name__ == "__main__":
    main()
