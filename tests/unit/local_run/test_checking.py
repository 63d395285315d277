"""Without an API server a spec is completed and refused as one would, by the same definition."""

from typing import Any

import pytest

from mare.custom_resource.checking import check
from mare.documents.schema import Checked
from tests.integration.operator_crd.specs import MORNING, SMALLEST, aimed, behaving, spec
from tests.integration.operator_crd.test_crd_bounds import BOUNDS
from tests.integration.operator_crd.test_crd_rules import GOOD_TARGETS, NEEDED, OWNED, RULES
from tests.integration.operator_crd.test_crd_values import CHOICES, _saying


def places(checked: Checked) -> dict[str, str]:
    """Sentences by places, written as the API server writes them."""
    return {_place(mistake.path): mistake.sentence for mistake in checked.mistakes}


def _place(path) -> str:
    return "spec" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)


@pytest.mark.parametrize(("bad", "field", "sentence"), RULES)
def test_a_contradiction_is_refused_with_the_same_sentence(bad, field, sentence):
    assert places(check(bad)) == {field: sentence}


@pytest.mark.parametrize(("kind", "sentence"), NEEDED)
def test_a_target_without_its_number_is_refused(kind, sentence):
    assert places(check(aimed(kind))) == {"spec.target": sentence}
    assert places(check(spec(targets=[{}, {"type": kind}]))) == {"spec.targets[1]": sentence}


@pytest.mark.parametrize("kind", GOOD_TARGETS)
@pytest.mark.parametrize(("field", "owners", "sentence"), OWNED)
def test_a_field_goes_only_with_its_types_of_target(kind, field, owners, sentence):
    target = {"type": kind, **GOOD_TARGETS[kind], **field}
    checked = check(spec(target=target))
    if kind in owners:
        assert checked.value["target"] == target
        assert checked.mistakes == ()
    else:
        assert places(checked) == {"spec.target": sentence}


@pytest.mark.parametrize("field", BOUNDS)
def test_the_same_bounds_are_good_and_what_lies_beyond_is_not(field):
    bounds = BOUNDS[field]
    for good in (bounds.lowest or 0, bounds.highest):
        assert check(bounds.having(good)).mistakes == ()
    for beyond in (*bounds.too_low, bounds.highest + 1):
        assert field in places(check(bounds.having(beyond)))


@pytest.mark.parametrize("beyond", [float("nan"), float("inf"), 10**400])
@pytest.mark.parametrize("field", ["minReplicas", "idle.cooldownSeconds", "target.waitSeconds"])
def test_numbers_that_json_lacks_are_refused(field, beyond):
    place = f"spec.{field}"
    assert "number, without quotes" in places(check(BOUNDS[place].having(beyond)))[place]


@pytest.mark.parametrize("field", CHOICES)
def test_a_word_that_is_none_of_the_choices_is_refused_and_they_are_named(field):
    sentence = f"has to be one of {', '.join(CHOICES[field])}"
    found = places(check(_saying(field, "max")))
    assert found.keys() == {field}
    assert found[field].partition("; did you mean")[0] == sentence


def test_defaults_are_filled_in():
    assert check(SMALLEST).value == {
        **SMALLEST,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"},
        "minReplicas": 0,
        "onDelete": "Keep",
        "activation": {"threshold": 0, "mode": "Auto"},
        "idle": {"cooldownSeconds": 60},
        "stalenessSeconds": 15,
        "dryRun": False,
    }


def test_defaults_are_filled_in_where_something_was_begun_but_for_lists_and_targets():
    begun = check(spec(target={}, victims={}, schedules=[MORNING])).value
    assert begun["victims"] == {"policy": "IdleFirst", "maxDrainWaitSeconds": 300}
    assert (begun["target"], begun["schedules"]) == ({}, [MORNING])


@pytest.mark.parametrize("tolerance", [0, 0.05, 1, "0", "0.05", ".05", "50m", "1000m", "1"])
def test_a_tolerance_is_a_number_or_a_quantity(tolerance):
    assert check(behaving("scaleUp", tolerance=tolerance)).mistakes == ()


@pytest.mark.parametrize("tolerance", [-0.1, 1.1, "", "5%", "1.5", "1500m", True, [], [1], {}])
def test_anything_else_is_no_tolerance(tolerance):
    found = places(check(behaving("scaleUp", tolerance=tolerance)))
    assert "spec.behavior.scaleUp.tolerance" in found


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        ({**SMALLEST, "maxReplicas": "10"}, {"spec.maxReplicas": "a whole number"}),
        ({**SMALLEST, "maxReplicas": 2.5}, {"spec.maxReplicas": "a whole number"}),
        ({**SMALLEST, "maxReplicas": True}, {"spec.maxReplicas": "a whole number"}),
        ({**SMALLEST, "dryRun": "yes"}, {"spec.dryRun": "true or false"}),
        ({**SMALLEST, "queues": {"name": "work"}}, {"spec.queues": "a list"}),
        ({**SMALLEST, "brokerRef": "broker"}, {"spec.brokerRef": "a mapping"}),
        ({**SMALLEST, "queues": [{"name": 7}]}, {"spec.queues[0].name": "text"}),
        ({**SMALLEST, "maxReplica": 3}, {"spec.maxReplica": "did you mean maxReplicas?"}),
        ({**SMALLEST, "maxReplicas": None}, {"spec.maxReplicas": "is missing"}),
        (None, {"spec": "a mapping"}),
    ],
)
def test_what_is_of_another_kind_is_refused_with_what_to_do(bad: Any, found: dict[str, str]):
    messages = places(check(bad))
    assert messages.keys() == found.keys()
    assert all(found[place] in messages[place] for place in found)
