"""Names in the input cannot become options of printed commands, nor other expressions."""

import pytest

from mare.documents.tree import InputError
from tests.unit.operator_convert.inputs import authentication, converted, scaledobject, user


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("--namespace=victim", "url"),
        ("rabbit", "x}{.items[0].data.password"),
        ("rabbit", "x'; rm FILE; '"),
    ],
)
def test_a_name_that_no_object_has_is_refused_with_its_place(name: str, key: str):
    reference = {"parameter": "host", "name": name, "key": key}
    with pytest.raises(InputError, match=r"secretTargetRef\[0\].*which no name"):
        converted(user(), authentication(secretTargetRef=[reference]))


def test_an_object_whose_name_is_an_option_is_refused():
    given = scaledobject()
    given["metadata"]["name"] = "--all"
    with pytest.raises(InputError, match=r"metadata\.name"):
        converted(given)
