"""Tenants that attack the operator, each with the rights of one namespace."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import trustme

from tests.broker_node import Node
from tests.integration.operator.manifests import secret_of
from tests.integration.operator.stage import Stage
from tests.load.hostile_brokers import hostile_broker
from tests.load.hostile_objects import CHANGING, MANY
from tests.load.tenant_objects import (
    Tenant,
    apply_all,
    in_namespace,
    missing_queue_object,
    paused_workload,
)

_AMQP = ("huge-frame", "silence", "drip", "reset")
_HTTP = ("endless-list", "endless-text", "interim")
BROKERS = (*_AMQP, *_HTTP)
_OBJECTS = 20
_VIRTUAL_HOSTS = 32


@contextmanager
def brokers(stage: Stage, node: Node) -> Iterator[None]:
    with ExitStack() as stack:
        for name in BROKERS:
            port = stack.enter_context(hostile_broker(name))
            tenant = in_namespace(stage, name)
            documents = []
            for number in range(_OBJECTS):
                # Different users: equal Secrets would share a connection.
                login = f"user-{number}:x@127.0.0.1:{port}"
                uris = {"amqp-uri": f"amqp://{login}/"}
                if name in _HTTP:
                    uris = {"amqp-uri": node.amqp_uri, "management-uri": f"http://{login}"}
                documents.append(secret_of(f"broker-{number}", uris))
                documents.append(missing_queue_object(f"worker-{number}", f"broker-{number}"))
            tenant.apply(*documents)
        yield


@contextmanager
def patterns(stage: Stage, node: Node) -> Iterator[None]:
    """Patterns that need long for the names of 5,000 queues.

    A RabbitMQ needs 0.3 cores for as many, whether they are read or not.
    """
    tenant = in_namespace(stage, "patterns")
    with hostile_broker("long-names") as port:
        tenant.secret({"management-uri": f"http://mare:x@127.0.0.1:{port}"}, "broker")
        slow = [{"pattern": "*a" * 60 + f"*b{number}"} for number in range(20)]
        names = [f"worker-{number}" for number in range(8)]
        apply_all(tenant, (missing_queue_object(name, "broker", queues=slow) for name in names))
        yield


@contextmanager
def quiet(stage: Stage, node: Node) -> Iterator[None]:
    """Objects about to become idle, whose broker answers everything except the quiet checks.

    Each has to ask in 32 virtual hosts.
    """
    tenant = in_namespace(stage, "quiet")
    with hostile_broker("hanging-queues") as port:
        tenant.secret({"management-uri": f"http://mare:x@127.0.0.1:{port}"}, "broker")
        names = [f"worker-{number}" for number in range(64)]
        hosts = [{"name": "empty", "vhost": f"v{number}"} for number in range(_VIRTUAL_HOSTS)]
        idle = {"queues": hosts, "idle": {"cooldownSeconds": 0}}
        apply_all(tenant, (paused_workload(name, 1) for name in names))
        apply_all(tenant, (missing_queue_object(name, "broker", **idle) for name in names))
        yield


@contextmanager
def vhosts(stage: Stage, node: Node) -> Iterator[None]:
    """Eight objects with 32 virtual hosts each, of a broker that answers nothing."""
    tenant = in_namespace(stage, "vhosts")
    with hostile_broker("silence") as port:
        tenant.secret({"amqp-uri": f"amqp://mare:x@127.0.0.1:{port}/"}, "broker")
        entries = [
            [{"name": "work", "vhost": f"v{number}-{n}"} for n in range(_VIRTUAL_HOSTS)]
            for number in range(8)
        ]
        apply_all(
            tenant,
            (
                missing_queue_object(f"worker-{n}", "broker", queues=some)
                for n, some in enumerate(entries)
            ),
        )
        yield


@contextmanager
def names(stage: Stage, node: Node) -> Iterator[None]:
    """Brokers whose names a server of a tenant never answers: each lookup takes 10 s."""
    tenant = in_namespace(stage, "names")
    uris = [f"amqp://mare:x@worker-{number}.mare.invalid/" for number in range(200)]
    apply_all(tenant, (secret_of(f"broker-{n}", {"amqp-uri": uri}) for n, uri in enumerate(uris)))
    apply_all(tenant, (missing_queue_object(f"worker-{n}", f"broker-{n}") for n in range(200)))
    yield


@contextmanager
def certificates(stage: Stage, node: Node) -> Iterator[None]:
    """Secrets with different certificates, of a broker that answers nothing in 32 virtual hosts."""
    tenant = in_namespace(stage, "certificates")
    certificate = trustme.CA().cert_pem.bytes().decode()
    with hostile_broker("silence") as port:
        secrets = []
        for number in range(60):
            uri = f"amqps://user-{number}:x@127.0.0.1:{port}/"
            values = {"amqp-uri": uri, "ca.crt": certificate + f"# {number} " + "#" * 60_000}
            secrets.append(secret_of(f"broker-{number}", values))
        apply_all(tenant, secrets)
        hosts = range(_VIRTUAL_HOSTS)
        wide = {"queues": [{"name": "work", "vhost": f"v{host}"} for host in hosts]}
        apply_all(
            tenant,
            (
                missing_queue_object(f"worker-{n}", f"broker-{n}", **wide if n < 4 else {})
                for n in range(60)
            ),
        )
        yield


@contextmanager
def responses(stage: Stage, node: Node) -> Iterator[None]:
    """Twenty virtual hosts of 29,000 queues each."""
    tenant = in_namespace(stage, "responses")
    with hostile_broker("many-queues") as port:
        tenant.secret({"management-uri": f"http://mare:x@127.0.0.1:{port}"}, "broker")
        entries = [[{"name": "queue-1", "vhost": f"v{number}"}] for number in range(_OBJECTS)]
        apply_all(
            tenant,
            (
                missing_queue_object(f"worker-{n}", "broker", queues=one)
                for n, one in enumerate(entries)
            ),
        )
        yield


TENANTS: Mapping[str, tuple[Tenant, tuple[str, ...]]] = {
    **{each.__name__: (each, (each.__name__,)) for each in MANY},
    "brokers": (brokers, BROKERS),
    **{
        each.__name__: (each, (each.__name__,))
        for each in (patterns, quiet, vhosts, names, certificates, responses, *CHANGING)
    },
}
"""Each attack and its namespaces. Those that create thousands of objects come first: beside the
others the API server creates 1.5 a second."""
