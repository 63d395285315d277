import pytest

from mare_gateway.events.streams import client_address
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


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        ([], 0, "198.51.100.1"),
        (["192.0.2.1"], 0, "198.51.100.1"),
        (["192.0.2.1"], 1, "192.0.2.1"),
        (["203.0.113.9, 192.0.2.1"], 1, "192.0.2.1"),
        (["203.0.113.9", "192.0.2.1, 192.0.2.2"], 2, "192.0.2.1"),
        (["192.0.2.1"], 2, "198.51.100.1"),
    ],
)
def test_the_client_is_the_address_that_the_outermost_trusted_proxy_appended(
    forwarded, proxies, expected
):
    assert client_address("198.51.100.1", forwarded, proxies) == expected
