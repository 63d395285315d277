"""Launches services under test and ends them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.broker_node import Node
from tests.integration.runtime.calling import Caller
from tests.integration.runtime.launching import Flavour, Launched
from tests.vhost import Vhost, eventually

Launch = Callable[..., Launched]


def launcher(folder: Path) -> Iterator[Launch]:
    """Launch ``(flavour, class name, AMQP URI, VARIABLE=value, ...)`` and return at once."""
    launched: list[Launched] = []

    def start(flavour: Flavour, service: str, uri: str, **environ: str) -> Launched:
        process = Launched(flavour, service, uri, folder, **environ)
        launched.append(process)
        return process

    yield start
    for process in launched:
        process.kill()


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    yield from launcher(tmp_path)


@pytest.fixture
def caller(vhost: Vhost) -> Iterator[Caller]:
    with Caller(vhost) as caller:
        yield caller


# One virtual host and its processes for all tests of a module that only look and do not break.


@pytest.fixture(scope="module")
def shared_vhost(rabbitmq: Node, request: pytest.FixtureRequest) -> Iterator[Vhost]:
    vhost = Vhost(rabbitmq, request.module.__name__.rpartition(".")[2])
    yield vhost
    vhost.delete()


@pytest.fixture(scope="module")
def shared_launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    yield from launcher(tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def shared_worker(shared_vhost: Vhost, shared_launch: Launch) -> Launched:
    return shared_launch("runtime", "Worker", shared_vhost.amqp_uri).wait_ready()


@pytest.fixture(scope="module")
def shared_caller(shared_vhost: Vhost) -> Iterator[Caller]:
    with Caller(shared_vhost) as caller:
        yield caller


def consumed(vhost: Vhost, queue: str, consumers: int = 1) -> None:
    """Wait until ``queue`` has so many consumers: also stock Nameko is ready then."""
    eventually(lambda: queue in vhost.queues() and vhost.depth(queue).consumers >= consumers)
