"""Writes brokerRef, and the one instruction that it needs: create this Secret."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from mare.convert.draft import Draft
from mare.custom_resource.autoscaler import BROKER_LABEL
from mare.documents.tree import Path

AMQP_URI, MANAGEMENT_URI = "amqp-uri", "management-uri"
TEMPLATES = {
    AMQP_URI: "amqp://USER:PASSWORD@HOST:5672/VHOST",
    MANAGEMENT_URI: "http://USER:PASSWORD@HOST:15672",
}
WITHOUT = {
    AMQP_URI: f"add {AMQP_URI} as well: without it the queues are read every 5 s only",
    MANAGEMENT_URI: (
        f"add {MANAGEMENT_URI} as well: without it unacknowledged messages are unknown"
        " and the workload never becomes idle"
    ),
}
TLS_KEYS = {"ca": "ca.crt", "cert": "tls.crt", "key": "tls.key"}


@dataclass(frozen=True, slots=True)
class Origin:
    place: str
    command: str = ""
    """A shell command that prints the value; empty if there is none."""
    text: str | None = None
    """The value itself if the input contains it. Never printed."""
    is_variable: bool = False


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
        return MANAGEMENT_URI if self.protocol == "http" else AMQP_URI

    @property
    def vhost(self) -> str | None:
        """The virtual host at the end of the URI, by default /; None if the URI is unknown."""
        parts = uri(self.origins)
        return None if parts is None else unquote(parts.path.rpartition("/")[2]) or "/"

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
    by_key: dict[str, Access] = {}
    for access in accesses:
        first = by_key.setdefault(access.key, access)
        one, other = (each.origins.get("host") for each in (first, access))
        if (one, first.source_name) != (other, access.source_name):
            note = "the triggers use different brokers, a QueueAutoscaler has one"
            draft.problem(note, access.source)
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
        remarks += [remark, *access.cautions]
    remarks += [without for key, without in WITHOUT.items() if key not in entries]
    create = kubectl(draft.document.namespace, "create", "secret", "generic", name)
    label = kubectl(draft.document.namespace, "label", "secret", name, BROKER_LABEL)
    command = " \\\n  ".join([create, *entries.values(), f"&& {label}"])
    note = "; ".join(["create this Secret", *dict.fromkeys(filter(None, remarks))])
    for access in accesses:
        draft.manifest.put("spec.brokerRef.secretName", name, access.remark)
        draft.need(access.source, note, command, f"brokerRef.secretName: {name}")
        note, command = "the same Secret", ""


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
