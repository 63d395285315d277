"""How a RabbitMQ trigger of KEDA reaches its broker."""

from mare.convert.authentication import KEDA_NAMESPACE, KINDS, LOGIN, PARAMETERS, Authentication
from mare.convert.broker import Access
from mare.convert.draft import Draft, Field
from mare.convert.lookup import Lookup
from mare.convert.origins import Origin, Variable, Written, described, uri
from mare.convert.reading import Parameters, Section

UNSAFE = "Maré always verifies the broker: put its CA into the Secret as ca.crt"
VHOST_UNSEEN = "write what stands behind the last / of that URI to brokerRef.vhost"
UNSEEN = (
    "if it is an AMQP URI, KEDA counts ready messages only: add excludeUnacknowledged: true"
    " to the target"
)


def read_access(
    draft: Draft,
    trigger: Section,
    metadata: Parameters,
    lookup: Lookup,
    *,
    container: str | None,
    workload: str,
    needs_http: bool,
) -> Access | None:
    """The access of a trigger; settles what of it is not the source. None if it has no host."""
    host, variable = metadata.text("host"), metadata.text("hostFromEnv")
    name, authentication = _authentication(draft, trigger, lookup, workload)
    origins = dict(authentication.parameters if authentication is not None else {})
    _add_login(draft, metadata, origins, container, workload)
    source = host or (name if "host" in origins else None) or variable or name
    if source is None:
        says = "a rabbitmq trigger needs host, hostFromEnv or authenticationRef"
        draft.problem(trigger.line, says)
        return None
    if source is host and host is not None:
        origins["host"] = Written(host.value)
    elif source is variable and variable is not None:
        namespace = draft.document.namespace
        origins["host"] = Variable(variable.value, container, workload, namespace)
    if variable is not None and source is not variable:
        draft.drop(variable, f"{source.path[-1]} goes before it")
    if name is not None and source is not name:
        draft.need(name, "bring what it gives into the same Secret")
    unsafe = metadata.flag("unsafeSsl")
    if unsafe is not None and unsafe.value:
        draft.need(unsafe, UNSAFE)
    elif unsafe is not None:
        draft.absorb(unsafe, "Maré always verifies the broker")
    host_text = lookup.value(origins.get("host"))
    if host_text is not None and uri(host_text) is None:
        draft.problem(source.line, "host is not a URI of amqp, amqps, http or https")
    protocol = _protocol(metadata, lookup, origins, host_text, needs_http=needs_http)
    own_vhost = metadata.text("vhostName") is not None
    cautions = _cautions(name, authentication, origins, own_vhost=own_vhost)
    if protocol == "http" and host_text is None and not own_vhost and "vhostName" not in origins:
        cautions.append(VHOST_UNSEEN)
    return Access(
        origins=origins,
        protocol=protocol,
        host_text=host_text,
        source=source,
        source_name=name.value if name is not None and source is name else "",
        cautions=(*cautions, *((UNSEEN,) if protocol is None else ())),
    )


def _authentication(
    draft: Draft, trigger: Section, lookup: Lookup, workload: str
) -> tuple[Field[str] | None, Authentication | None]:
    reference = trigger.section("authenticationRef")
    kind, name = reference.choice("kind", KINDS), reference.text("name")
    if kind is not None:
        draft.absorb(kind, "a Secret takes its place")
    if name is None:
        return None, None
    kind_name = kind.value if kind is not None else KINDS[0]
    return name, lookup.authentication(
        kind_name, name.value, user=draft.document, workload=workload
    )


def _add_login(
    draft: Draft,
    metadata: Parameters,
    origins: dict[str, Origin],
    container: str | None,
    workload: str,
) -> None:
    """User and password from variables; a TriggerAuthentication goes before them."""
    for parameter in ("username", "password"):
        variable = metadata.text(f"{parameter}FromEnv")
        if variable is None:
            continue
        if parameter in origins:
            draft.drop(variable, "authenticationRef goes before it")
            continue
        namespace = draft.document.namespace
        origins[parameter] = Variable(variable.value, container, workload, namespace)
        draft.need(variable, PARAMETERS[parameter])


def _protocol(
    metadata: Parameters,
    lookup: Lookup,
    origins: dict[str, Origin],
    host_text: str | None,
    *,
    needs_http: bool,
) -> str | None:
    field = metadata.option("protocol", ("auto", "amqp", "http"))
    said = field.value if field is not None else lookup.value(origins.get("protocol"))
    if said in ("amqp", "http"):
        return said
    parts = uri(host_text)
    if parts is not None:
        return "http" if parts.scheme.startswith("http") else "amqp"
    return "http" if needs_http else None


def _cautions(
    name: Field[str] | None,
    authentication: Authentication | None,
    origins: dict[str, Origin],
    *,
    own_vhost: bool,
) -> list[str]:
    cautions = []
    if name is not None and authentication is None:
        cautions.append(f"{name.value} is not among the input, give it as well for a full command")
    if authentication is not None and authentication.kind == KINDS[1]:
        cautions.append(f"the namespace {KEDA_NAMESPACE} is KEDA's own, change it if yours differs")
    if authentication is not None and authentication.foreign_login:
        cautions.append(LOGIN)
    if "keyPassword" in origins:
        cautions.append(PARAMETERS["keyPassword"])
    if "vhostName" in origins and not own_vhost:
        cautions.append(f"set brokerRef.vhost to what {described(origins['vhostName'])} says")
    return cautions
