import pytest

from mare_gateway.events.limits import Refused, StreamLimits, client_address


def code(limits, address):
    with pytest.raises(Refused) as refused, limits.occupy(address):
        pass
    return refused.value.problem.status


def test_streams_are_bounded_in_all_and_for_each_address():
    limits = StreamLimits(most=3, most_per_address=2)
    with limits.occupy("192.0.2.1"), limits.occupy("192.0.2.1"):
        assert code(limits, "192.0.2.1") == 429
        with limits.occupy("192.0.2.2"):
            assert code(limits, "192.0.2.3") == 503
    assert limits.open == 0


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
