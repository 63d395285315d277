import pytest

from mare_gateway.occupancy import Occupancy, Occupied


def is_refused_for_its_client(limits, address):
    with pytest.raises(Occupied) as bound, limits.occupy(address):
        pass
    return bound.value.by_client


def test_streams_are_bounded_in_all_and_for_each_address():
    limits = Occupancy(limit=3, limit_per_client=2)
    with limits.occupy("192.0.2.1"), limits.occupy("192.0.2.1"):
        assert is_refused_for_its_client(limits, "192.0.2.1")
        with limits.occupy("192.0.2.2"):
            assert not is_refused_for_its_client(limits, "192.0.2.3")
    assert limits.total == 0
