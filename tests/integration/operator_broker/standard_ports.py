"""A program that reads a queue as the operator does, from a RabbitMQ on the ports of its users.

Its process has a network and a /etc/hosts of its own: the ports below 1024 and 5672 are free, and
the host names of a cloud lead to it.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import amqp
import trustme

from mare.broker.brokers import SecretBrokers
from mare.broker.networks import ANY_NETWORK
from mare.custom_resource.autoscaler import read_autoscaler
from mare.domain.unknown import Unknown
from mare.local_run.broker_secrets import StaticSecrets
from mare.private_broker.config import Ports
from mare.private_broker.node import Program
from tests.broker_node import Node
from tests.debian_rabbitmq import Rootfs
from tests.unit.operator_loop.worlds import body

READY, UNACKNOWLEDGED = 3, 2
_PLAIN = 5672
_TLS = """
listeners.ssl.1 = 127.0.0.1:5671
ssl_options.certfile = {settings}/tls.pem
ssl_options.keyfile = {settings}/tls.pem
management.ssl.ip = 127.0.0.1
management.ssl.port = {management}
management.ssl.certfile = {settings}/tls.pem
management.ssl.keyfile = {settings}/tls.pem
"""
"""The plain listeners of the private node stay: RabbitMQ can have both."""
_CLIENTS = """
{of}.cacertfile = {{settings}}/ca.pem
{of}.verify = verify_peer
{of}.fail_if_no_peer_cert = true
"""
_CLIENTS_ONLY = "".join(_CLIENTS.format(of=each) for each in ("ssl_options", "management.ssl"))
"""No connection with TLS without a certificate of the client."""


@dataclass(frozen=True, slots=True)
class Given:
    """A Secret, how an object names it, and the broker that it is about."""

    secret: Mapping[str, str]
    user: str
    password: str
    host: str
    """That of the certificate; /etc/hosts leads it to this machine."""
    management_port: int | None = None
    """With TLS; None is a broker without it, on 5672 and 15672."""
    tag: str = "administrator"
    vhost: str = "/"
    uri_key: str | None = None
    keys: Mapping[str, str] | None = None
    ca_key: str | None = None
    """The key of the Secret for the authority, which the machine does not know then."""
    client_certificate: bool = False
    """Whether the broker requires one. The Secret has it then."""


class StandardNode(Node):
    """A node on 5672 and 15672, or with TLS on 5671 and another port of the management API."""

    def __init__(self, program: Program, given: Given, authority: trustme.CA) -> None:
        # A broker with TLS alone has its plain ports elsewhere: nothing may find it there.
        plain = given.management_port is None
        super().__init__(program, Ports(amqp=_PLAIN, management=15672) if plain else None)
        if given.management_port:
            settings = self._folder / "settings"
            certificate = authority.issue_cert(given.host)
            pem = certificate.private_key_and_cert_chain_pem
            for name, blob in {"tls.pem": pem, "ca.pem": authority.cert_pem}.items():
                blob.write_to_path(settings / name)
                (settings / name).chmod(0o644)
            seen = self._server.places.settings
            lines = _TLS + (_CLIENTS_ONLY if given.client_certificate else "")
            with (settings / "rabbitmq.conf").open("a") as file:
                file.write(lines.format(settings=seen, management=given.management_port))

    def give(self, given: Given) -> amqp.Connection:
        """Create the user, and a queue of which a consumer holds some messages."""
        call = self.management.call
        call("PUT", "users", given.user, body={"password": given.password, "tags": given.tag})
        if given.vhost != "/":
            self.management.create_vhost(given.vhost)
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        call("PUT", "permissions", given.vhost, given.user, body=everything)
        connection = self.connect(given.vhost)
        channel = connection.channel()
        channel.queue_declare("work", durable=True, auto_delete=False)
        for _ in range(READY + UNACKNOWLEDGED):
            channel.basic_publish(amqp.Message(b"x"), routing_key="work")
        channel.basic_qos(0, UNACKNOWLEDGED, a_global=False)
        channel.basic_consume("work", callback=lambda message: None)
        for _ in range(UNACKNOWLEDGED):
            connection.drain_events(timeout=60)
        return connection


async def read(given: Given) -> dict[str, Any]:
    """Return what the operator reads, as soon as AMQP and statistics agree; else the last."""
    named = {"uriKey": given.uri_key, "keys": given.keys}
    reference = {"secretName": "broker", **{name: each for name, each in named.items() if each}}
    autoscaler = read_autoscaler(body(brokerRef=reference, queues=[{"name": "work"}]))
    brokers = SecretBrokers(
        StaticSecrets({"broker": given.secret}),
        time.time,
        statistics_seconds=0.3,
        secret_seconds=60,
        networks=ANY_NETWORK,
    )
    found: dict[str, Any] = {}
    end = time.monotonic() + 60
    try:
        while found.get("queue") != [READY, UNACKNOWLEDGED] and time.monotonic() < end:
            reading = (await brokers.read([autoscaler]))[autoscaler.key]
            if isinstance(reading.queues, Unknown):
                found = {"queue": str(reading.queues)}
            else:
                (queue,) = reading.queues
                found = {"queue": _numbers(queue.ready, queue.unacknowledged)}
            found["lost"] = [str(each) for each in reading.lost]
            await asyncio.sleep(0.1)
    finally:
        await brokers.close()
    return found


def _numbers(*values: object) -> list[object]:
    return [str(each) if isinstance(each, Unknown) else each for each in values]


def _identity(authority: trustme.CA) -> dict[str, str]:
    """Return the keys of a Secret of a client."""
    certificate = authority.issue_cert("operator.shop")
    return {
        "tls.crt": "".join(each.bytes().decode() for each in certificate.cert_chain_pems),
        "tls.key": certificate.private_key_pem.bytes().decode(),
    }


def main() -> None:
    """Write what the operator read as JSON.

    Arguments: the root folder of a RabbitMQ, the file for the authority of its certificate, and
    what is given, as JSON.
    """
    root, trusted, description = sys.argv[1:]
    given = Given(**json.loads(description))
    authority = trustme.CA()
    if given.ca_key:
        pem = authority.cert_pem.bytes().decode()
        given = replace(given, secret={**given.secret, given.ca_key: pem})
    else:
        authority.cert_pem.write_to_path(trusted)
    if given.client_certificate:
        given = replace(given, secret={**given.secret, **_identity(authority)})
    program = Program(root, partial(Rootfs, Path(root)))
    with StandardNode(program, given, authority) as node, node.give(given):
        sys.stdout.write(json.dumps(asyncio.run(read(given))))


if __name__ == "__main__":
    main()
