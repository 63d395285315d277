"""Reads how a trigger of KEDA reaches its broker, and converts TriggerAuthentications.

KEDA gathers URI, login and certificates from the trigger, variables of the workload, Secrets,
ConfigMaps and external stores. Maré reads one Secret per broker.
"""

import base64
import binascii
from collections import defaultdict
from collections.abc import Mapping

from mare.convert.draft import Draft, rules
from mare.convert.secret import Access, Origin, kubectl, uri
from mare.documents.tree import Document, Path

AUTHENTICATIONS = ("TriggerAuthentication", "ClusterTriggerAuthentication")
KEDA_NAMESPACE = "keda"
"""The default namespace of the Secrets of a ClusterTriggerAuthentication."""
LOGIN = "Maré logs in by password or certificate: create such a user in RabbitMQ"
PARAMETERS: dict[str, str] = rules()["parameters"]
STORES: dict[str, str] = rules()["stores"]
ENTRIES = ("secretTargetRef", "configMapTargetRef", "env", "filePath", "boundServiceAccountToken")
REPLACED = "a Secret replaces it"


class Objects:
    """Finds Secrets and TriggerAuthentications in the input."""

    def __init__(self, documents: list[Document]) -> None:
        self._documents = documents
        self.users: dict[int, list[Draft]] = defaultdict(list)
        """The objects that use a document, by its identity."""

    def find(self, kind: str, name: str, namespace: str | None) -> Document | None:
        """An object by name. No namespace means the current one, which matches any."""
        for document in self._documents:
            same_namespace = (
                None in (document.namespace, namespace) or document.namespace == namespace
            )
            if (document.kind, document.name) == (kind, name) and same_namespace:
                return document
        return None


def read_access(
    draft: Draft,
    path: Path,
    objects: Objects,
    container: str | None,
    workload: str,
    *,
    needs_http: bool,
) -> Access | None:
    """Read how a trigger reaches its broker. None if it names no broker."""
    at, reference = (*path, "metadata"), (*path, "authenticationRef")
    metadata = draft.value(at) or {}
    namespace = draft.document.namespace
    name = draft.value((*reference, "name"))
    kind = draft.value((*reference, "kind")) or AUTHENTICATIONS[0]
    draft.absorb((*reference, "kind"), REPLACED)
    scope = namespace if kind == AUTHENTICATIONS[0] else None
    authentication = objects.find(kind, name, scope) if name else None
    origins: dict[str, Origin] = {}
    if authentication is not None:
        objects.users[id(authentication)].append(draft)
        origins = _read_authentication(authentication, objects, workload)
    _read_login(draft, at, origins, container, workload)
    source: Path
    if "host" in metadata:
        source = (*at, "host")
        origins["host"] = Origin("the host in the trigger", text=metadata["host"])
    elif name and ("host" in origins or "hostFromEnv" not in metadata):
        source = (*reference, "name")
    elif "hostFromEnv" in metadata:
        source = (*at, "hostFromEnv")
        variable = metadata["hostFromEnv"]
        origins["host"] = _variable(variable, container, workload, namespace)
    else:
        draft.problem("a rabbitmq trigger needs host, hostFromEnv or authenticationRef", path)
        return None
    if source[-1] != "hostFromEnv":
        draft.drop((*at, "hostFromEnv"), f"{source[-1]} takes precedence")
    if source[-1] != "name":
        draft.need((*reference, "name"), "add its values to the same Secret")
    _convert_tls(draft, at, metadata.get("unsafeSsl"))
    if origins.get("host", Origin("")).text is not None and uri(origins) is None:
        draft.problem("host is not a URI of amqp, amqps, http or https", source)
    protocol = _protocol(metadata, origins, needs_http=needs_http)
    return Access(
        source=source,
        remark=f"was: {draft.spelling(source)}",
        origins=origins,
        protocol=protocol,
        source_name=name if source[-1] == "name" else "",
        cautions=tuple(_cautions(name, authentication, origins, metadata, protocol)),
    )


def _read_login(
    draft: Draft, at: Path, origins: dict[str, Origin], container: str | None, workload: str
) -> None:
    for parameter in ("username", "password"):
        path = (*at, f"{parameter}FromEnv")
        name = draft.value(path)
        if name and parameter in origins:
            draft.drop(path, "authenticationRef takes precedence")
        elif name:
            namespace = draft.document.namespace
            origins[parameter] = _variable(name, container, workload, namespace)
            draft.need(path, PARAMETERS[parameter])


def _convert_tls(draft: Draft, at: Path, unsafe: str | None) -> None:
    if unsafe == "true":
        note = "Maré always verifies the broker: add its CA to the Secret as ca.crt"
        draft.need((*at, "unsafeSsl"), note)
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
    return "http" if needs_http else None


