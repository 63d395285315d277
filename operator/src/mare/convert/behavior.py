"""`behavior` of a HorizontalPodAutoscaler: the same fields with the same meaning."""

import re

from mare.convert.draft import Draft, Field
from mare.convert.quantities import plain, quantity
from mare.convert.reading import Section

MOST_POLICIES = 8
NO_BEHAVIOR = "HPA's defaults, as before; delete it for Maré's, which are quicker"
_OUR_TOLERANCE = re.compile(r"0|1|0?\.[0-9]{1,9}|[0-9]{1,3}m|1000m")


def convert_behavior(draft: Draft, parent: Section) -> None:
    """`behavior` below `parent`. Absent means HPA's defaults there, but our own here."""
    empty = parent.empty("behavior")
    if empty is not None:
        draft.keep(empty, "spec.behavior")
        draft.manifest.put("spec.behavior", {}, NO_BEHAVIOR)
        return
    behavior = parent.section("behavior")
    rules = [_convert_rules(draft, behavior.section(way), way) for way in ("scaleUp", "scaleDown")]
    if not any(rules):
        draft.add("spec.behavior", {}, NO_BEHAVIOR)


def _convert_rules(draft: Draft, rules: Section, way: str) -> bool:
    """Whether anything was written."""
    to = f"spec.behavior.{way}"
    window = rules.integer("stabilizationWindowSeconds", 0, 3600)
    select = rules.choice("selectPolicy", ("Max", "Min", "Disabled"))
    for field in (window, select):
        if field is not None:
            draft.keep(field, f"{to}.{field.path[-1]}")
    tolerant = _convert_tolerance(draft, rules, to)
    empty = rules.empty("policies")
    if empty is not None:
        draft.refuse(empty, "needs at least one policy")
    policies = rules.sections("policies")
    if len(policies) > MOST_POLICIES:
        draft.problem(rules.line, f"{way} has more than {MOST_POLICIES} policies")
    for index, policy in enumerate(policies):
        _convert_policy(draft, policy, f"{to}.policies.{index}")
    return tolerant or bool(policies) or window is not None or select is not None


def _convert_policy(draft: Draft, policy: Section, to: str) -> None:
    kind = policy.choice("type", ("Pods", "Percent"), needed_by="a policy")
    value = policy.integer("value", 1, 1_000_000, needed_by="a policy")
    period = policy.integer("periodSeconds", 1, 1800, needed_by="a policy")
    for field in (kind, value, period):
        if field is not None:
            draft.keep(field, f"{to}.{field.path[-1]}")


def _convert_tolerance(draft: Draft, rules: Section, to: str) -> bool:
    tolerance = rules.quantity("tolerance")
    if tolerance is None:
        return False
    number = quantity(tolerance.value)
    if not 0 <= number <= 1:
        draft.refuse(tolerance, "has to be from 0 to 1")
        return False
    unquoted = tolerance.spelling == tolerance.value
    ours = _OUR_TOLERANCE.fullmatch(tolerance.value) is not None
    if ours and unquoted and not tolerance.value.endswith("m"):
        as_number: Field[int | float] = Field(
            tolerance.path, tolerance.line, tolerance.spelling, plain(number)
        )
        draft.keep(as_number, f"{to}.tolerance")
    elif ours:
        draft.keep(tolerance, f"{to}.tolerance")
    else:
        draft.translate(tolerance, f"{to}.tolerance", plain(number), "the same as a number")
    return True
