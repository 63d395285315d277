"""The names that a service imports."""

import pytest

import mare_nameko.service
from mare_nameko.service import _HOMES


@pytest.mark.parametrize("name", [name for names in _HOMES.values() for name in names])
def test_each_name_of_the_package_is_there(name):
    assert getattr(mare_nameko.service, name)


def test_another_name_is_not():
    with pytest.raises(AttributeError, match=r"'mare_nameko\.service' has no attribute 'Rpc'"):
        _ = mare_nameko.service.Rpc
