"""Kinds of the API server, found at a bounded rate."""

import asyncio

import pytest

from mare.cluster.discovery import Discovery
from mare.ports import NotFound
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
        self.times = []

    async def request(self, method, path):
        self.times.append(virtual_time.now())
        if path.text != "/apis/apps/v1":
            raise NotFound(path.text)
        return APPS


def test_a_known_kind_needs_one_request():
    async def timeline():
        api = Api()
        discovery = Discovery(api)
        found = [await discovery.find("apps/v1", "Deployment") for _ in range(3)]
        return {each.plural for each in found}, len(api.times)

    assert virtual_time.run(timeline()) == ({"deployments"}, 1)


@pytest.mark.parametrize(
    ("version", "kind", "reason"),
    [
        ("apps/v1", "ControllerRevision", "has no /scale"),
        ("apps/v1", "Fleet", "has no kind Fleet"),
        ("none.test/v1", "Fleet", "does not serve none.test/v1"),
    ],
)
def test_a_kind_that_cannot_be_scaled_is_not_found(version, kind, reason):
    async def timeline():
        with pytest.raises(NotFound, match=reason):
            await Discovery(Api()).find(version, kind)

    virtual_time.run(timeline())


def test_many_kinds_that_do_not_exist_cause_at_most_20_requests_a_second():
    async def timeline():
        api = Api()
        discovery = Discovery(api)

        async def find_kind(number):
            with pytest.raises(NotFound):
                await discovery.find(f"none{number}.test/v1", "Fleet")

        await asyncio.gather(*map(find_kind, range(100)))
        return api.times

    times = virtual_time.run(timeline())

    assert len(times) == 100
    assert sum(1 for at in times if at < 0.999) <= 20
