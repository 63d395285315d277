"""How the broker is reached: one Secret, and the command that makes it."""

import shlex
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from mare.convert.draft import Draft, Field
from mare.convert.origins import (
    WITHOUT_VHOST,
    Elsewhere,
    Origin,
    Variable,
    Written,
    described,
    fetch,
    kubectl,
    uri,
)

AMQP_URI = "amqp-uri"
MANAGEMENT_URI = "management-uri"
TLS_KEYS = {"ca": "ca.crt", "cert": "tls.crt", "key": "tls.key"}
"""KEDA's parameters and the keys of Maré's Secret."""
WITHOUT = {
    AMQP_URI: f"add {AMQP_URI} as well, without it the queues are seen every 5 s only",
    MANAGEMENT_URI: (
        f"add {MANAGEMENT_URI} as well, without it unacknowledged messages are not known"
        " and the workload never rests"
    ),
}
LONGEST_NAME = 253
TEMPLATES = {
    AMQP_URI: "amqp://USER:PASSWORD@HOST:5672/VHOST",
    MANAGEMENT_URI: "http://USER:PASSWORD@HOST:15672",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How one trigger reaches its broker."""

    origins: AnyMapping[str, Origin]
    """Where host, username, password, ca, cert and key lie."""
    protocol: str | None
    """amqp or http; None if only the host could tell."""
    host_text: str | None
    """The host, if the input has it. Never shown."""
    source: Field[str]
    """The field of the input by which the broker is found."""
    source_name: str
    """The name that the source stands for, to name the Secret after; empty if it has none."""
    remark: str = ""
    """What stands beside the Secret's name instead of the source."""
    cautions: tuple[str, ...] = ()
    """What the user has to see to besides, as clauses."""

    @property
    def key(self) -> str:
        return MANAGEMENT_URI if self.protocol == "http" else AMQP_URI

    @property
    def identity(self) -> Any:
        return self.origins.get("host"), self.source_name

    @property
    def vhost(self) -> str | None:
        """The virtual host at the end of the URI, / if there is none; None if it is not seen."""
        parts = uri(self.host_text)
        return None if parts is None else unquote(parts.path.rpartition("/")[2]) or "/"


def convert_broker(draft: Draft, accesses: list[Access], own_name: str) -> None:
    """Write brokerRef, and tell how its Secret is made."""
    by_key: dict[str, Access] = {}
    for access in accesses:
        if by_key.setdefault(access.key, access).identity != access.identity:
            says = "its triggers ask different brokers, a QueueAutoscaler has one"
            draft.problem(access.source.line, says)
    named = {access.source_name for access in accesses}
    name = f"mare-{named.pop() if len(named) == 1 and named != {''} else own_name}"
    name = name[:LONGEST_NAME].rstrip("-.")
    command, says = _secret(name, by_key, draft.document.namespace)
    new = f"brokerRef.secretName: {name}"
    for access in accesses:
        draft.manifest.put("spec.brokerRef.secretName", name, access.remark or access.source.was)
        draft.need(access.source, says, command, new)
        says, command = "the same Secret", ""


def _secret(name: str, by_key: dict[str, Access], namespace: str | None) -> tuple[str, str]:
    """The command that makes the Secret, and what there is to say about it."""
    entries: dict[str, str] = {}
    remarks = []
    for key, access in sorted(by_key.items()):
        entries[key], remark = _uri_entry(key, access)
        remarks.append(remark)
        for parameter, tls_key in TLS_KEYS.items():
            if parameter in access.origins:
                entries[tls_key] = _file_entry(tls_key, access.origins[parameter])
        remarks += access.cautions
    remarks += [without for key, without in WITHOUT.items() if key not in entries]
    make = kubectl(namespace, "create", "secret", "generic", name)
    command = " \\\n  ".join([make, *(entries[key] for key in entries)])
    said = dict.fromkeys(remark for remark in remarks if remark)
    return command, "; ".join(["Maré reads a Secret of its own, make it", *said])


def _uri_entry(key: str, access: Access) -> tuple[str, str]:
    """The part of the command for a URI, and a remark on what is to be filled in."""
    host = access.origins.get("host", Elsewhere("a place that the input does not tell"))
    login = [access.origins[name] for name in ("username", "password") if name in access.origins]
    command = fetch(host)
    if command is not None and not login:
        unseen = access.protocol is None
        piped = f"{command} | {WITHOUT_VHOST}" if key == MANAGEMENT_URI else command
        remark = f"if the URI begins with http its key is {MANAGEMENT_URI}" if unseen else ""
        if isinstance(host, Variable):
            remark = f"a replica has to run for it; {remark}".removesuffix("; ")
        return f"--from-file={key}=<({piped})", remark
    template, remark = TEMPLATES[key], f"fill in the URI from {described(host)}"
    parts = uri(host.text) if isinstance(host, Written) else None
    if parts is not None:
        address = parts.netloc.rpartition("@")[2]
        path = parts.path.rpartition("/")[0] if key == MANAGEMENT_URI else parts.path
        credentials = "USER:PASSWORD@" if login or parts.username else ""
        template = f"{parts.scheme}://{credentials}{address}{path}"
        remark = "fill in user and password" if credentials else ""
    for origin in login:
        remark += f", {described(origin)}"
    return f"--from-literal={key}={shlex.quote(template)}", remark


def _file_entry(key: str, origin: Origin) -> str:
    command = fetch(origin)
    return f"--from-file={key}=<({command})" if command else f"--from-file={key}={key}"
