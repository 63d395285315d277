"""Which address a client has behind proxies, whatever it writes into X-Forwarded-For."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_gateway.forwarded import client_address

PEER = "127.0.0.1"
ADDRESSES = st.ip_addresses().map(str)
ANYTHING = st.text(max_size=60)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        (None, 0, PEER),
        ("192.0.2.1", 0, PEER),
        (None, 1, PEER),
        ("192.0.2.1", 1, "192.0.2.1"),
        ("203.0.113.9, 192.0.2.1", 1, "192.0.2.1"),
        ("203.0.113.9,192.0.2.1, 192.0.2.2", 2, "192.0.2.1"),
        ('", 192.0.2.1', 1, "192.0.2.1"),
        ("192.0.2.1:40312", 1, "192.0.2.1"),
        ("2001:DB8:0::1", 1, "2001:db8::1"),
        ("[2001:db8::1]", 1, "2001:db8::1"),
        ("[2001:db8::1]:443", 1, "2001:db8::1"),
        ("::ffff:192.0.2.1", 1, "192.0.2.1"),
        ("fe80::1%eth0", 1, "fe80::1"),
        (", ,192.0.2.1", 1, "192.0.2.1"),
        ("6.6.6.6," * 100_000 + "192.0.2.1", 1, "192.0.2.1"),
    ],
)
def test_the_client_is_what_the_farthest_trusted_proxy_appended(forwarded, proxies, expected):
    assert client_address(PEER, forwarded, proxies) == expected


@pytest.mark.parametrize(
    ("forwarded", "proxies"),
    [
        ("", 1),
        ('"', 1),
        ("192.0.2.1,", 1),
        ("192.0.2.1", 2),
        ("unknown", 1),
        ("192.0.2.1:", 1),
        ("192.0.2.1:123456", 1),
        ("[192.0.2.1", 1),
        ("192.0.2.256", 1),
        ("192.0.2.01", 1),
        ("\xff", 1),
    ],
)
def test_there_is_no_client_without_the_address_of_a_trusted_proxy(forwarded, proxies):
    assert client_address(PEER, forwarded, proxies) is None


@given(written=ANYTHING, appended=st.lists(ADDRESSES, min_size=1, max_size=4))
def test_nothing_that_a_client_writes_changes_what_proxies_append(written, appended):
    found = client_address(PEER, ",".join([written, *appended]), len(appended))

    expected = ipaddress.ip_address(appended[0])
    assert found == str(getattr(expected, "ipv4_mapped", None) or expected)


@given(written=ANYTHING, proxies=st.integers(1, 4))
def test_a_header_never_gives_a_client_the_address_of_the_proxy(written, proxies):
    found = client_address("198.51.100.1", written, proxies)

    assert found is None or str(ipaddress.ip_address(found)) == found
