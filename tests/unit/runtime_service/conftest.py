"""Processes of services under test, each on a broker in memory."""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakes.amqp_server import serve
from tests.fakes.queue_server import QueueServer
from tests.unit.runtime_service.stage import Stage

Start = Callable[..., Stage]


def starter(folder: Path) -> Iterator[Start]:
    """Start ``(service, VARIABLE=value, ...)`` on a broker of its own and return at once."""
    with ExitStack() as stack:

        def start(
            service: str = "Shop",
            refused: Collection[str] = (),
            silent: Collection[str] = (),
            **environ: str,
        ) -> Stage:
            broker = stack.enter_context(serve(QueueServer))
            broker.refused.update(refused)
            broker.silent.update(silent)
            stage = Stage(broker, folder, service, **environ)
            stack.callback(stage.process.kill)
            return stage

        yield start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    yield from starter(tmp_path)


@pytest.fixture(scope="module")
def shared_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    yield from starter(tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def shop(shared_start: Start) -> Stage:
    """A service that all tests of a module use, none of which breaks it."""
    stage = shared_start(
        "Shop", RUNTIME_CALL_SECONDS="30", RUNTIME_NO_CONSUMERS_GRACE="30", RUNTIME_MAX_WORKERS="4"
    ).ready()
    for queue, key in (("rpc-worker", "worker.*"), ("events", "#")):
        exchange = "nameko-rpc" if queue == "rpc-worker" else "shop.events"
        stage.broker.bind(queue, exchange, key)
    return stage
