"""Work of one namespace is bounded, and namespaces take turns."""

import asyncio
import re
import threading
from collections import Counter
from pathlib import Path

import pytest

from mare import tenant_scheduler
from mare.memory_limit import USUAL_MEMORY, memory_limit
from mare.tenant_lines import OverBudget, Stock, Work
from mare.tenant_scheduler import OWN_MEMORY, TenantScheduler
from tests.unit.operator_broker import virtual_time

CHECKS = Work(name="checks", places=4, of_namespace=2, waiting=3)


async def test_a_namespace_has_only_some_of_the_places():
    scheduler, began = TenantScheduler(), []

    async def check(namespace):
        async with scheduler.turn(CHECKS, namespace):
            began.append(namespace)
            await asyncio.sleep(100)

    tasks = [asyncio.create_task(check("hostile")) for _ in range(4)]
    tasks += [asyncio.create_task(check("honest"))]
    await asyncio.sleep(1)
    assert began == ["hostile", "hostile", "honest"]
    await asyncio.gather(*tasks)
    assert began == ["hostile", "hostile", "honest", "hostile", "hostile"]


async def test_many_namespaces_of_one_tenant_leave_places_to_others():
    reads = Work(name="reads", places=256, of_namespace=64)
    scheduler, began = TenantScheduler(), []

    async def read(namespace, seconds):
        async with scheduler.turn(reads, namespace):
            began.append(namespace)
            await asyncio.sleep(seconds)

    hostile = [f"hostile-{number}" for number in range(9)]
    tasks = [asyncio.create_task(read(each, 100)) for each in hostile for _ in range(64)]
    await asyncio.sleep(1)
    assert set(began) == set(hostile)
    tasks += [asyncio.create_task(read("honest", 0.01)) for _ in range(50)]
    await asyncio.sleep(1)
    assert began.count("honest") == 50
    await asyncio.gather(*tasks)


async def test_a_place_that_is_left_starts_each_namespace_that_may_have_one():
    """Another one started, and the one that had left waited beside a free place."""
    writes = Work(name="writes", places=8, of_namespace=4)
    scheduler, began = TenantScheduler(), []

    async def write(namespace, seconds=100):
        async with scheduler.turn(writes, namespace):
            began.append(namespace)
            await asyncio.sleep(seconds)

    tasks = [asyncio.create_task(write("a", 1))]
    tasks += [asyncio.create_task(write(name)) for name in "aaaaabbbcccc"]
    tasks += [asyncio.create_task(write("honest", 2)) for _ in range(2)]
    await asyncio.sleep(1.5)
    assert Counter(began) == {"a": 4, "b": 2, "c": 1, "honest": 1}
    await asyncio.sleep(1)
    assert Counter(began) == {"a": 4, "b": 2, "c": 2, "honest": 2}
    await asyncio.gather(*tasks)


async def test_waiting_namespaces_take_turns():
    one = Work(name="writes", places=1, of_namespace=1)
    scheduler, began = TenantScheduler(), []

    async def write(name):
        async with scheduler.turn(one, name[0]):
            began.append(name)
            await asyncio.sleep(1)

    names = ["a1", "a2", "a3", "b1", "b2", "c1"]
    await asyncio.gather(*map(write, names))

    assert began == ["a1", "a2", "b1", "c1", "a3", "b2"]


