"""Certificates for a broker that wants one of each client."""

import base64
from typing import Any

import trustme

BROKER, CLIENTS = "broker-tls", "client-tls"
VALUES = {
    "rabbitmq": {
        "tls": {
            "enabled": True,
            "only": True,
            "existingSecret": BROKER,
            "clients": "required",
            "clientSecret": CLIENTS,
        }
    }
}
"""Values of charts/playlists."""


def secrets(*hosts: str) -> list[dict[str, Any]]:
    """Return the Secrets of the broker, with the names `hosts`, and of its clients."""
    authority = trustme.CA()
    issued = {
        BROKER: authority.issue_cert(*hosts),
        CLIENTS: authority.issue_cert("clients.example"),
    }
    return [secret(name, certificate, authority) for name, certificate in issued.items()]


def secret(name: str, certificate: trustme.LeafCert, authority: trustme.CA) -> dict[str, Any]:
    """Return a Secret with the certificate, its key and the authority's certificate."""
    texts = {
        "tls.crt": certificate.cert_chain_pems[0],
        "tls.key": certificate.private_key_pem,
        "ca.crt": authority.cert_pem,
    }
    data = {key: base64.b64encode(text.bytes()).decode() for key, text in texts.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
