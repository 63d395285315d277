import re
from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mare.convert.findings import Outcome
from mare.convert.patterns import NotAWildcard, overlap, wildcards
from tests.unit.operator_convert.inputs import (
    converted,
    finding,
    rabbitmq,
    refusals,
    scaledobject,
    spec_of,
)

PIECES = st.sampled_from(["a", "b", "-", "_", "1", r"\.", ".", ".*", ".+"])
PARTS = st.builds(
    lambda start, pieces, end: start + "".join(pieces) + end,
    st.sampled_from(["", "^"]),
    st.lists(PIECES, max_size=5),
    st.sampled_from(["", "$"]),
)
EXPRESSIONS = st.lists(PARTS, min_size=1, max_size=3).map("|".join) | st.lists(
    st.lists(PIECES, max_size=4).map("".join), min_size=1, max_size=3
).map(lambda parts: f"^({'|'.join(parts)})$")
QUEUES = st.text("ab-_1.", min_size=1, max_size=6)


@given(EXPRESSIONS, st.lists(QUEUES, max_size=20))
@example("a.b", ["aab", "a.b", "xa.bx", "ab"])
def test_wildcards_fit_exactly_the_names_that_the_expression_finds(expression, queues):
    patterns = _patterns(expression)
    for queue in queues:
        fits = any(fnmatchcase(queue, pattern) for pattern in patterns)
        assert fits == bool(re.search(expression, queue)), (patterns, queue)


def _patterns(expression):
    """None for an expression that only fits an empty name, which no queue has."""
    try:
        return wildcards(expression)
    except NotAWildcard:
        return []


@pytest.mark.parametrize(
    ("expression", "patterns"),
    [
        ("orders", ["*orders*"]),
        ("^orders$", ["orders"]),
        ("^orders-.*", ["orders-*"]),
        ("^.*incoming$", ["*incoming"]),
        (r"^evt-.+\.v1$", ["evt-?*.v1"]),
        ("^(orders|mails)$", ["orders", "mails"]),
        ("^orders$|^mails$", ["orders", "mails"]),
    ],
)
def test_usual_expressions_read_well_as_wildcards(expression, patterns):
    assert wildcards(expression) == patterns


@pytest.mark.parametrize(
    "expression",
    ["[ab]", r"a\d", "a+", "a?", "a{2}", "(a|b)c", "(?i)a", r"a\*", "a*", "^$", ".*?", "a|" * 40],
)
def test_a_more_general_expression_is_not_approximated(expression):
    with pytest.raises(NotAWildcard):
        wildcards(expression)


def test_a_pattern_with_letters_needs_a_check_because_the_search_ignores_case():
    given = scaledobject(rabbitmq(useRegex="true", queueName="^orders-.*$"))
    assert spec_of(given)["queues"] == [{"pattern": "orders-*"}]
    found = finding(converted(given).results[0], "spec.triggers[0].metadata.queueName")
    assert found.outcome is Outcome.NEEDS_YOU
    assert "ignores case" in found.note


def test_a_pattern_without_letters_is_translated():
    given = scaledobject(rabbitmq(useRegex="true", queueName="^1-.*$"))
    found = finding(converted(given).results[0], "spec.triggers[0].metadata.queueName")
    assert found.outcome is Outcome.TRANSLATED
    assert "unknown, not 0" in found.note


def test_an_expression_that_cannot_be_converted_refuses_the_object():
    given = scaledobject(rabbitmq(useRegex="true", queueName="orders-[0-9]+"))
    conversion = converted(given)
    found = finding(conversion.results[0], "spec.triggers[0].metadata.queueName")
    assert found.outcome is Outcome.REFUSED
    assert "[0-9]+" in found.note
    assert not conversion.converted


PATTERNS = st.text("ab?*", min_size=1, max_size=4)
SHORT_NAMES = ["".join(letters) for n in range(1, 9) for letters in product("ab", repeat=n)]


@given(PATTERNS, PATTERNS)
def test_patterns_overlap_if_and_only_if_a_name_fits_both(one, other):
    both = any(fnmatchcase(name, one) and fnmatchcase(name, other) for name in SHORT_NAMES)
    assert overlap(one, other) == both


def test_the_longest_patterns_are_compared():
    assert not overlap("*a" * 127, "*b" * 127)


def test_two_triggers_that_may_find_the_same_queue_are_refused():
    first = rabbitmq(useRegex="true", queueName="^orders-.*$")
    [result] = converted(scaledobject(first, rabbitmq(queueName="orders-eu"))).results
    assert refusals(result) == [
        "orders-* and orders-eu can match the same queue, which Maré counts only once"
    ]


def test_two_triggers_about_different_patterns_are_converted():
    first = rabbitmq(useRegex="true", queueName="^orders-.*$")
    second = rabbitmq(useRegex="true", queueName="^mails-.*$")
    targets = spec_of(scaledobject(first, second))["targets"]
    assert [target["queues"] for target in targets] == [["orders-*"], ["mails-*"]]
