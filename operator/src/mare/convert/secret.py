"""Writes brokerRef, and the command that its Secret needs: a label, or to be created."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from mare.broker.secret_shapes import own_shape
from mare.convert.commands import PLACEHOLDER, kubectl, patch_command, secret_command
from mare.convert.draft import Draft
from mare.custom_resource.autoscaler import BROKER_LABEL
from mare.documents.tree import Path

URI, MANAGEMENT_URI = "uri", "management-uri"
OF_MANAGEMENT = frozenset({MANAGEMENT_URI, "prometheus-uri"})
"""Keys of a Secret from which the operator derives no address of the management API."""
TEMPLATES = {
    URI: "amqp://USER:PASSWORD@HOST:5672/VHOST",
    MANAGEMENT_URI: "http://USER:PASSWORD@HOST:15672",
}
NEEDED = (
    "scale to zero, and scale-down except for QueueLength with excludeUnacknowledged, need the"
    " management API"
)
DERIVED = "port 15672 of the broker's host, 15671 with TLS, 443 at CloudAMQP"
ANY_MANAGEMENT_URI = "SCHEME://USER:PASSWORD@HOST:PORT"
ADD_IT = f"add {MANAGEMENT_URI}: {ANY_MANAGEMENT_URI} to the Secret"
OWN_SECRET = (
    f"make a Secret of your own with {URI} and {MANAGEMENT_URI}: RabbitMQ's cluster operator resets"
    " its Secrets"
)
MONITORING = (
    "give the user of the URI RabbitMQ's tag monitoring, which KEDA does not need: without it it is"
    " unknown which replicas are busy, and how many messages a replica handles at a time"
)
LOGIN = {"username": "user", "password": "password"}
TLS_KEYS = {"ca": "ca.crt", "cert": "tls.crt", "key": "tls.key"}


@dataclass(frozen=True, slots=True)
class Origin:
    place: str
    command: str = ""
    """A shell command that prints the value; empty if there is none."""
    text: str | None = None
    """The value itself if the input contains it. Never printed."""
    of_variable: bool = False
    """Whether a variable of the workload has the value."""
    needs_replica: str = ""
    """What a command says that reads in a running container; empty if it needs none."""
    secret: tuple[str, str] | None = None
    """Name and key of a Secret in the namespace of the object."""
    keys: frozenset[str] = frozenset()
    """The keys of that Secret; empty if it is not in the input."""
    is_labelled: bool = False
    """Whether that Secret is in the input and has the label for the operator."""

    @property
    def cluster(self) -> str:
        """The RabbitmqCluster whose operator writes the Secret; empty if it is another Secret."""
        name, key = self.secret or ("", "")
        owner = name.removesuffix("-default-user")
        return owner if key == "connection_string" and owner != name else ""


@dataclass(frozen=True, slots=True)
class Caution:
    note: str
    edit: str = ""
    """What has to be completed in the output or in the Secret; empty if only to be known."""


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
    cautions: tuple[Caution, ...] = ()

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
        has_login = LOGIN.keys() & self.origins.keys()
        return found if self.protocol == "amqp" and fits and not has_login else None

    @property
    def reads_variables(self) -> bool:
        return any(origin.of_variable for origin in self.origins.values())

    @property
    def runs_in_container(self) -> bool:
        return any(origin.needs_replica for origin in self.origins.values())


def uri(origins: Mapping[str, Origin]) -> SplitResult | None:
    """Return the URI; None if it is unknown, or split by a character of the password."""
    try:
        parts = urlsplit(origins["host"].text or "")
        is_split = "@" in parts.query + parts.fragment or (parts.port or 0) < 0
    except (KeyError, ValueError):
        return None
    is_known = parts.scheme in ("amqp", "amqps", "http", "https")
    return parts if is_known and not is_split else None


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
    cluster = accesses[0].origins["host"].cluster
    # RabbitMQ's cluster operator resets the labels of its Secrets to those of the cluster.
    labelled = ("rabbitmqcluster", cluster) if cluster else ("secret", name)
    action = "" if accesses[0].origins["host"].is_labelled else f"label {' '.join(labelled)}"
    command = kubectl(draft.document.namespace, "label", *labelled, BROKER_LABEL) if action else ""
    note = f"Maré reads the same Secret: {action}".removesuffix(": ")
    for access in accesses:
        draft.manifest.put("spec.brokerRef.uriKey", key)
        _write_name(draft, access, name, note, command)
    if not accesses[0].origins["host"].keys & OF_MANAGEMENT:
        _check_management(draft, accesses[0], key, "" if cluster else name)
    _list(draft, accesses[0], action)


def _create(draft: Draft, accesses: list[Access], by_key: Mapping[str, Access]) -> None:
    names = {access.source_name for access in accesses}
    own = names.pop() if len(names) == 1 and names != {""} else draft.document.name
    name = f"mare-{own}"[:253].rstrip("-.")
    entries: dict[str, str] = {}
    printed: dict[str, str] = {}
    asked: dict[str, str] = {}
    remarks = []
    for key, access in sorted(by_key.items()):
        value = _uri_value(key, access)
        remarks.append(value.remark)
        if value.command:
            printed[key] = value.command
        elif PLACEHOLDER in value.template:
            asked[key] = value.template
        else:
            entries[key] = f"--from-literal={key}={shlex.quote(value.template)}"
        for parameter, tls_key in TLS_KEYS.items():
            origin = access.origins.get(parameter)
            if origin and origin.command:
                printed[tls_key] = origin.command
            elif origin:
                entries[tls_key] = f"--from-file={tls_key}={tls_key}"
    command = secret_command(draft.document.namespace, name, entries.values(), printed, asked)
    note = "; ".join(dict.fromkeys(filter(None, remarks)))
    first, *others = accesses
    _write_name(draft, first, name, note or "create this Secret", command)
    for access in others:
        _write_name(draft, access, name, "the same Secret", "", known=first.cautions)
    if MANAGEMENT_URI not in by_key:
        _check_management(draft, accesses[0], URI, name)
    _list(draft, first, f"create secret {name}")


def _write_name(
    draft: Draft,
    access: Access,
    name: str,
    note: str,
    command: str,
    *,
    known: tuple[Caution, ...] = (),
) -> None:
    draft.manifest.put("spec.brokerRef.secretName", name, access.remark)
    new = f"brokerRef.secretName: {name}"
    cautions = [each for each in access.cautions if each not in known]
    draft.edits += [each.edit for each in cautions if each.edit]
    if command or cautions:
        note = "; ".join(dict.fromkeys([note, *(each.note for each in cautions)]))
        draft.need(access.source, note, command, new)
    else:
        draft.refer(access.source, note, new)


def _list(draft: Draft, access: Access, action: str) -> None:
    """Note what a person does with the Secret, whose user KEDA has used until now."""
    if not action:
        return
    verb, *words = action.split()
    place = f"{draft.document.namespace}/" if draft.document.namespace else ""
    draft.secrets.append(f"{verb} {' '.join(words[:-1])} {place}{words[-1]}")
    if draft.document.kind != "ScaledJob":
        draft.remark(access.source, MONITORING)


def _check_management(draft: Draft, access: Access, key: str, name: str) -> None:
    """State where the operator reads the management API, and what to do if that is wrong.

    `name` is that of the Secret; empty if no key can be added to it.
    """
    if draft.document.kind == "ScaledJob":
        return  # Jobs are created by ready messages, which AMQP shows
    parts = uri(access.origins)
    address = urlunsplit(parts._replace(netloc=_address(parts))) if parts else "amqp://HOST"
    otherwise, command = OWN_SECRET, ""
    if name:
        otherwise = ADD_IT
        scope = draft.document.namespace
        command = patch_command(scope, name, MANAGEMENT_URI, ANY_MANAGEMENT_URI)
    derived = own_shape({key: address}, key)[0].get(MANAGEMENT_URI)
    if derived is None:
        draft.edits.append(f"{MANAGEMENT_URI} in the Secret")
        note = f"{NEEDED}, which Maré does not derive from {key}"
        draft.remark(access.source, f"{note}: unless the Secret has it, {otherwise}", command)
        return
    place = f"at {derived}" if parts else f"on {DERIVED}"
    note = f"{NEEDED}, which Maré reads {place}; only if it is elsewhere, {otherwise}"
    draft.remark(access.source, note, command)


def _address(parts: SplitResult) -> str:
    """Return host and port, without user and password."""
    return parts.netloc.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class _Value:
    remark: str
    """What is left to do; empty if nothing is."""
    command: str = ""
    """A shell command that prints the URI; empty if there is none."""
    template: str = ""


def _uri_value(key: str, access: Access) -> _Value:
    host = access.origins.get("host", Origin("a place that the input does not name"))
    login = {name: access.origins[name] for name in LOGIN if name in access.origins}
    if host.command and not login:
        # KEDA's management URI ends with the virtual host, Maré's does not.
        without_vhost = r" | sed -E 's|^(https?://[^/]+(/.*)?)/[^/]*$|\1|'"
        remarks = [host.needs_replica] if host.needs_replica else []
        if access.protocol is None:
            remarks.append(f"if the URI begins with http, use the key {MANAGEMENT_URI}")
        command = host.command + (without_vhost if key == MANAGEMENT_URI else "")
        return _Value("; ".join(remarks), command=command)
    places = " and ".join(f"{LOGIN[name]} ({origin.place})" for name, origin in login.items())
    parts = uri(access.origins)
    if parts is None or host.command:
        remark = f"fill in the URI from {host.place}" + (f", {places}" if places else "")
        return _Value(remark, template=TEMPLATES[key])
    path = parts.path.rpartition("/")[0] if key == MANAGEMENT_URI else parts.path
    credentials = "USER:PASSWORD@" if login or parts.username else ""
    template = f"{parts.scheme}://{credentials}{_address(parts)}{path}"
    remark = f"fill in {places or 'user and password'}" if credentials else ""
    return _Value(remark, template=template)
