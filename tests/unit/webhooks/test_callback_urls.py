"""Which URLs are accepted with a job."""

from ipaddress import ip_address, ip_network

import pytest

from mare_services.contract.callback_urls import CallbackUrlRefused, UrlRules, read_url
from mare_services.contract.public_addresses import is_public
from tests.unit.webhooks.hostile_urls import ACCEPTABLE, HOSTILE

DEVELOPMENT = UrlRules(allow_localhost=True)
TO_THIS_MACHINE = {
    f"{scheme}://{host}/hook"
    for scheme in ("http", "https")
    for host in (
        *("127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.255"),
        *("localhost", "LOCALHOST", "LocalHost"),
        *("[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]"),
    )
}


def refusal(url, rules):
    try:
        read_url(url, rules)
    except CallbackUrlRefused as error:
        return str(error)
    return None


def test_every_hostile_url_is_refused_at_submission_with_a_sentence():
    refusals = {url: refusal(url, UrlRules()) for url in HOSTILE}

    assert [url for url, sentence in refusals.items() if sentence is None] == []
    assert all(sentence.endswith(".") for sentence in refusals.values())


@pytest.mark.parametrize("url", ACCEPTABLE)
def test_an_ordinary_url_is_accepted(url):
    destination = read_url(url, UrlRules())

    assert destination.scheme == "https"
    assert not destination.is_localhost


def test_credentials_are_refused_by_their_name():
    assert "credentials" in refusal("https://ana:x@example.com/", UrlRules())


def test_the_development_switch_allows_this_machine_and_nothing_else():
    accepted = {url for url in HOSTILE if refusal(url, DEVELOPMENT) is None}

    assert accepted == TO_THIS_MACHINE
    assert all(read_url(url, DEVELOPMENT).is_localhost for url in accepted)


def test_a_port_is_allowed_by_the_rules():
    assert read_url("https://example.com:9443/", UrlRules(ports=(9443,))).port == 9443
    with pytest.raises(CallbackUrlRefused, match="9443"):
        read_url("https://example.com/", UrlRules(ports=(9443,)))


def test_this_machine_may_be_called_by_any_port():
    destination = read_url("http://127.0.0.1:9000/hook?x=1", DEVELOPMENT)

    assert (destination.port, destination.target) == (9000, "/hook?x=1")
    assert destination.authority == "127.0.0.1:9000"


@pytest.mark.parametrize(
    ("url", "authority", "target"),
    [
        ("https://Example.com", "example.com", "/"),
        ("https://example.com:443/a?b", "example.com", "/a?b"),
        ("https://example.com:8443?b", "example.com:8443", "/?b"),
        ("https://[2A00::1]:8443/", "[2a00::1]:8443", "/"),
        ("https://[2a00:0:0::0001]/", "[2a00::1]", "/"),
    ],
)
def test_host_and_target_are_sent_as_the_url_has_them(url, authority, target):
    destination = read_url(url, UrlRules())

    assert (destination.authority, destination.target) == (authority, target)


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "9.9.9.9",
     "11.0.0.1", "128.0.0.1", "169.253.1.1", "192.167.1.1", "198.17.0.1", "198.20.0.1", "223.1.1.1",
     "2001:4860:4860::8888", "2a00:1450::1", "2400:cb00::1", "2606:4700::1"],
)  # fmt: skip
def test_neighbours_of_special_ranges_are_public(text):
    assert is_public(ip_address(text))


def test_an_operator_can_refuse_further_networks():
    own = (ip_network("8.8.8.0/24"), ip_network("2a00:1450::/32"))

    assert not is_public(ip_address("8.8.8.8"), own)
    assert not is_public(ip_address("2a00:1450::1"), own)
    assert is_public(ip_address("8.8.4.4"), own)
