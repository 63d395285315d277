"""JSON bodies: kombu's format, in which every value arrives as it was sent."""

import json
import math
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu.utils import json as kombu_json

from mare_nameko.service import json_bodies

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.dates()
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_kombu_and_the_runtime_read_what_the_other_writes(value):
    assert kombu_json.loads(json_bodies.encode(value)) == value
    assert json_bodies.decode(kombu_json.dumps(value).encode()) == value
    assert json_bodies.decode(json_bodies.encode(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        "\ud800",
        2**70,
        uuid.UUID(int=7),
        datetime(2026, 1, 1, tzinfo=UTC),
        [date(2026, 1, 1), Decimal("1.50"), b"\xff"],
    ],
)
def test_what_msgspec_cannot_write_arrives_too(value):
    assert json_bodies.decode(json_bodies.encode(value)) == value


def test_keys_and_tuples_are_written_as_by_kombu():
    value = {7: "a", None: "b", True: ("c",), 2.5: "d"}

    assert json.loads(json_bodies.encode(value)) == json.loads(kombu_json.dumps(value))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("wrap", [lambda n: n, lambda n: {"a": [{"b": (n,)}]}, lambda n: {n: 1}])
def test_a_number_that_is_no_json_is_not_written(number, wrap):
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_bodies.encode(wrap(number))


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize("rest", ["", ', {"__type__": "date", "__value__": "2026-01-01"}'])
def test_a_number_that_is_no_json_is_not_read(text, rest):
    with pytest.raises(ValueError, match=f"{text} is no number of JSON"):
        json_bodies.decode(f"[{text}{rest}]".encode())


def test_a_body_may_be_text_or_a_view():
    assert json_bodies.decode('"é"') == "é"
    assert json_bodies.decode(memoryview(b'"a"')) == "a"


def test_an_unknown_type_is_refused():
    with pytest.raises(TypeError, match="not JSON serializable"):
        json_bodies.encode([object()])
