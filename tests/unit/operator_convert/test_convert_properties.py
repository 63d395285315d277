import math
from typing import Any

import yaml
from celpy import Environment
from hypothesis import given, settings
from hypothesis import strategies as st

from mare.convert.conversion import Conversion, convert
from mare.convert.findings import Outcome
from mare.convert.report import data, manifests, text
from mare.custom_resource.spec import read_spec
from mare.documents.tree import InputError
from mare.domain.decide import decide
from mare.domain.history import History
from mare.domain.observation import Observation, QueueReading, Workload
from mare.domain.spec import ScalingSpec
from tests.unit.examples import examples
from tests.unit.operator_convert.inputs import faults
from tests.unit.operator_convert.scaledobjects import NAMES, scaledobjects, tampered

many = settings(max_examples=examples(40), deadline=None)

# celpy raises the recursion limit at its first use; hypothesis reports a change within a test.
Environment().compile("true")


def converted(scaledobject: dict[str, Any], **style: Any) -> Conversion:
    source = yaml.dump(scaledobject, Dumper=yaml.CSafeDumper, **style)
    return convert([("input.yaml", source)])


def values(node: Any) -> int:
    """How many values an object has: what is not a mapping or list with something in it."""
    if isinstance(node, dict) and node:
        return sum(values(child) for child in node.values())
    if isinstance(node, list) and node:
        return sum(values(child) for child in node)
    return 1


def manifest_of(conversion: Conversion) -> dict[str, Any]:
    [result] = conversion.converted
    assert result.manifest is not None
    return result.manifest.data()


@many
@given(scaledobjects(), st.booleans())
def test_every_value_of_a_scaledobject_ends_in_exactly_one_class(
    scaledobject: dict[str, Any], flow
):
    conversion = converted(scaledobject, default_flow_style=flow)
    [result] = conversion.results
    assert conversion.outcomes.total() == values(scaledobject)
    assert len({finding.path for finding in result.findings}) == len(result.findings)
    assert len(data(conversion)["report"][0]["values"]) == values(scaledobject)


@many
@given(scaledobjects())
def test_what_keda_accepts_and_mare_can_express_is_not_refused(scaledobject: dict[str, Any]):
    conversion = converted(scaledobject)
    assert not conversion.outcomes[Outcome.REFUSED], text(conversion, detailed=True)
    assert conversion.exit_code == 2, "a host with a password always needs a person"


@many
@given(scaledobjects())
def test_the_output_is_what_the_api_server_accepts_and_no_password_leaves_the_converter(
    scaledobject: dict[str, Any],
):
    conversion = converted(scaledobject)
    manifest = manifest_of(conversion)
    assert not faults(manifest)
    assert yaml.safe_load(manifests(conversion)) == manifest
    everything = text(conversion, detailed=True) + manifests(conversion) + str(data(conversion))
    assert "u:pw" not in everything


@settings(max_examples=examples(100), deadline=None)
@given(tampered())
def test_junk_anywhere_is_accounted_for_and_never_gives_an_invalid_object(
    scaledobject: dict[str, Any],
):
    try:
        conversion = converted(scaledobject)
    except InputError:  # junk such as -1 is no name, and could be an option of a command
        return
    assert conversion.outcomes.total() == values(scaledobject)
    if conversion.converted:
        assert not faults(manifest_of(conversion))
    else:
        assert conversion.exit_code == 1
        assert conversion.outcomes[Outcome.REFUSED] == conversion.outcomes.total()
        assert ": refused: " in text(conversion, detailed=True)
    assert "has no rule for it" not in text(conversion, detailed=True)


@many
@given(scaledobjects(), NAMES, st.data())
def test_an_unknown_field_is_refused_by_its_name(
    scaledobject: dict[str, Any], name: str, chooser: st.DataObject
):
    name = f"x{name}"
    places = [
        scaledobject,
        scaledobject["metadata"],
        scaledobject["spec"],
        scaledobject["spec"]["scaleTargetRef"],
        scaledobject["spec"]["triggers"][0],
        scaledobject["spec"]["triggers"][0]["metadata"],
    ]
    chooser.draw(st.sampled_from(places))[name] = "y"
    conversion = converted(scaledobject)
    assert not conversion.converted
    assert "is not a known field" in text(conversion, detailed=True)


@many
@given(scaledobjects())
def test_each_line_of_the_report_points_to_the_line_of_the_input(scaledobject: dict[str, Any]):
    source = yaml.safe_dump(scaledobject, width=10**6).splitlines()
    [result] = converted(scaledobject, width=10**6).results
    for finding in result.findings:
        if isinstance(finding.path[-1], str) and '"' not in source[finding.line - 1]:
            assert str(finding.path[-1]) in source[finding.line - 1]


@many
@given(scaledobjects(), st.data())
def test_an_idle_workload_is_activated_to_the_final_count_of_keda(
    scaledobject: dict[str, Any], chooser: st.DataObject
):
    """Decided by the operator's own rules, against KEDA's sum for the same messages."""
    spec = scaledobject["spec"]
    spec["triggers"] = triggers = [t for t in spec["triggers"] if t["type"] == "rabbitmq"]
    scaledobject["metadata"].pop("annotations", None)
    idle_replicas = spec.get("idleReplicaCount", 0)
    by_length = all(t["metadata"].get("mode", "QueueLength") == "QueueLength" for t in triggers)
    if not by_length or (spec["minReplicaCount"] > 0 and "idleReplicaCount" not in spec):
        return
    names = sorted({t["metadata"]["queueName"] for t in triggers})
    depths = {name: chooser.draw(st.integers(0, 500)) for name in names}
    ours = read_spec(manifest_of(converted(scaledobject))["spec"])
    count = _decided(ours, idle_replicas, depths)
    keda = _keda(spec, depths)
    if ours.always_active:
        assert keda is not None, "KEDA is always above a negative activationValue"
    elif keda is None and len(names) > 1:
        assert count == idle_replicas or sum(depths.values()) > ours.activation_threshold
    else:
        assert count == (idle_replicas if keda is None else keda)


def _decided(spec: ScalingSpec, current: int, depths: dict[str, int]) -> int:
    now = 1000.0
    queues = tuple(
        QueueReading(
            name=name,
            entries=(name,),
            read_at=now,
            ready=ready,
            consumers=0,
            statistics_at=now,
            unacknowledged=0,
        )
        for name, ready in depths.items()
    )
    observation = Observation(workload=Workload(replicas=current, ready=current), queues=queues)
    decision, _ = decide(spec, observation, History.begin(now, current), now)
    return decision.replicas


def _keda(spec: dict[str, Any], depths: dict[str, int]) -> int | None:
    """The count at which KEDA and its HPA end; None if no trigger is active."""
    proposals = []
    active = False
    for trigger in spec["triggers"]:
        metadata = trigger["metadata"]
        value = float(metadata.get("value", metadata.get("queueLength", 20)))
        proposals.append(math.ceil(depths[metadata["queueName"]] / value))
        active |= depths[metadata["queueName"]] > float(metadata.get("activationValue", 0))
    least, most = max(1, spec["minReplicaCount"]), spec.get("maxReplicaCount", 100)
    return min(max(least, *proposals), most) if active else None
