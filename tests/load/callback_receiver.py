"""A slow receiver of callbacks in the cluster, at addresses that webhooks takes for public.

The addresses are external IPs of a Service: only the network of the cluster leads to them. They are
many, because a replica of webhooks sends few callbacks at a time to one.
"""

from collections.abc import Collection
from dataclasses import dataclass

import trustme

from tests.e2e import certificates
from tests.e2e.application import Application, program
from tests.load.callback_ledger import Receipts, job_of

_ADDRESSES = [f"7.7.7.{number}" for number in range(1, 33)]
_PORT, _NAME = 8443, "receiver"
URLS = [f"https://{address}:{_PORT}/" for address in _ADDRESSES]
VALUES = {
    "services": {
        "webhooks": {
            "maxWorkers": 10,
            "env": {"WEBHOOKS_CA_FILE": "/receiver/ca.crt"},
            "extraVolumes": [{"name": _NAME, "secret": {"secretName": _NAME}}],
            "extraVolumeMounts": [{"name": _NAME, "mountPath": "/receiver"}],
        }
    }
}
"""Values of charts/playlists: webhooks trusts the receiver and has few workers, to be scaled."""
_SECONDS_PER_CALLBACK = "1.5"


def deploy(application: Application, image: str) -> None:
    authority = trustme.CA()
    certificate = certificates.secret(_NAME, authority.issue_cert(*_ADDRESSES), authority)
    receiver = program(
        *(image, _NAME, ["receiver.py"]),
        SECRET={"name": f"{application.release}-webhooks", "key": "secrets"},
        SECONDS_PER_CALLBACK=_SECONDS_PER_CALLBACK,
        CERTIFICATE="/tls",
        PORT=str(_PORT),
    )
    pod = receiver["spec"]["template"]["spec"]
    pod["volumes"].append({"name": "tls", "secret": {"secretName": _NAME}})
    pod["containers"][0]["volumeMounts"].append({"name": "tls", "mountPath": "/tls"})
    application.apply(certificate, receiver, _SERVICE, _POLICY)
    application.roll_out(_NAME)


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What the receiver has printed about some jobs."""

    jobs: set[str]
    doubled: int
    with_two_results: int
    invalid: int


def callbacks(application: Application, jobs: Collection[str]) -> Callbacks:
    receipts = Receipts.of(application.kubectl("logs", f"deployment/{_NAME}", "--tail=-1"))
    received = [(name, digest) for name, digest, _ in receipts.requests if job_of(name) in jobs]
    ids = {webhook_id for webhook_id, _ in received}
    return Callbacks(
        jobs={job_of(each) for each in ids},
        doubled=len(received) - len(ids),
        with_two_results=len(set(received)) - len(ids),
        invalid=receipts.invalid,
    )


_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": _NAME},
    "spec": {
        "selector": {"app": _NAME},
        "externalIPs": _ADDRESSES,
        "ports": [{"port": _PORT}],
    },
}
_POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": _NAME},
    "spec": {
        "podSelector": {"matchLabels": {"app.kubernetes.io/component": "webhooks"}},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"podSelector": {"matchLabels": {"app": _NAME}}}]}],
    },
}
"""The policy of the chart allows public addresses; this one is the address of a Pod in the end."""
