"""TriggerAuthentication: what it gives to a trigger, and what becomes of it.

Maré reads one Secret for each broker, with fixed keys. So everything that a TriggerAuthentication
gathers has to be brought there once; the command for it stands at the object that needs it.
"""

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass

from mare.convert.draft import Draft
from mare.convert.findings import Outcome, Result
from mare.convert.origins import Elsewhere, Origin, Stored, Variable
from mare.convert.reading import Section
from mare.documents.tree import Document

KINDS = ("TriggerAuthentication", "ClusterTriggerAuthentication")
KEDA_NAMESPACE = "keda"
"""Where the Secrets of a ClusterTriggerAuthentication lie unless KEDA is told otherwise."""
STORES = {
    "hashiCorpVault": "HashiCorp Vault",
    "azureKeyVault": "Azure Key Vault",
    "gcpSecretManager": "Google Secret Manager",
    "awsSecretManager": "AWS Secrets Manager",
}
KEDA_ONLY = {
    "filePath": "a file in KEDA's pod",
    "boundServiceAccountToken": "a token of a service account",
}
PARAMETERS = {
    "host": "it becomes the URI in Maré's Secret",
    "username": "it becomes a part of the URI in Maré's Secret",
    "password": "it becomes a part of the URI in Maré's Secret",
    "ca": "it becomes ca.crt in Maré's Secret",
    "cert": "it becomes tls.crt in Maré's Secret",
    "key": "it becomes tls.key in Maré's Secret",
    "keyPassword": "Maré reads no encrypted key: decrypt it with openssl pkey",
    "vhostName": "write it to brokerRef.vhost, unless amqp-uri has it",
    "protocol": "Maré's Secret has a key for each protocol, amqp-uri and management-uri",
    "tls": "an amqps or https URI in Maré's Secret says it",
    "workloadIdentityResource": "Maré logs in with a name and password, or a certificate",
}
LOGIN = "Maré logs in with a name and password, or a certificate: make it a user in RabbitMQ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What a TriggerAuthentication gives: an origin for each parameter of the trigger."""

    kind: str
    name: str
    parameters: AnyMapping[str, Origin]
    foreign_login: bool
    """Whether it logs in by a cloud's identity or OAuth 2."""


def read_authentication(document: Document, workload: str) -> Authentication:
    """Read it for a trigger that scales the workload, named as kubectl does."""
    spec = document.root.mapping("spec")
    cluster = document.kind == "ClusterTriggerAuthentication"
    namespace = KEDA_NAMESPACE if cluster else document.namespace
    parameters: dict[str, Origin] = {}
    for part, kind in (("secretTargetRef", "Secret"), ("configMapTargetRef", "ConfigMap")):
        for entry in spec.mappings(part):
            stored = Stored(kind, entry.text("name") or "", entry.text("key") or "", namespace)
            parameters[entry.text("parameter") or ""] = stored
    for entry in spec.mappings("env"):
        name, container = entry.text("name") or "", entry.text("containerName")
        variable = Variable(name, container, workload, document.namespace)
        parameters[entry.text("parameter") or ""] = variable
    for part, store in STORES.items():
        for entry in spec.mapping(part).mappings("secrets"):
            parameters[entry.text("parameter") or ""] = Elsewhere(store)
    for part, place in KEDA_ONLY.items():
        for entry in spec.mappings(part):
            parameters[entry.text("parameter") or ""] = Elsewhere(place)
    identity = spec.mapping("podIdentity").text("provider") or "none"
    return Authentication(
        kind=document.kind,
        name=document.name,
        parameters=parameters,
        foreign_login=identity != "none" or bool(spec.mapping("oauth2").entries),
    )


def convert_authentication(document: Document, users: list[str]) -> Result:
    """What becomes of it, given the titles of the converted objects that use it."""
    draft = Draft(document)
    if not users:
        draft.settle_below((), Outcome.DROPPED, "nothing that was converted uses it")
        return draft.result()
    root = Section(draft, (), document.root)
    spec = root.section("spec")
    for path in (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")):
        draft.settle_below(path, Outcome.TRANSLATED, "a Secret takes its place")
    for name in ("metadata", "status"):
        draft.settle_below((name,), Outcome.DROPPED, "the Secret is made without it")
    see = f"see {users[0]}"
    for part in ("secretTargetRef", "configMapTargetRef", "env", *KEDA_ONLY):
        for entry in spec.sections(part):
            _convert_entry(draft, entry, see)
    for part, store in STORES.items():
        draft.ask(spec.path, part)
        says = f"bring what is in {store} into Maré's Secret; {see}"
        draft.settle_below((*spec.path, part), Outcome.NEEDS_YOU, says)
    identity = spec.section("podIdentity").text("provider")
    if identity is not None and identity.value == "none":
        draft.absorb(identity, "no cloud's identity is used")
    for part in ("podIdentity", "oauth2"):
        draft.ask(spec.path, part)
        draft.settle_below((*spec.path, part), Outcome.NEEDS_YOU, LOGIN)
    return draft.result()


def _convert_entry(draft: Draft, entry: Section, see: str) -> None:
    parameter = entry.text("parameter", needed_by="an entry")
    names = ("name", "key", "containerName", "path", "serviceAccountName")
    others = [field for field in map(entry.text, names) if field is not None]
    if parameter is None:
        return
    fields, says = [parameter, *others], PARAMETERS.get(parameter.value)
    if says is None:
        says = f"the RabbitMQ trigger does not read {parameter.value}"
        draft.settle_together(fields, Outcome.DROPPED, says, entry.path)
    elif parameter.value in ("protocol", "tls"):
        draft.settle_together(fields, Outcome.TRANSLATED, says, entry.path)
    else:
        says = f"{parameter.value}: {says}; {see}"
        draft.settle_together(fields, Outcome.NEEDS_YOU, says, entry.path)