def _cautions(
    name: str | None,
    authentication: Document | None,
    origins: Mapping[str, Origin],
    metadata: Mapping[str, str],
    protocol: str | None,
) -> list[str]:
    found = []
    if name and authentication is None:
        found.append(f"{name} is not in the input; add it for a complete command")
    if authentication is not None:
        spec = authentication.root.mapping("spec")
        if authentication.kind == AUTHENTICATIONS[1]:
            found.append(f"replace the namespace {KEDA_NAMESPACE} if KEDA is in another one")
        identity = spec.mapping("podIdentity").text("provider") or "none"
        if identity != "none" or spec.mapping("oauth2").entries:
            found.append(LOGIN)
    if "keyPassword" in origins:
        found.append(PARAMETERS["keyPassword"])
    if "vhostName" in origins and "vhostName" not in metadata:
        found.append(f"set brokerRef.vhost to the value of {origins['vhostName'].place}")
    elif protocol == "http" and "vhostName" not in metadata and uri(origins) is None:
        found.append("set brokerRef.vhost to the part of that URI after the last /")
    if protocol is None:
        found.append(
            "if it is an AMQP URI, KEDA counts ready messages only: add"
            " excludeUnacknowledged: true to the target"
        )
    return found


def _read_authentication(document: Document, objects: Objects, workload: str) -> dict[str, Origin]:
    spec, own = document.root.mapping("spec"), document.namespace
    namespace = KEDA_NAMESPACE if document.kind == AUTHENTICATIONS[1] else own
    origins: dict[str, Origin] = {}
    for part, kind in (("secretTargetRef", "Secret"), ("configMapTargetRef", "ConfigMap")):
        for entry in spec.mappings(part):
            name, key = entry.text("name") or "", entry.text("key") or ""
            secret = objects.find("Secret", name, namespace) if kind == "Secret" else None
            path = f"jsonpath={{.data.{key.replace('.', chr(92) + '.')}}}"
            command = kubectl(namespace, "get", kind.lower(), name, "-o", path)
            origins[entry.text("parameter") or ""] = Origin(
                place=f"{kind} {name}, key {key}",
                command=f"{command} | base64 -d" if kind == "Secret" else command,
                text=_secret_value(secret, key),
            )
    for entry in spec.mappings("env"):
        variable = _variable(entry.text("name") or "", entry.text("containerName"), workload, own)
        origins[entry.text("parameter") or ""] = variable
    for part, store in STORES.items():
        for entry in spec.mapping(part).mappings("secrets"):
            origins[entry.text("parameter") or ""] = Origin(store)
    for part in ("filePath", "boundServiceAccountToken"):
        for entry in spec.mappings(part):
            origins[entry.text("parameter") or ""] = Origin(f"{part} of KEDA's pod")
    return origins


def _variable(name: str, container: str | None, workload: str, namespace: str | None) -> Origin:
    within = ("-c", container) if container else ()
    command = kubectl(namespace, "exec", workload, *within, "--", "printenv", name)
    place = f"variable {name} of {workload}" + (f", container {container}" if container else "")
    return Origin(place, rf"{command} | tr -d '\n'", is_variable=True)


def _secret_value(secret: Document | None, key: str) -> str | None:
    """A value of a Secret in the input. It is never printed."""
    if secret is None:
        return None
    written = secret.root.mapping("stringData").text(key)
    encoded = secret.root.mapping("data").text(key)
    if written is not None or encoded is None:
        return written
    try:
        return base64.b64decode(encoded, validate=True).decode().strip()
    except (binascii.Error, ValueError):
        return None


def convert_authentication(draft: Draft, users: list[Draft]) -> None:
    if not users:
        draft.drop((), "no converted object uses it")
        return
    draft.check(AUTHENTICATIONS[0])
    see = f"see {users[0].document.kind} {users[0].document.name}"
    for part in ENTRIES:
        for index, entry in enumerate(draft.value(("spec", part)) or ()):
            parameter = (entry or {}).get("parameter")
            at = ("spec", part, index)
            if parameter in ("protocol", "tls"):
                draft.absorb(at, PARAMETERS[parameter])
            elif parameter in PARAMETERS:
                draft.need(at, f"{parameter}: {PARAMETERS[parameter]}; {see}")
            else:
                draft.drop(at, f"the RabbitMQ trigger does not read {parameter}")
    for part, store in STORES.items():
        draft.need(f"spec.{part}", f"add the values of {store} to Maré's Secret; {see}")
    if draft.value("spec.podIdentity.provider") == "none":
        draft.absorb("spec.podIdentity.provider", "no cloud identity is used")
    draft.apply_rules(AUTHENTICATIONS[0])
