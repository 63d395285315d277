"""A real RabbitMQ 4 for the tests that need one: started once, a fresh virtual host for each."""

import functools
import itertools
import signal
from collections.abc import Callable, Iterator

import pytest

from mare.private_broker.node import Program
from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.vhost import Vhost

pytest_plugins = [
    "tests.cluster_fixtures",
    "tests.distribution",
    "tests.failures_at_once",
    "tests.worker_minutes",
]


_FIXTURES = {"rabbitmq", "own_rabbitmq"}
_BLOCKED = signal.pthread_sigmask(signal.SIG_BLOCK, [])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Get RabbitMQ before the first test: a test's time limit counts what its fixtures do."""
    if session.config.option.collectonly:
        return
    if any(_FIXTURES.intersection(getattr(item, "fixturenames", ())) for item in session.items):
        _program()


def pytest_runtest_teardown() -> None:
    blocked = signal.pthread_sigmask(signal.SIG_SETMASK, _BLOCKED) - _BLOCKED
    assert not blocked, f"Programs of later tests would not get {blocked}."


@functools.cache
def _program() -> Program:
    return broker_to_test()


@pytest.fixture(scope="session")
def rabbitmq_program() -> Program:
    """What the nodes of the tests run."""
    return _program()


@pytest.fixture(scope="session")
def rabbitmq(rabbitmq_program: Program) -> Iterator[Node]:
    """The node that all tests share: do not stop it."""
    with Node(rabbitmq_program) as node:
        yield node


_numbers = itertools.count(1)


@pytest.fixture
def vhost(rabbitmq: Node) -> Iterator[Vhost]:
    """A fresh virtual host with our policies, gone after the test."""
    vhost = Vhost(rabbitmq, f"test-{next(_numbers)}")
    yield vhost
    vhost.delete()


@pytest.fixture
def own_rabbitmq(rabbitmq_program: Program) -> Iterator[Callable[[], Node]]:
    """Start nodes of the test's own, which it may stop, kill and start again."""
    nodes: list[Node] = []

    def start() -> Node:
        node = Node(rabbitmq_program)
        nodes.append(node)
        node.start()
        return node

    yield start
    for node in nodes:
        node.close()
