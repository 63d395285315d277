"""Processor time of a request to the gateway, of several versions in turn.

    python -m tests.load.gateway_versions CLONE... [--seconds 2] [--rounds 5]

Each CLONE has its ``.venv``. Its gateway is served as ``bench_gateway`` does, once with and once
without the cache. Requests a second depend on what else the machine does; processor time hardly.
"""

import argparse
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.load.bench_gateway import ASGI, CLIENTS, PATHS, WSGI, served, service, virtual_host
from tests.load.http_clients import response_times
from tests.proc import tree_seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clones", type=Path, nargs="+", metavar="CLONE")
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    found: dict[tuple[str, Path], list[tuple[float, float]]] = {}
    with Node(broker_to_test()) as node, ExitStack() as stack:
        vhost = virtual_host(node, "classic")
        stack.enter_context(service(vhost))
        servers = {
            (name, clone): stack.enter_context(
                served(name, vhost, ASGI if is_asgi(clone) else WSGI, clone)
            )
            for name in PATHS
            for clone in options.clones
        }
        for _ in range(options.rounds):
            for key, (pid, port) in servers.items():
                before = tree_seconds(pid)
                took, failed = response_times(options.seconds, CLIENTS, port, PATHS[key[0]])
                assert not failed
                used = tree_seconds(pid) - before
                each = (len(took) / options.seconds, used / len(took) * 1e6)
                found.setdefault(key, []).append(each)
    for (name, clone), each in found.items():
        per_second, used = (statistics.median(values) for values in zip(*each, strict=True))
        sys.stdout.write(f"{name:15} {clone.name:20} {per_second:7.0f} requests/s {used:6.1f} µs\n")


def is_asgi(clone: Path) -> bool:
    return (clone / "gateway/src/mare_gateway/asgi.py").exists()


if __name__ == "__main__":
    main()
