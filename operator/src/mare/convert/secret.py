"""Writes brokerRef, and the command that its Secret needs: a label, or to be created."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from mare.convert.draft import Draft
from mare.custom_resource.autoscaler import BROKER_LABEL
from mare.documents.tree import Path

URI, MANAGEMENT_URI = "uri", "management-uri"
OWN_URI = "amqp-uri"
"""A key from which the operator derives no address of the management API."""
TEMPLATES = {
    URI: "amqp://USER:PASSWORD@HOST:5672/VHOST",
    MANAGEMENT_URI: "http://USER:PASSWORD@HOST:15672",
}
CHECK = (
    "scale-down and scale to zero need the management API, which Maré reads on port 15672 of the"
    " broker's host, 15671 with TLS: if it is elsewhere, add its address"
)
MISSING = (
    "no scale-down and no scale to zero until the Secret has the address of the management API"
)
TLS_KEYS = {"ca": "ca.crt", "cert": "tls.crt", "key": "tls.key"}


@dataclass(frozen=True, slots=True)
class Origin:
    place: str
    command: str = ""
    """A shell command that prints the value; empty if there is none."""
    text: str | None = None
    """The value itself if the input contains it. Never printed."""
    is_variable: bool = False
    secret: tuple[str, str] | None = None
    """Name and key of a Secret in the namespace of the object."""


@dataclass(frozen=True, slots=True)
class Access:
    source: Path
    """The field of the input that names the broker."""
    remark: str
    origins: Mapping[str, Origin]
    protocol: str | None = "amqp"
    """amqp or http; None if only the unknown host determines it."""
    source_name: str = ""
    """The name of the TriggerAuthentication, if it is the source."""
    cautions: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return MANAGEMENT_URI if self.protocol == "http" else URI

    @property
    def vhost(self) -> str | None:
        """The virtual host at the end of the URI, by default /; None if the URI is unknown."""
        parts = uri(self.origins)
        return None if parts is None else unquote(parts.path.rpartition("/")[2]) or "/"

    @property
    def secret(self) -> tuple[str, str] | None:
        """Name and key of the Secret that Maré can read as it is; None if a new one is needed."""
        found = self.origins.get("host", Origin("")).secret
        fits = all(
            origin.secret == (found and (found[0], TLS_KEYS[parameter]))
            for parameter, origin in self.origins.items()
            if parameter in TLS_KEYS
        )
        has_login = {"username", "password"} & self.origins.keys()
        return found if self.protocol == "amqp" and fits and not has_login else None

    @property
    def reads_variables(self) -> bool:
        return any(origin.is_variable for origin in self.origins.values())


def kubectl(namespace: str | None, *arguments: str) -> str:
    scope = ("-n", namespace) if namespace else ()
    return shlex.join(("kubectl", *scope, *arguments))


def uri(origins: Mapping[str, Origin]) -> SplitResult | None:
    try:
        parts = urlsplit(origins["host"].text or "")
    except (KeyError, ValueError):
        return None
    return parts if parts.scheme in ("amqp", "amqps", "http", "https") else None


def convert_broker(draft: Draft, accesses: list[Access]) -> None:
    if not accesses:
        return
    by_key: dict[str, Access] = {}
    for access in accesses:
        first = by_key.setdefault(access.key, access)
        one, other = (each.origins.get("host") for each in (first, access))
        if (one, first.source_name) != (other, access.source_name):
            note = "the triggers use different brokers, a QueueAutoscaler has one"
            draft.problem(note, access.source)
    existing = by_key[URI].secret if by_key.keys() == {URI} else None
    if existing:
        _refer(draft, accesses, *existing)
    else:
        _create(draft, accesses, by_key)


def _refer(draft: Draft, accesses: list[Access], name: str, key: str) -> None:
    """Name the Secret that KEDA reads."""
    owner = name.removesuffix("-default-user")
    if key == "connection_string" and owner != name:  # RabbitMQ's cluster operator resets labels
        labelled = ("rabbitmqcluster", owner)
    else:
        labelled = ("secret", name)
    command = kubectl(draft.document.namespace, "label", *labelled, BROKER_LABEL)
    for access in accesses:
        draft.manifest.put("spec.brokerRef.uriKey", key)
        _write_name(draft, access, name, "Maré reads the same Secret", command)
    _check_management(draft, accesses[0], name, MISSING if key == OWN_URI else CHECK)


def _create(draft: Draft, accesses: list[Access], by_key: Mapping[str, Access]) -> None:
    names = {access.source_name for access in accesses}
    own = names.pop() if len(names) == 1 and names != {""} else draft.document.name
    name = f"mare-{own}"[:253].rstrip("-.")
    entries: dict[str, str] = {}
    remarks = []
    for key, access in sorted(by_key.items()):
        entries[key], remark = _uri_argument(key, access)
        for parameter, tls_key in TLS_KEYS.items():
            if parameter in access.origins:
                command = access.origins[parameter].command
                entries[tls_key] = f"--from-file={tls_key}=" + (
                    f"<({command})" if command else tls_key
                )
        remarks.append(remark)
    create = kubectl(draft.document.namespace, "create", "secret", "generic", name)
    label = kubectl(draft.document.namespace, "label", "secret", name, BROKER_LABEL)
    command = " \\\n  ".join([create, *entries.values(), f"&& {label}"])
    note = "; ".join(dict.fromkeys(filter(None, remarks)))
    first, *others = accesses
    _write_name(draft, first, name, note or "create this Secret", command, fill_in=bool(note))
    for access in others:
        _write_name(draft, access, name, "the same Secret", "", known=first.cautions)
    if MANAGEMENT_URI not in entries:
        _check_management(draft, accesses[0], name, CHECK)


def _write_name(
    draft: Draft,
    access: Access,
    name: str,
    note: str,
    command: str,
    *,
    fill_in: bool = False,
    known: tuple[str, ...] = (),
) -> None:
    draft.manifest.put("spec.brokerRef.secretName", name, access.remark)
    new = f"brokerRef.secretName: {name}"
    cautions = [each for each in access.cautions if each not in known]
    if fill_in or cautions:
        note = "; ".join(dict.fromkeys([note, *cautions]))
        draft.need(access.source, note, command, new)
    else:
        draft.refer(access.source, note, command, new)


def _check_management(draft: Draft, access: Access, name: str, note: str) -> None:
    """State what the Secret may lack, and the command that adds it."""
    parts = uri(access.origins)
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}") if parts else ""
    template = TEMPLATES[MANAGEMENT_URI].replace("HOST", host or "HOST")
    patch = json.dumps({"stringData": {MANAGEMENT_URI: template}}, separators=(",", ":"))
    scope = draft.document.namespace
    command = kubectl(scope, "patch", "secret", name, "--type=merge", "-p", patch)
    draft.remark(access.source, note, command)


def _uri_argument(key: str, access: Access) -> tuple[str, str]:
    host = access.origins.get("host", Origin("a place that the input does not name"))
    login = [access.origins[name] for name in ("username", "password") if name in access.origins]
    if host.command and not login:
        # KEDA's management URI ends with the virtual host, Maré's does not.
        without_vhost = r" | sed -E 's|^(https?://[^/]+(/.*)?)/[^/]*$|\1|'"
        remarks = ["the command needs a running replica"] if host.is_variable else []
        if access.protocol is None:
            remarks.append(f"if the URI begins with http, use the key {MANAGEMENT_URI}")
        command = host.command + (without_vhost if key == MANAGEMENT_URI else "")
        return f"--from-file={key}=<({command})", "; ".join(remarks)
    template, remark = TEMPLATES[key], f"fill in the URI from {host.place}"
    parts = uri(access.origins)
    if parts is not None and not host.command:
        path = parts.path.rpartition("/")[0] if key == MANAGEMENT_URI else parts.path
        credentials = "USER:PASSWORD@" if login or parts.username else ""
        address = parts.netloc.rpartition("@")[2]
        template = f"{parts.scheme}://{credentials}{address}{path}"
        remark = "fill in user and password" if credentials else ""
    remark = ", ".join([remark, *(origin.place for origin in login)])
    return f"--from-literal={key}={shlex.quote(template)}", remark
