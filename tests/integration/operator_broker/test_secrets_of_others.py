"""Secrets as others write them lead to a RabbitMQ on the ports that each shape implies."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from mare.custom_resource.autoscaler import BROKER_LABEL
from mare.processes.command import DIES_WITH_US
from tests.debian_rabbitmq import cached_rootfs
from tests.integration.operator_broker.standard_ports import READY, UNACKNOWLEDGED, Given

_OWN_NETWORK = 'mount --bind "$0" /etc/hosts && ip link set lo up && exec "$@"'

CLUSTER_OPERATOR = "orders.shop.svc"
USER = "default_user_x-1"
CLOUDAMQP = "kangaroo.rmq.cloudamqp.com"
AMAZON = "b-c8352341-ec91-4a78-ad9c-a43f23d325bb.mq.us-west-2.amazonaws.com"

GIVEN = {
    # The Secret NAME-default-user: internal/resource/default_user_secret.go of the operator.
    "cluster operator": Given(
        secret={
            "username": USER,
            "password": "p-_w",
            "default_user.conf": f"default_user = {USER}\ndefault_pass = p-_w\n",
            "provider": "rabbitmq",
            "type": "rabbitmq",
            "host": CLUSTER_OPERATOR,
            "port": "5672",
            "connection_string": f"amqp://{USER}:p-_w@{CLUSTER_OPERATOR}:5672/",
        },
        user=USER,
        password="p-_w",
        host=CLUSTER_OPERATOR,
    ),
    # Before it wrote a connection string; with TLS the ports are others.
    "cluster operator with TLS": Given(
        secret={
            "username": USER,
            "password": "p-_w",
            "provider": "rabbitmq",
            "type": "rabbitmq",
            "host": CLUSTER_OPERATOR,
            "port": "5671",
        },
        user=USER,
        password="p-_w",
        host=CLUSTER_OPERATOR,
        management_port=15671,
    ),
    "CloudAMQP": Given(
        secret={"uri": f"amqps://abcdwxyz:p-1@{CLOUDAMQP}/abcdwxyz"},
        user="abcdwxyz",
        password="p-1",
        host=CLOUDAMQP,
        management_port=443,
        vhost="abcdwxyz",
    ),
    # dataFrom.extract copies each property of the entry of a store to a key.
    "External Secrets": Given(
        secret={
            "RABBIT_HOST": CLUSTER_OPERATOR,
            "RABBIT_PORT": "5671",
            "RABBIT_USER": USER,
            "RABBIT_PASSWORD": "p-_w",
            "RABBIT_VHOST": "shop",
            "engine": "rabbitmq",
        },
        user=USER,
        password="p-_w",
        host=CLUSTER_OPERATOR,
        management_port=15671,
        vhost="shop",
        keys={
            "host": "RABBIT_HOST",
            "port": "RABBIT_PORT",
            "username": "RABBIT_USER",
            "password": "RABBIT_PASSWORD",
            "vhost": "RABBIT_VHOST",
        },
    ),
    # An entry that has the management API elsewhere, and the CA, under names of its own.
    "External Secrets with RABBIT_MGMT": Given(
        secret={
            "AMQP_URL": f"amqps://{USER}:p-_w@{CLUSTER_OPERATOR}:5671/",
            "RABBIT_MGMT": f"https://{USER}:p-_w@{CLUSTER_OPERATOR}",
        },
        user=USER,
        password="p-_w",
        host=CLUSTER_OPERATOR,
        management_port=443,
        uri_key="AMQP_URL",
        keys={"managementUri": "RABBIT_MGMT", "ca": "RABBIT_CA"},
        ca_key="RABBIT_CA",
    ),
    "Amazon MQ": Given(
        secret={"uri": f"amqps://admin:p%3D1%2Fx@{AMAZON}:5671"},
        user="admin",
        password="p=1/x",
        host=AMAZON,
        management_port=15671,
    ),
    "Client certificates": Given(
        secret={"AMQP_URL": f"amqps://{USER}:p-_w@{CLUSTER_OPERATOR}:5671/"},
        user=USER,
        password="p-_w",
        host=CLUSTER_OPERATOR,
        management_port=15671,
        uri_key="AMQP_URL",
        ca_key="ca.crt",
        client_certificate=True,
    ),
}
PAGE = Path(__file__).parents[3] / "docs/brokers.md"
_OTHERS = "External Secrets, service bindings, any other Secret"
SECTIONS = {
    **{name: name for name in ("CloudAMQP", "Amazon MQ", "Client certificates")},
    "cluster operator": "RabbitMQ's cluster operator",
    "External Secrets": _OTHERS,
    "External Secrets with RABBIT_MGMT": _OTHERS,
}
"""Of the page, by the Secret that it is about."""


@pytest.fixture(scope="module")
def debian() -> Path:
    """A root folder with RabbitMQ 4."""
    if os.geteuid():
        pytest.skip("Only root can make a network with ports and names of its own.")
    return cached_rootfs()


@pytest.mark.broker
@pytest.mark.nightly
@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_the_operator_reads_a_depth_and_statistics(given: Given, tmp_path: Path, debian: Path):
    hosts, authority = tmp_path / "hosts", tmp_path / "ca.crt"
    hosts.write_text(f"127.0.0.1 localhost {given.host}\n")
    program = [sys.executable, "-m", "tests.integration.operator_broker.standard_ports"]
    ended = subprocess.run(
        [
            *(*DIES_WITH_US, "unshare", "--net", "--mount", "sh", "-c", _OWN_NETWORK, str(hosts)),
            *(*program, str(debian), str(authority), json.dumps(asdict(given))),
        ],
        # Certificates of a cloud are those of authorities that each machine knows.
        env={**os.environ, "SSL_CERT_FILE": str(authority)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"queue": [READY, UNACKNOWLEDGED], "lost": []}


def _section(title: str) -> tuple[str, list[Any]]:
    """Return the text of a section of the page, and its YAML."""
    text = PAGE.read_text().partition(f"## {title}\n")[2].partition("\n## ")[0]
    return text, [yaml.safe_load(each) for each in re.findall(r"```yaml\n([^`]+)```", text)]


@pytest.mark.parametrize(("name", "title"), SECTIONS.items())
def test_the_lines_of_the_page_are_those_that_are_tried(name: str, title: str):
    given = GIVEN[name]
    section, blocks = _section(title)
    named = [each["brokerRef"] for each in blocks if "brokerRef" in each]

    if "create secret" in section:
        assert re.findall(r"--from-literal=([^=]+)=", section) == list(given.secret)
        files = re.findall(r"--from-file=(\S+)", section)
        assert files == (["ca.crt", "tls.crt", "tls.key"] if given.client_certificate else [])
    assert (given.uri_key, given.keys) in [(each.get("uriKey"), each.get("keys")) for each in named]


def test_the_external_secret_of_the_page_is_labelled_and_read():
    _, blocks = _section(_OTHERS)
    (secret,) = [each["spec"]["target"] for each in blocks if "spec" in each]

    assert "=".join(*secret["template"]["metadata"]["labels"].items()) == BROKER_LABEL
    names = {each["brokerRef"]["secretName"] for each in blocks if "brokerRef" in each}
    assert names == {secret["name"]}
