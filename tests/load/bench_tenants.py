"""What hostile tenants do to the others: bursts of 100 honest objects without them and beside them.

All tenants of `hostile_tenants` act at the same time, each in a namespace of its own:

    .venv/bin/python -m tests.load.bench_tenants --seconds 1800

`--tenants` names some of them. It starts an API server and a broker of its own on 127.0.0.1 and
ends both.
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from tests.broker_node import Node
from tests.integration.operator.process import Operator
from tests.integration.operator.stage import Stage
from tests.load.bench_operator import IMAGE, operating, print_line, show
from tests.load.hostile_tenants import TENANTS
from tests.load.operator_performance import bursts

_HONEST = 100
_RUNS = 30
_LEADS = "Started leading"
"""In the log of the operator, whenever it leads again."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=60, help="before the second bursts")
    options.add_argument("--tenants", nargs="*", choices=TENANTS, default=list(TENANTS))
    arguments = options.parse_args()
    chosen = [TENANTS[name] for name in arguments.tenants]
    namespaces = [namespace for _, each in chosen for namespace in each]
    settings = {"MARE_STATISTICS_SECONDS": "5", **IMAGE}
    with operating(_HONEST, settings, tenants=namespaces) as (stage, node, operator, names):
        alone = _measure(stage, node, operator, names[:_RUNS])
        show({"tenants": 0, **alone})
        with ExitStack() as stack:
            for start, _ in chosen:
                stack.enter_context(start(stage, node))
            print_line("the tenants are there")
            with _timed(operator.is_alive) as livez:
                time.sleep(arguments.seconds)
            show({"seconds": arguments.seconds, "livez_max_s": round(max(livez), 2)})
            beside = _measure(stage, node, operator, names[_RUNS : 2 * _RUNS])
        ratio = round(float(str(beside["p95_s"])) / float(str(alone["p95_s"])), 2)
        show({"tenants": arguments.tenants, **beside, "p95_ratio": ratio})


def _measure(stage: Stage, node: Node, operator: Operator, names: list[str]) -> dict[str, object]:
    """Measure bursts, and meanwhile how late the event loop and writes of the API server are."""
    cpu, begun = operator.cpu_seconds(), time.monotonic()
    with (
        _timed(operator.is_alive) as livez,
        _timed(lambda: stage.secret(stage.broker.secret, "unused")) as writes,
    ):
        result = bursts(stage, node, names, 10)
    return {
        **result,
        "livez_max_s": round(max(livez), 2),
        "kubectl_apply_max_s": round(max(writes), 2),
        "cpu_cores": round((operator.cpu_seconds() - cpu) / (time.monotonic() - begun), 2),
        "rss_mb": round(operator.rss_bytes() / 1e6, 1),
        "rss_highest_mb": round(operator.highest_rss_bytes() / 1e6, 1),
        "leads": operator.leads,
        "began_to_lead": operator.log.read_text().count(_LEADS),
        "is_alive": operator.is_alive(),
    }


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
