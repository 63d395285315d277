import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.client import BadReply, RemoteError
from mare_nameko.client.decoding import result

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_a_result_arrives_as_it_was_sent(value):
    assert result(json.dumps({"result": value, "error": None}).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"7", b"\xff\xfe", b'{"error": "boom"}', b'{"error": {}}'),
        b"[" * 100_000,
        *(b'{"result": %b, "error": null}' % each for each in (b"NaN", b"[-Infinity]", b"1e999")),
    ],
)
def test_nonsense_is_a_bad_reply(body):
    with pytest.raises(BadReply):
        result(body)


@given(st.binary(max_size=200))
def test_whatever_arrives_is_a_result_or_one_of_two_errors(body):
    try:
        result(body)
    except (BadReply, RemoteError):
        return
