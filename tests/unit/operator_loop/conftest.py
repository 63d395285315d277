"""A test that is a coroutine runs in virtual time; the tasks that it leaves are cancelled.

One with the fixture `served` has connections to a server, and takes the time that they take.
"""

import asyncio
import inspect
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from mare.background import cancel
from mare.cluster.api import Api
from mare.cluster.targets import WatchedTargets
from mare.leadership import ElectedLeader
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop import api_servers
from tests.unit.operator_loop.job_api import JobApi, targets
from tests.unit.operator_loop.worlds import ChangeLeader, World
from tests.unit.operator_sharding.lease_server import LeaseServer, election


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    test = pyfuncitem.function
    if not inspect.iscoroutinefunction(test):
        return None

    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(test).parameters}

    async def play() -> None:
        await test(**arguments)
        await cancel(asyncio.all_tasks() - {asyncio.current_task()})

    (asyncio if "served" in arguments else virtual_time).run(play())
    return True


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def api() -> JobApi:
    return JobApi()


@pytest.fixture
def watched(api: JobApi) -> WatchedTargets:
    return targets(api)


@pytest.fixture
def served() -> Callable[..., AbstractAsyncContextManager[tuple[Api, list[str]]]]:
    return api_servers.served


@pytest.fixture
def leases() -> LeaseServer:
    return LeaseServer()


@pytest.fixture
def candidate(leases: LeaseServer) -> Callable[..., ElectedLeader]:
    """Return a replica of this identity, and these seconds of its Lease."""
    return lambda identity, *seconds: election(leases, identity, 1, virtual_time.now, *seconds)


@pytest.fixture(params=["a new process", "a replica that leads again"])
def change_leader(request: pytest.FixtureRequest, world: World) -> ChangeLeader:
    async def lead_again(**fields: Any) -> None:
        world.leads = False
        await world.tick(0)
        world.put(status=world.objects.status(), **fields)
        world.leads, world.term = True, world.term + 1

    return world.restart if request.param == "a new process" else lead_again