async def test_a_line_that_is_full_refuses_with_the_name_of_the_bound():
    scheduler = TenantScheduler()

    async def check():
        async with scheduler.turn(CHECKS, "shop"):
            await asyncio.sleep(1)

    tasks = [asyncio.create_task(check()) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(OverBudget, match="namespace shop is over its limit of checks") as error:
        await check()
    assert error.value.why.reason == "NamespaceBudgetExceeded"
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("has_place", [False, True])
async def test_what_is_cancelled_before_its_turn_leaves_the_place_to_the_others(*, has_place):
    one = Work(name="writes", places=1, of_namespace=1)
    scheduler, ends, tasks = TenantScheduler(), asyncio.Event(), []

    async def write():
        async with scheduler.turn(one, "shop"):
            await ends.wait()
        if has_place:  # given to the second task, which has not run since
            tasks[1].cancel()

    tasks += [asyncio.create_task(write()) for _ in range(3)]
    await asyncio.sleep(1)
    if not has_place:
        tasks[1].cancel()
    ends.set()
    await tasks[2]
    assert tasks[1].cancelled()


async def test_a_piece_of_work_ends_at_its_deadline():
    brief = Work(name="checks", places=1, of_namespace=1, seconds=3)
    scheduler = TenantScheduler()
    with pytest.raises(TimeoutError):
        async with scheduler.turn(brief, "shop"):
            await asyncio.sleep(100)

    assert virtual_time.now() == 3


async def test_a_namespace_spends_its_own_allowance_only():
    matches = Work(name="matches", places=4, of_namespace=4, burst=2, per_second=0.1)
    scheduler = TenantScheduler()

    async def match(namespace):
        async with scheduler.turn(matches, namespace, 0):
            scheduler.spend(matches, namespace, 1.5)

    await match("hostile")
    await match("hostile")
    await asyncio.sleep(9)
    with pytest.raises(OverBudget):
        await match("hostile")
    await match("honest")
    await asyncio.sleep(2)
    await match("hostile")


async def test_what_deleted_namespaces_have_spent_is_forgotten():
    changes = Work(name="changes", places=4, of_namespace=4, burst=2, per_second=0.1)
    scheduler = TenantScheduler()
    for number in range(200):
        scheduler.spend(changes, f"preview-{number}", 1)
        await asyncio.sleep(1)

    assert len(scheduler._of(changes)._spent) <= 11


async def test_a_namespace_that_has_spent_too_much_waits_until_it_may_spend_again():
    changes = Work(name="changes", places=4, of_namespace=4, burst=2, per_second=0.1)
    scheduler, times = TenantScheduler(), {"hostile": [], "honest": []}

    async def change(namespace):
        await scheduler.wait_for_allowance(changes, namespace)
        scheduler.spend(changes, namespace, 1)
        times[namespace].append(virtual_time.now())

    names = ["hostile"] * 5 + ["honest"]
    await asyncio.gather(*map(change, names))

    assert times["honest"] == [0]
    assert times["hostile"] == pytest.approx([0, 0, 0, 10, 20])


def test_a_thread_that_blocks_keeps_its_place_after_its_caller_has_given_up():
    one = Work(name="lookups", places=2, of_namespace=1)

    async def timeline():
        scheduler, ends = TenantScheduler(), threading.Event()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await scheduler.run_in_thread(one, "hostile", ends.wait)
        second = asyncio.create_task(scheduler.run_in_thread(one, "hostile", str, 2))
        assert await scheduler.run_in_thread(one, "honest", str, 1) == "1"
        assert not second.done()
        ends.set()
        assert await second == "2"

    asyncio.run(timeline())


STOCKS = [each for each in vars(tenant_scheduler).values() if isinstance(each, Stock)]


def fill(scheduler: TenantScheduler, stock: Stock, namespace: str) -> int:
    """Take as much as the namespace gets, in small steps; return how much that is."""
    step, held = max(1, stock.reserved // 4), 0
    while True:
        try:
            scheduler.hold(stock, namespace, step)
        except OverBudget:
            return held
        held += step


@pytest.mark.parametrize("stock", STOCKS, ids=lambda stock: stock.name)
def test_many_namespaces_of_one_tenant_leave_another_its_reserved_part(stock: Stock):
    scheduler = TenantScheduler()
    held = sum(fill(scheduler, stock, f"hostile-{number}") for number in range(30))
    assert held <= stock.shared + 30 * stock.reserved
    assert fill(scheduler, stock, "honest") >= stock.reserved > 0
    with pytest.raises(OverBudget, match="all namespaces together are over their limit") as error:
        scheduler.hold(stock, "honest", 1 + stock.reserved // 4)
    assert error.value.why.reason == "NamespaceBudgetExceeded"


@pytest.mark.parametrize("stock", STOCKS, ids=lambda stock: stock.name)
def test_one_namespace_leaves_another_a_part_of_what_they_share(stock: Stock):
    """One with 240 virtual hosts left 6 of the 230 that were shared."""
    scheduler = TenantScheduler()
    fill(scheduler, stock, "hostile")
    shared = fill(scheduler, stock, "honest") - stock.reserved
    # Objects make room for others; charts do not scale anything.
    if stock not in (tenant_scheduler.OBJECTS, tenant_scheduler.RECORDED_OBJECTS):
        assert shared >= stock.shared / 10


@pytest.mark.parametrize("stock", STOCKS, ids=lambda stock: stock.name)
def test_what_a_namespace_releases_is_free_for_the_others(stock: Stock):
    scheduler = TenantScheduler()
    for _ in range(3):
        held = [fill(scheduler, stock, f"{number}") for number in range(30)]
        for number, each in enumerate(held):
            scheduler.hold(stock, f"{number}", -each)
    assert fill(scheduler, stock, "shop") == held[0]


def test_the_shared_parts_fit_into_the_memory_of_the_operator():
    assert sum(each.shared * each.bytes_each for each in STOCKS) <= USUAL_MEMORY - OWN_MEMORY
    assert sum(each.reserved * each.bytes_each for each in STOCKS) <= 8.1e6


def test_each_module_with_other_bounds_exists():
    modules = re.findall(r"`([\w/]+\.py)`", str(tenant_scheduler.__doc__))
    folder = Path(str(tenant_scheduler.__file__)).parent
    assert len(modules) > 10
    assert [each for each in modules if not (folder / each).is_file()] == []


def test_an_operator_with_more_memory_has_larger_shared_parts(tmp_path):
    files = [tmp_path / "memory.max", tmp_path / "memory.limit_in_bytes"]
    stock = Stock("charts", 100, reserved=10, shared=20)
    assert memory_limit(files) == USUAL_MEMORY
    files[0].write_text("max\n")
    files[1].write_text(f"{2**63 - 4096}\n")
    assert memory_limit(files) == USUAL_MEMORY
    files[1].write_text(f"{2 * USUAL_MEMORY - OWN_MEMORY}\n")
    assert fill(TenantScheduler(memory_limit(files)), stock, "shop") == 50
    assert fill(TenantScheduler(), stock, "shop") == 30
    assert fill(TenantScheduler(OWN_MEMORY), stock, "shop") == 10
