"""Reads how a trigger of KEDA reaches its broker, and converts TriggerAuthentications.

KEDA gathers URI, login and certificates from the trigger, variables of the workload, Secrets,
ConfigMaps and external stores. Maré reads one Secret per broker.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from mare.convert.draft import Draft
from mare.convert.findings import Outcome
from mare.convert.origins import Objects, Workload, stored, variable
from mare.convert.secret import Access, Caution, Origin, uri
from mare.convert.tables import rules
from mare.documents.tree import Document, Path

AUTHENTICATIONS = ("TriggerAuthentication", "ClusterTriggerAuthentication")
KEDA_NAMESPACE = "keda"
"""The default namespace of the Secrets of a ClusterTriggerAuthentication."""
PARAMETERS: dict[str, dict[str, str]] = rules()["parameters"]
"""What becomes of each parameter, by outcome."""
TO_DO = PARAMETERS[Outcome.NEEDS_YOU]
STORES: dict[str, str] = rules()["stores"]
ENTRIES = ("secretTargetRef", "configMapTargetRef", "env", "filePath", "boundServiceAccountToken")
REPLACED = "brokerRef replaces it"
NO_URI = (
    "host is not a URI of amqp, amqps, http or https with user and password percent-encoded"
    " (# is %23, / is %2F)"
)


def read_access(
    draft: Draft,
    path: Path,
    objects: Objects,
    workload: Workload,
    *,
    needs_http: bool,
) -> Access | None:
    """Read how a trigger reaches its broker. None if it names no broker."""
    at, reference = (*path, "metadata"), (*path, "authenticationRef")
    metadata = draft.value(at) or {}
    namespace = draft.document.namespace
    name = draft.value((*reference, "name"))
    origins: dict[str, Origin] = {}
    cautions: list[Caution] = []
    if name:
        kind = draft.value((*reference, "kind")) or AUTHENTICATIONS[0]
        scope = namespace if kind == AUTHENTICATIONS[0] else None
        authentication = objects.find(kind, name, scope)
        if authentication is None:
            missing = f"{kind} {name} is not in the input; add it for a complete command"
            cautions.append(Caution(missing))
        else:
            objects.users[id(authentication)].append(draft)
            origins, cautions = _read_authentication(authentication, objects, workload)
    draft.absorb((*reference, "kind"), REPLACED)

    resolve = partial(variable, workload=workload, objects=objects)
    _convert_login(draft, at, origins, resolve)
    source: Path
    if "host" in metadata:
        source = (*at, "host")
        origins["host"] = Origin("the host in the trigger", text=metadata["host"])
    elif name and ("host" in origins or "hostFromEnv" not in metadata):
        source = (*reference, "name")
    elif "hostFromEnv" in metadata:
        source = (*at, "hostFromEnv")
        origins["host"] = resolve(metadata["hostFromEnv"])
    else:
        draft.problem("a rabbitmq trigger needs host, hostFromEnv or authenticationRef", path)
        return None
    if source[-1] != "hostFromEnv":
        draft.drop((*at, "hostFromEnv"), f"{source[-1]} takes precedence")
    if source[-1] != "name":
        draft.absorb((*reference, "name"), "its values are in the same Secret")
    if origins.get("host", Origin("")).text is not None and uri(origins) is None:
        draft.problem(NO_URI, source)
    protocol = _protocol(metadata, origins, needs_http=needs_http)
    cautions += _cautions(metadata, origins, protocol)
    return Access(
        source=source,
        remark=f"was: {draft.spelling(source)}",
        origins=origins,
        protocol=protocol,
        source_name=name if source[-1] == "name" else "",
        cautions=tuple(cautions),
    )


def _convert_login(
    draft: Draft, at: Path, origins: dict[str, Origin], resolve: Callable[[str], Origin]
) -> None:
    metadata = draft.value(at) or {}
    for parameter in ("username", "password"):
        name = f"{parameter}FromEnv"
        if parameter in origins:
            draft.drop((*at, name), "authenticationRef takes precedence")
        elif name in metadata:
            origins[parameter] = resolve(metadata[name])
            draft.absorb((*at, name), PARAMETERS[Outcome.TRANSLATED][parameter])
    if metadata.get("unsafeSsl") == "true" and "ca" not in origins:
        note = "Maré always verifies the broker: add its CA to the Secret as ca.crt"
        draft.need((*at, "unsafeSsl"), note)
        draft.edits.append("ca.crt in the Secret")
    draft.absorb((*at, "unsafeSsl"), "Maré always verifies the broker")


def _protocol(
    metadata: Mapping[str, str], origins: Mapping[str, Origin], *, needs_http: bool
) -> str | None:
    stated = metadata.get("protocol") or origins.get("protocol", Origin("")).text
    if stated in ("amqp", "http"):
        return stated
    parts = uri(origins)
    if parts is not None:
        return "http" if parts.scheme.startswith("http") else "amqp"
    if origins.get("host", Origin("")).cluster:
        return "amqp"
    return "http" if needs_http else None


def _cautions(
    metadata: Mapping[str, str], origins: Mapping[str, Origin], protocol: str | None
) -> Iterator[Caution]:
    vhost = "brokerRef.vhost in FILE"
    if "keyPassword" in origins:
        yield Caution(TO_DO["keyPassword"], "tls.key in the Secret")
    if "vhostName" in origins and "vhostName" not in metadata:
        yield Caution(f"set brokerRef.vhost to the value of {origins['vhostName'].place}", vhost)
    elif protocol == "http" and "vhostName" not in metadata and uri(origins) is None:
        path = "the decoded path of that URI after its last / (%2F is /), if there is one"
        yield Caution(f"set brokerRef.vhost to {path}", vhost)
    if protocol is None:
        note = "if it is an AMQP URI, KEDA counts ready messages only: add"
        yield Caution(
            f"{note} excludeUnacknowledged: true to the target",
            "excludeUnacknowledged: true in FILE if the URI is one of AMQP",
        )


def _read_authentication(
    document: Document, objects: Objects, workload: Workload
) -> tuple[dict[str, Origin], list[Caution]]:
    """Return where each parameter comes from, and what a command cannot do."""
    spec, own = document.root.mapping("spec"), document.namespace
    namespace, cautions = own, list[Caution]()
    if document.kind == AUTHENTICATIONS[1]:
        namespace = KEDA_NAMESPACE
        other = f"replace the namespace {KEDA_NAMESPACE} if KEDA is in another one"
        cautions.append(Caution(other))
    identity = spec.mapping("podIdentity").text("provider") or "none"
    if identity != "none" or spec.mapping("oauth2").entries:
        cautions.append(Caution(TO_DO["workloadIdentityResource"]))
    origins: dict[str, Origin] = {}
    for part, kind in (("secretTargetRef", "Secret"), ("configMapTargetRef", "ConfigMap")):
        for entry in spec.mappings(part):
            parameter = entry.text("parameter") or ""
            name, key = entry.text("name") or "", entry.text("key") or ""
            is_own = namespace == own
            origins[parameter] = stored(objects, kind, name, key, namespace, is_own=is_own)
    for entry in spec.mappings("env"):
        container = replace(workload, container=entry.text("containerName"))
        found = variable(entry.text("name") or "", container, objects)
        origins[entry.text("parameter") or ""] = found
    for part, store in STORES.items():
        for entry in spec.mapping(part).mappings("secrets"):
            origins[entry.text("parameter") or ""] = Origin(store)
    for part in ("filePath", "boundServiceAccountToken"):
        for entry in spec.mappings(part):
            origins[entry.text("parameter") or ""] = Origin(f"{part} of KEDA's pod")
    return origins, cautions


def convert_authentication(draft: Draft, users: list[Draft]) -> None:
    if not users:
        draft.leave_out((), "no converted object uses it")
        return
    draft.check(AUTHENTICATIONS[0])
    see = f"see {users[0].document.kind} {users[0].document.name}"
    for part in ENTRIES:
        for index, entry in enumerate(draft.value(("spec", part)) or ()):
            parameter = str((entry or {}).get("parameter"))
            at = ("spec", part, index)
            if parameter in TO_DO:
                draft.need(at, f"{parameter}: {TO_DO[parameter]}; {see}")
            unread = f"the RabbitMQ trigger does not read {parameter}"
            draft.absorb(at, PARAMETERS[Outcome.TRANSLATED].get(parameter, unread))
    for part, store in STORES.items():
        draft.need(f"spec.{part}", f"add the values of {store} to Maré's Secret; {see}")
    if draft.value("spec.podIdentity.provider") == "none":
        draft.absorb("spec.podIdentity.provider", "no cloud identity is used")
    draft.apply_rules(AUTHENTICATIONS[0])
