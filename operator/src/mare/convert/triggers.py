"""A RabbitMQ trigger of KEDA, read and checked as KEDA 2.21 does.

Source: pkg/scalers/rabbitmq_scaler.go and its documentation. Settled here is what concerns the
trigger alone; the rest is for `queues`, `targets` and `broker`, which see all triggers together.
"""

from dataclasses import dataclass

from mare.convert.access import read_access
from mare.convert.broker import Access
from mare.convert.draft import Draft, Field
from mare.convert.findings import named
from mare.convert.lookup import Lookup
from mare.convert.reading import Parameters, Section

QUEUE_LENGTH = "QueueLength"
MODES = (
    QUEUE_LENGTH,
    "MessageRate",
    "DeliverGetRate",
    "PublishedToDeliveredRatio",
    "ExpectedQueueConsumptionTime",
)
DEFAULT_LENGTH = 20
OPERATIONS = ("sum", "avg", "max")
LONGEST = 255
"""Of the name of a queue or a virtual host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What one trigger looks at; its fields are settled by those who see all triggers."""

    line: int
    queue: Field[str]
    regex: bool
    mode: Field[str] | None
    value: Field[float] | None
    """`value` or the deprecated `queueLength`; None for KEDA's default."""
    activation: Field[float] | None
    metric_type: Field[str] | None
    exclude: Field[bool] | None
    protocol: Field[str] | None
    vhost: Field[str] | None
    access: Access

    @property
    def mode_name(self) -> str:
        return self.mode.value if self.mode is not None else QUEUE_LENGTH

    @property
    def metric_type_name(self) -> str:
        return self.metric_type.value if self.metric_type is not None else "AverageValue"


def read_trigger(
    draft: Draft, section: Section, lookup: Lookup, container: str | None, workload: str
) -> Trigger | None:
    """The trigger, None if it is not complete."""
    metadata = section.parameters("metadata")
    queue = metadata.text("queueName", LONGEST, needed_by="a rabbitmq trigger")
    mode = metadata.option("mode", MODES)
    regex, exclude = metadata.flag("useRegex"), metadata.flag("excludeUnacknowledged")
    if regex is not None:
        says = "the entries of queues say it" if regex.value else "queueName is a name"
        draft.absorb(regex, says)
    http_only = [f"mode {mode.value}"] if mode is not None and mode.value != QUEUE_LENGTH else []
    for flag in (regex, exclude):
        http_only += [named(flag.path)] if flag is not None and flag.value else []
    access = read_access(
        draft,
        section,
        metadata,
        lookup,
        container=container,
        workload=workload,
        needs_http=bool(http_only),
    )
    if access is not None and access.protocol == "amqp" and http_only:
        draft.problem(section.line, f"KEDA refuses {http_only[0]} over AMQP, it needs http")
    timeout = metadata.number("timeout")
    if access is not None and access.protocol == "amqp" and timeout is not None and timeout.value:
        draft.problem(section.line, "KEDA refuses timeout over AMQP; remove it")
    use_regex = regex is not None and regex.value
    _settle_the_rest(draft, section, metadata, regex=use_regex)
    value = _value(draft, section, metadata, mode)
    protocol = metadata.option("protocol", ("auto", "amqp", "http"))
    if queue is None or access is None:
        return None
    return Trigger(
        line=section.line,
        queue=queue,
        regex=use_regex,
        mode=mode,
        value=value,
        activation=metadata.number("activationValue"),
        metric_type=section.choice("metricType", ("AverageValue", "Value")),
        exclude=exclude,
        protocol=protocol,
        vhost=metadata.text("vhostName", LONGEST),
        access=access,
    )


def _value(
    draft: Draft, section: Section, metadata: Parameters, mode: Field[str] | None
) -> Field[float] | None:
    """The value by KEDA's rules for the old and the new way to give it."""
    value = _not_zero(draft, metadata.number("value"))
    length = _not_zero(draft, metadata.number("queueLength"))
    if length is not None and (mode is not None or value is not None):
        draft.problem(length.line, "KEDA refuses queueLength beside mode and value; remove it")
    elif mode is None and value is not None:
        draft.problem(section.line, "KEDA refuses value without mode; add mode")
    elif mode is not None and value is None:
        draft.problem(section.line, "KEDA refuses mode without value; add value")
    return value or length


def _not_zero(draft: Draft, field: Field[float] | None) -> Field[float] | None:
    if field is not None and field.value == 0:
        draft.absorb(field, "KEDA reads 0 as absent")
        return None
    return field


def _settle_the_rest(draft: Draft, section: Section, metadata: Parameters, *, regex: bool) -> None:
    """What has no bearing on queues, target or broker."""
    kind, name = section.text("type"), section.text("name")
    if kind is not None:
        draft.absorb(kind, "a QueueAutoscaler is about RabbitMQ")
    if name is not None:
        draft.drop(name, "Maré's metrics name the queue instead")
    cached = section.boolean("useCachedMetrics")
    if cached is not None:
        draft.drop(cached, "one reading serves all objects, each second or more often")
    effects = {
        "metricName": "KEDA ignores it as well",
        "pageSize": "Maré reads all pages",
        "timeout": "Maré has its own limit for an answer of the broker",
    }
    for parameter, effect in effects.items():
        field = metadata.text(parameter)
        if field is not None:
            draft.drop(field, effect)
    operation = metadata.option("operation", OPERATIONS)
    if operation is None:
        return
    if not regex or operation.value == "sum":
        draft.absorb(operation, "the queues of one object are added up")
    else:
        way = operation.value
        draft.refuse(operation, f"Maré adds queues up, it has no {way}; write a trigger for each")
