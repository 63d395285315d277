"""Which addresses an HTTP application of the operator is served at."""

import asyncio
import socket

import pytest
from aiohttp import web

from mare.serving import serving
from mare.settings import Settings
from tests.ipv6 import with_ipv6


@with_ipv6
@pytest.mark.parametrize(
    ("host", "families"),
    [
        (Settings().host, {socket.AF_INET, socket.AF_INET6}),
        ("::", {socket.AF_INET, socket.AF_INET6}),
        ("0.0.0.0", {socket.AF_INET}),
        ("::1", {socket.AF_INET6}),
    ],
)
def test_it_is_served_over_ipv6_and_ipv4(host, families):
    async def reached():
        async with serving(web.Application(), host, 0) as port:
            return {family for family in LOOPBACK if await answers(family, port)}

    assert asyncio.run(reached()) == families


def test_a_machine_without_ipv6_is_served_over_ipv4(monkeypatch):
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)

    async def reached():
        async with serving(web.Application(), "::", 0) as port:
            return {family for family in LOOPBACK if await answers(family, port)}

    assert asyncio.run(reached()) == {socket.AF_INET}


LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


async def answers(family, port):
    try:
        _, writer = await asyncio.open_connection(LOOPBACK[family], port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
