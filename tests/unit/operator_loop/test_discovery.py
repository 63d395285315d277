"""Kinds of the API server, found by one request for each API version."""

import asyncio

import pytest

from mare.cluster.discovery import Discovery
from mare.cluster.paths import Resource
from mare.ports import NotFound
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import DISCOVERY, TenantScheduler
from tests.unit.operator_broker import virtual_time

APPS = {
    "resources": [
        {"kind": "Deployment", "name": "deployments"},
        {"kind": "Scale", "name": "deployments/scale"},
        {"kind": "ControllerRevision", "name": "controllerrevisions"},
    ]
}


class Api:
    def __init__(self):
        self.requested = []
        self.fleets = {"resources": []}

    async def request(self, method, path):
        self.requested.append(path.text)
        await asyncio.sleep(0.005)
        if path.text == "/apis/fleets.test/v1":
            return self.fleets
        if path.text != "/apis/apps/v1":
            raise NotFound(path.text)
        return APPS


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def find(api):
    discovery = Discovery(api, TenantScheduler())
    return lambda version, kind, *of: discovery.find(version, kind, of or ["shop"])


async def test_a_known_kind_needs_one_request(api, find):
    for _ in range(3):
        assert await find("apps/v1", "Deployment") == Resource("apps/v1", "deployments")

    assert api.requested == ["/apis/apps/v1"]


async def test_versions_that_are_missing_displace_none_that_is_served(api, find):
    await find("apps/v1", "Deployment")
    for number in range(1_100):
        with pytest.raises(NotFound):
            await find(f"missing-{number}.test/v1", "Thing", f"hostile-{number}")
    await find("apps/v1", "Deployment")

    assert api.requested.count("/apis/apps/v1") == 1


@pytest.mark.parametrize(
    ("version", "kind", "reason"),
    [
        ("apps/v1", "ControllerRevision", "has no /scale"),
        ("apps/v1", "Fleet", "has no kind Fleet"),
        ("none.test/v1", "Fleet", "does not serve none.test/v1"),
    ],
)
async def test_a_kind_that_cannot_be_scaled_is_not_found_and_requested_again_after_5_s(
    api, find, version, kind, reason
):
    for _ in range(10):
        with pytest.raises(NotFound, match=reason):
            await find(version, kind)
        await asyncio.sleep(1)

    assert len(api.requested) == 2


async def test_a_kind_that_is_installed_later_is_found(api, find):
    with pytest.raises(NotFound):
        await find("fleets.test/v1", "Fleet")
    names = ["fleets", "fleets/scale"]
    api.fleets["resources"] = [{"kind": "Fleet", "name": name} for name in names]
    await asyncio.sleep(6)
    assert (await find("fleets.test/v1", "Fleet")).plural == "fleets"


async def test_many_unknown_kinds_of_one_namespace_do_not_delay_those_of_another(api, find):
    """2,000 unknown kinds made a new leader learn Deployment after 100 s."""

    async def missing(number):
        with pytest.raises((NotFound, OverBudget)):
            await find(f"none-{number}.test/v1", "Fleet", "hostile")

    tasks = [asyncio.create_task(missing(number)) for number in range(2_000)]
    await asyncio.sleep(0)
    begun = virtual_time.now()
    await find("apps/v1", "Deployment", "hostile", "shop")
    assert virtual_time.now() - begun < 0.2
    for _ in range(60):
        await asyncio.sleep(1)
        await asyncio.gather(*map(missing, range(200)))
    await asyncio.gather(*tasks)

    assert len(api.requested) <= DISCOVERY.burst + DISCOVERY.per_second * 61 + 2


async def test_many_unknown_kinds_of_one_version_need_one_request(api, find):
    async def missing(number):
        with pytest.raises(NotFound):
            await find("apps/v1", f"Fleet{number}")

    await asyncio.gather(*map(missing, range(2_000)))

    assert len(api.requested) == 1
