"""Connections lead to allowed networks only, whatever the URIs of a Secret name."""

import asyncio
import socket
import threading
from ipaddress import ip_address, ip_network

import pytest

from mare.broker import networks
from mare.broker.amqp_connection import SharedConnection
from mare.broker.connection_parameters import ConnectionParameters, parse_secret
from mare.broker.management import ManagementStatistics
from mare.broker.networks import ANY_NETWORK, BrokerNetworks
from mare.local_run.broker_secrets import encoded
from mare.ports import AccessRefused
from mare.settings import Settings, SettingsError
from mare.tenant_scheduler import DECODING, TenantScheduler
from tests.unit.operator_broker.statistics_server import FakeServer, serve

DEFAULT = BrokerNetworks(Settings().broker_networks)
FORBIDDEN = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254", "255.255.255.255", "224.0.0.1",
    "::1", "::", "fe80::1", "fe80::1%2", "ff02::1", "fd00:ec2::254", "100.100.100.200",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
]  # fmt: skip
ORDINARY = [
    "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "8.8.8.8", "2600::1",
    "::ffff:10.1.2.3",
]  # fmt: skip
LITERALS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "0", "localhost", "[::1]",
    "[::]", "[::ffff:127.0.0.1]",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_loopback_link_local_and_metadata_addresses_are_refused_by_default(address):
    assert not DEFAULT.permit(address)
    assert ANY_NETWORK.permit(address)


@pytest.mark.parametrize("address", ORDINARY)
def test_private_and_public_addresses_are_allowed_by_default(address):
    assert DEFAULT.permit(address)


def test_a_special_range_is_allowed_only_by_a_network_within_it():
    assert BrokerNetworks((ip_network("127.0.0.1/32"),)).permit("::ffff:127.0.0.1")
    assert not BrokerNetworks((ip_network("127.0.0.1/32"),)).permit("127.0.0.2")
    assert not BrokerNetworks((ip_network("126.0.0.0/7"),)).permit("127.0.0.1")
    assert not BrokerNetworks((ip_network("10.0.0.0/8"),)).permit("11.0.0.1")


@pytest.mark.parametrize("address", ["10.96.0.1", "::ffff:10.96.0.1", "64:ff9b::a60:1"])
def test_the_address_of_the_api_server_is_always_refused(address):
    api_server = frozenset([ip_address("10.96.0.1")])

    assert not BrokerNetworks(ANY_NETWORK.allowed, api_server).permit(address)


def read_statistics(uri: str, **fields) -> None:
    async def read() -> None:
        source = ManagementStatistics(uri, ConnectionParameters(**fields))
        try:
            await source.fetch("/", 7.0)
        finally:
            await source.close()

    asyncio.run(read())


@pytest.mark.parametrize("host", LITERALS)
def test_statistics_are_not_read_from_the_operators_own_host(host):
    server = FakeServer()
    # aiohttp itself refuses 127.1 and the like as not canonical.
    with serve(server), pytest.raises((AccessRefused, OSError), match=r"NETWORKS|InvalidUrl"):
        read_statistics(server.uri.replace("127.0.0.1", host))
    assert server.requested == []


@pytest.mark.parametrize("host", LITERALS)
def test_amqp_does_not_connect_to_the_operators_own_host(host):
    async def timeline() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.setblocking(False)
            uri = f"amqp://{host}:{server.getsockname()[1]}/"
            connection = SharedConnection(ConnectionParameters(amqp_uri=uri))
            with pytest.raises(AccessRefused, match="the address of the broker is not in"):
                await connection.get()
            with pytest.raises(BlockingIOError):
                server.accept()
            await connection.close()

    asyncio.run(timeline())


def test_a_name_that_changes_its_address_is_checked_at_each_connection(monkeypatch):
    answers = iter(["10.255.255.1", "127.0.0.1"])

    def getaddrinfo(host, port, *_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    async def timeline() -> None:
        shop = TenantScheduler().of("shop")
        assert (await networks.resolve("rebind.example", 80, shop))[0][4][0] == "10.255.255.1"
        with pytest.raises(networks.AddressRefused):
            await DEFAULT.connect("rebind.example", 80, shop)

    asyncio.run(timeline())


def test_a_redirect_is_not_followed_and_its_status_is_not_reported():
    target, server = FakeServer(), FakeServer(status=302)
    with serve(target):
        server.headers = {"Location": target.uri}
        with serve(server), pytest.raises(OSError, match="does not return statistics") as failure:
            read_statistics(server.uri, networks=ANY_NETWORK)
    assert target.requested == []
    assert "302" not in str(failure.value)


def test_slow_name_servers_of_one_namespace_delay_nothing_else(monkeypatch):
    answers = threading.Event()

    def getaddrinfo(host, *_):
        if host.startswith("slow"):
            answers.wait(60)
        return [host]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    async def timeline() -> None:
        scheduler = TenantScheduler()
        hostile, honest = scheduler.of("hostile"), scheduler.of("shop")
        lookups = [
            asyncio.create_task(networks.resolve(f"slow-{number}", 80, hostile))
            for number in range(200)
        ]
        async with asyncio.timeout(50):
            assert await networks.resolve("broker", 80, honest) == ["broker"]
            assert await honest.run_in_thread(DECODING, len, "decoding") == 8
        answers.set()
        assert len(await asyncio.gather(*lookups)) == 200

    asyncio.run(timeline())


def test_the_networks_of_the_settings_reach_the_parameters():
    settings = Settings.from_env({"MARE_BROKER_NETWORKS": "10.0.0.0/8, fd00::/8"})
    found = BrokerNetworks(settings.broker_networks)
    data = encoded({"amqp-uri": "amqp://host"})

    assert found.permit("10.0.0.1")
    assert not found.permit("192.168.0.1")
    assert parse_secret("broker", data, found).networks == found
    with pytest.raises(SettingsError, match="MARE_BROKER_NETWORKS"):
        Settings.from_env({"MARE_BROKER_NETWORKS": "10.0.0.1/8"})


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("::ffff:10.0.0.1", ["10.0.0.1"]),
        ("64:ff9b::a00:1", ["10.0.0.1"]),
        (None, []),
        ("", []),
    ],
)
def test_the_addresses_of_a_host_are_those_that_packets_reach(host, addresses):
    found = asyncio.run(networks.addresses_of(host))
    assert found == {ip_address(each) for each in addresses}


def test_of_the_addresses_of_a_name_sixteen_are_tried(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: list(range(17)))
    found = asyncio.run(networks.resolve("many.example", 80, TenantScheduler().of("shop")))
    assert found == list(range(16))
