"""TLS to the broker with the certificate authority of the Secret."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import trustme

from tests.integration.operator.stage import Stage
from tests.integration.runtime_client.amqp_proxy import AmqpProxy
from tests.vhost import Vhost, becomes, eventually

pytestmark = pytest.mark.broker


@contextmanager
def tls_before(vhost: Vhost, authority: trustme.CA, host: str) -> Iterator[str]:
    """The URI of a broker that speaks TLS."""
    with AmqpProxy(vhost.node.ports.amqp, authority.issue_cert(host)) as proxy:
        plain, port = vhost.amqp_uri, vhost.node.ports.amqp
        yield plain.replace("amqp://", "amqps://").replace(f":{port}/", f":{proxy.port}/")


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


def test_the_right_authority_is_accepted_and_a_wrong_one_is_reported(
    stage: Stage, vhost: Vhost, burst: Callable[..., None]
):
    authority = trustme.CA()
    burst(200)
    stage.workload(replicas=3)
    with tls_before(vhost, authority, "127.0.0.1") as uri:
        rest = {"management-uri": vhost.node.management_uri, "amqp-uri": uri}
        stage.secret({**rest, "ca.crt": pem(trustme.CA())})
        stage.autoscaler()

        eventually(lambda: stage.condition("MetricsFresh") == ("False", "CertificateRefused"))
        fresh = next(c for c in stage.status()["conditions"] if c["type"] == "MetricsFresh")
        assert "the certificate of the broker is refused" in fresh["message"]
        assert "ca.crt" in fresh["message"]
        assert stage.counts() == []

        stage.secret({**rest, "ca.crt": pem(authority)})
        becomes(stage.counts, [10])
        eventually(lambda: stage.condition("MetricsFresh")[0] == "True")


def test_a_certificate_for_another_host_is_reported(
    stage: Stage, vhost: Vhost, burst: Callable[..., None]
):
    authority = trustme.CA()
    burst(200)
    stage.workload(replicas=3)
    with tls_before(vhost, authority, "broker.example") as uri:
        stage.secret({"amqp-uri": uri, "ca.crt": pem(authority)})
        stage.autoscaler()

        eventually(lambda: stage.condition("MetricsFresh") == ("False", "CertificateRefused"))
        fresh = next(c for c in stage.status()["conditions"] if c["type"] == "MetricsFresh")
        assert "not valid for '127.0.0.1'" in fresh["message"]
        assert stage.counts() == []
