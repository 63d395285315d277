"""Three real nodes that connect to each other with TLS."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.charts.helm import Helm
from tests.charts.rabbitmq.broker import PASSWORDS
from tests.charts.rabbitmq.cluster import Cluster

DISTRIBUTION = 25672
TLS = {"enabled": True, "existingSecret": "mine", "interNode": True}

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def cluster(helm: Helm, debian: Path, tmp_path: Path, authority: trustme.CA) -> Iterator[Cluster]:
    issued = authority.issue_cert("*.shop-rabbitmq-nodes.market.svc.cluster.local")
    secret = {
        "tls.crt": issued.cert_chain_pems[0].bytes().decode(),
        "tls.key": issued.private_key_pem.bytes().decode(),
        "ca.crt": authority.cert_pem.bytes().decode(),
    }
    of = {"values": {"tls": TLS}, "secrets": {"mine": secret}}
    with Cluster(helm, debian, tmp_path, passwords=PASSWORDS, **of) as cluster:
        yield cluster.start()


def test_nodes_programs_and_jobs_connect_with_verified_certificates(
    cluster: Cluster, authority: trustme.CA, tmp_path: Path
):
    # The fixture has seen that each node sees the others. Plain, a program sees none.
    plain = ("env", "RABBITMQ_CTL_ERL_ARGS=", "rabbitmqctl", "--timeout", "10", "list_users")
    with pytest.raises(subprocess.CalledProcessError):
        cluster.run(1, *plain)

    code, output = cluster.job("preflight", NODES_HASH="another")
    assert (code, "Ready to be upgraded" in output) == (0, True), output
    code, output = cluster.job("finish")
    assert (code, "All nodes run" in output) == (0, True), output

    own = tmp_path / "own.pem"
    authority.issue_cert("own.example").private_key_and_cert_chain_pem.write_to_path(own)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    assert "alert" in _refusal(cluster, trusted, 60)
    trusted.load_cert_chain(own)
    assert not _refusal(cluster, trusted, 3)


def _refusal(cluster: Cluster, context: ssl.SSLContext, seconds: float) -> str:
    """Return why a node refuses the connection of another node, or nothing after `seconds`."""
    with socket.create_connection((cluster.address(0), DISTRIBUTION), timeout=60) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=cluster.nodes[0].host) as connection:
                connection.settimeout(seconds)
                connection.recv(1)
        except TimeoutError:
            return ""
        except OSError as error:
            return str(error)
    return "closed"
