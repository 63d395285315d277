"""Names that lead inside, over a real name server: rebinding, CNAMEs, mixed answers."""

import socket
from contextlib import suppress
from ipaddress import ip_address, ip_network

import dns.rcode
import pytest

from mare_services.contract.callback_urls import UrlRules, read_url
from mare_services.webhooks.adapters import names
from mare_services.webhooks.adapters.names import Resolver
from mare_services.webhooks.adapters.transport import HttpTransport
from mare_services.webhooks.ports import SendingFailed
from tests.fakes.dns_server import DnsServer
from tests.fakes.receiver import Receiver, status
from tests.unit.webhooks.hostile_urls import HOSTS
from tests.vhost import becomes

PUBLIC, PUBLIC_6 = "93.184.215.14", "2a00:1450:4001:80b::200e"
NO_ADDRESS = "The host has no public address."
_ORDINARY = ("1.2.3.4", "8.8.8.8")
"""Hostile only in brackets."""


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A name server may answer as late as a busy machine lets it, and is asked once."""
    monkeypatch.setattr(names, "LOOKUP_SECONDS", 120.0)
    monkeypatch.setattr(names, "TRY_SECONDS", 60.0)


def destination(host, **rules):
    return read_url(f"https://{host}/hook", UrlRules(**rules))


def addresses(zone, host, *refused):
    with DnsServer(zone) as server:
        found = Resolver(refused, server.resolver()).addresses(destination(host))
        return [str(address) for address in found]


def refusal(zone, host, *refused):
    with pytest.raises(SendingFailed) as raised:
        addresses(zone, host, *refused)
    return str(raised.value)


def test_all_addresses_of_a_public_name_are_returned():
    zone = {("a.example.com", "A"): [[PUBLIC, "8.8.8.8"]], ("a.example.com", "AAAA"): [[PUBLIC_6]]}

    assert sorted(addresses(zone, "a.example.com")) == sorted([PUBLIC, "8.8.8.8", PUBLIC_6])


@pytest.mark.parametrize("error", [dns.rcode.SERVFAIL, dns.rcode.NXDOMAIN])
@pytest.mark.parametrize(
    ("address", "kind", "other"), [(PUBLIC, "A", "AAAA"), (PUBLIC_6, "AAAA", "A")]
)
def test_the_addresses_that_are_known_suffice(address, kind, other, error):
    zone = {("a.example.com", kind): [[address]], ("a.example.com", other): [error]}

    assert addresses(zone, "a.example.com") == [address]


def literals():
    """Return each address of the hostile table that a name server can return."""
    for host in dict.fromkeys(HOSTS):
        try:
            yield str(ip_address(host.strip("[]")))
        except ValueError:
            continue


def test_a_name_of_any_hostile_address_is_refused():
    hostile = [text for text in literals() if "%" not in text and text not in _ORDINARY]
    zone = {
        (f"n{number}.example.com", "AAAA" if ":" in text else "A"): [[text]]
        for number, text in enumerate(hostile)
    }
    accepted = {}
    with DnsServer(zone) as server:
        resolver = Resolver((), server.resolver())
        for number, text in enumerate(hostile):
            with suppress(SendingFailed):
                accepted[text] = resolver.addresses(destination(f"n{number}.example.com"))

    assert len(hostile) > 100
    assert accepted == {}


@pytest.mark.parametrize(
    "answers",
    [
        {("x.example.com", "A"): [[PUBLIC, "10.0.0.1"]]},
        {("x.example.com", "A"): [[PUBLIC]], ("x.example.com", "AAAA"): [["::1"]]},
        {("x.example.com", "A"): [["inside.example.net."]],
         ("inside.example.net", "A"): [["192.168.1.1"]]},
        {("x.example.com", "A"): [["10.0.0.1"]], ("x.example.com", "AAAA"): [dns.rcode.SERVFAIL]},
        {("x.example.com", "A"): [dns.rcode.SERVFAIL], ("x.example.com", "AAAA"): [["::1"]]},
        {("x.example.com", kind): [dns.rcode.SERVFAIL] for kind in ("A", "AAAA")},
        {("x.example.com", "A"): [[]]},
        {("other.example.com", "A"): [[PUBLIC]]},
    ],
    ids=["public and private", "private IPv6", "CNAME", "private, no IPv6", "private IPv6, no IPv4",
         "no answer", "no address", "no such name"],
)  # fmt: skip
def test_private_names_and_missing_names_give_the_same_error(answers):
    assert refusal(answers, "x.example.com") == NO_ADDRESS


def test_a_network_of_the_operator_is_refused():
    zone = {("own.example.com", "A"): [[PUBLIC]]}

    assert refusal(zone, "own.example.com", ip_network("93.184.0.0/16")) == NO_ADDRESS


def test_a_public_address_in_the_url_is_checked_without_a_question():
    assert addresses({}, "8.8.8.8") == ["8.8.8.8"]
    assert refusal({}, "8.8.8.8", ip_network("8.8.8.0/24")) == NO_ADDRESS


def test_a_name_is_not_completed_with_search_domains():
    zone = {("kubernetes.default.svc.cluster.local", "A"): [[PUBLIC]]}
    with DnsServer(zone) as server:
        resolver = server.resolver()
        resolver.search = ["svc.cluster.local."]
        resolver.ndots = 5
        with pytest.raises(SendingFailed):
            Resolver((), resolver).addresses(destination("kubernetes.default"))

    assert {name for name, _ in server.questions} == {"kubernetes.default"}


def test_a_silent_name_server_is_given_up(monkeypatch):
    monkeypatch.setattr(names, "LOOKUP_SECONDS", 0.3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with DnsServer({}) as server:
            resolver = server.resolver()
            resolver.port = silent.getsockname()[1]
            with pytest.raises(SendingFailed, match=NO_ADDRESS):
                Resolver((), resolver).addresses(destination("a.example.com"))


def test_localhost_is_this_machine_without_a_question_if_it_is_allowed():
    with DnsServer({("localhost", "A"): [["93.184.215.14"]]}) as server:
        found = Resolver((), server.resolver()).addresses(
            destination("localhost", allow_localhost=True)
        )

    assert [str(address) for address in found] == ["127.0.0.1", "::1"]
    assert not server.questions


def test_a_name_that_is_rebound_after_the_check_leads_nowhere_else():
    """The first answer is public and checked; the second is this machine and is never used."""
    zone = {("rebind.example.com", "A"): [[PUBLIC], ["127.0.0.1"]]}
    connected = []

    def connect(address, port, seconds):
        connected.append(str(address))
        # The test stands in for the internet: it answers for the checked address.
        return socket.create_connection(("127.0.0.1", outside.port), seconds)

    with (
        DnsServer(zone) as server,
        Receiver(status(200)) as outside,
        Receiver(status(200)) as inside,
    ):
        rules = UrlRules(ports=(inside.port,))
        target = read_url(f"https://rebind.example.com:{inside.port}/hook", rules)
        transport = HttpTransport(Resolver((), server.resolver()), connect=connect)
        results = []
        for _ in range(4):
            with pytest.raises(SendingFailed) as raised:  # the receiver has no certificate
                transport.post(target, {}, b"{}", 1.0)
            results.append(str(raised.value))

        assert connected == [PUBLIC, PUBLIC]  # the first and the third attempt
        assert results[1] == results[3] == NO_ADDRESS
        assert server.questions["rebind.example.com", "A"] == 4  # one for each attempt
        becomes(lambda: outside.connections, 2)
        assert inside.connections == 0
