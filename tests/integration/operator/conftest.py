"""Whole operators on a real API server and a real RabbitMQ."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import amqp
import pytest

from tests.control_plane import ControlPlane
from tests.integration.operator.shared import SharedOperator
from tests.integration.operator.stage import Broker, Stage
from tests.vhost import Vhost


@pytest.fixture
def stage_on(tmp_path: Path) -> Iterator[Callable[[ControlPlane, str, Broker], Stage]]:
    """Make stages; their operators end with the test."""
    with ExitStack() as stack:

        def make(api_server: ControlPlane, namespace: str, broker: Broker) -> Stage:
            api = stack.enter_context(api_server.client())
            stage = Stage(api_server, namespace, tmp_path, api, broker)
            stack.callback(stage.end)
            stage.prepare()
            return stage

        yield make


@pytest.fixture(scope="session")
def shared_operator(
    api_server: ControlPlane, crd: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedOperator]:
    shared = SharedOperator(api_server, tmp_path_factory.mktemp("shared-operator"))
    shared.operator.start()
    yield shared
    shared.operator.kill()


@pytest.fixture
def stage(
    api_server: ControlPlane, shared_operator: SharedOperator, vhost: Vhost, tmp_path: Path
) -> Iterator[Stage]:
    """A namespace with a Secret, which an operator looks after that runs already."""
    with api_server.client() as api:
        broker = Broker(vhost.amqp_uri, vhost.node.management_uri)
        namespace, operator = shared_operator.namespace(), shared_operator.operator
        stage = Stage(api_server, namespace, tmp_path, api, broker, shared=operator)
        stage.secret(broker.secret)
        yield stage
        api_server.kubectl("delete", "qa", "--all", "-n", namespace)


@pytest.fixture
def own_stage(
    api_server: ControlPlane,
    crd: Path,
    namespace: str,
    vhost: Vhost,
    stage_on: Callable[[ControlPlane, str, Broker], Stage],
) -> Stage:
    """A namespace with the operator's rights and a Secret; no operator runs yet."""
    return stage_on(api_server, namespace, Broker(vhost.amqp_uri, vhost.node.management_uri))


@pytest.fixture
def burst(vhost: Vhost) -> Callable[..., None]:
    """Publish many messages to a queue and wait until the broker has them."""

    def publish(count: int, queue: str = "work") -> None:
        with vhost.connect() as connection:
            channel = connection.channel()
            channel.queue_declare(queue, durable=True, auto_delete=False)
            for _ in range(count - 1):
                channel.basic_publish(amqp.Message(b"x"), routing_key=queue)
            if count:
                channel.confirm_select()
                channel.basic_publish_confirm(amqp.Message(b"x"), routing_key=queue)

    return publish
