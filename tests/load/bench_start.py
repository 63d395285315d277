"""How soon a service of the image is ready, and what of the processor and of memory that takes.

    python -m tests.load.bench_start

Builds the image (root only, by buildah), starts each service five times against a broker that is
there, and asks /readyz every 5 ms. Ends with a table: medians of the time from the start of the
process to the first 200 (longer on a busy machine), of the processor time until it has ended again,
which counts 0.05 s for entering the image, and of resident memory.
"""

import resource
import statistics
import sys
import time
import urllib.error
import urllib.request
from typing import NamedTuple

from devcluster.images.engines import buildah
from devcluster.images.recipe import component
from mare.processes.tcp_ports import free_port
from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.integration.images.running import Image

ROUNDS = 5
SERVICES = ("weather", "music", "playlists")
_PATIENCE = 60.0


class Start(NamedTuple):
    """What it took: seconds, processor seconds, megabytes."""

    ready: float
    processor: float
    memory: float


def start(image: Image, service: str, uri: str) -> Start:
    """Start it, wait until it is ready, and end it."""
    port = free_port()
    begun = time.monotonic()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with image.started(service, AMQP_URI=uri, RUNTIME_HEALTH_PORT=str(port)) as process:
        while not _is_ready(port):
            if time.monotonic() - begun > _PATIENCE:
                sys.exit(process.log())
            time.sleep(0.005)
        ready = time.monotonic() - begun
        memory = process.resident_megabytes()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return Start(ready, processor, memory)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


def main() -> None:
    builder = buildah()
    base = builder.base()
    builder.build(component("services", base), "mare/services:bench")
    program = broker_to_test()
    with Node(program) as node, Image(builder, "mare/services:bench", base) as image:
        _print_line(f"{'service':<12}{'ready':>9}{'processor':>12}{'memory':>10}")
        for service in SERVICES:
            starts = [start(image, service, node.amqp_uri) for _ in range(ROUNDS)]
            ready, processor, memory = map(statistics.median, zip(*starts, strict=True))
            _print_line(f"{service:<12}{ready:>7.2f} s{processor:>10.2f} s{memory:>7.0f} MB")


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
