"""Which queues an object selects."""

import asyncio
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare.broker import queue_selection
from mare.broker.queue_selection import (
    MAX_DECLARED,
    MAX_QUEUES_OF_OBJECT,
    QueueMatcher,
    QueueQuery,
    QueueSelection,
    compile_pattern,
    is_of_one_process,
    is_service_queue,
    queries_of,
)
from mare.custom_resource.autoscaler import read_autoscaler
from mare.tenant_scheduler import TenantScheduler
from tests.fakes.clock import Clock
from tests.unit.operator_broker.memory import peak_mib
from tests.unit.operator_loop.worlds import body


def match(matcher: QueueMatcher, query: QueueQuery, names, exclusive=frozenset()):
    return matcher.select(query, names, exclusive, TenantScheduler().of("shop"))


def select(query: QueueQuery, names: list[str], exclusive: frozenset[str] = frozenset()):
    return asyncio.run(match(QueueMatcher(Clock(0.0)), query, names, exclusive))


def pattern(*patterns: str) -> QueueQuery:
    return QueueQuery(names=(), patterns=patterns, service=None)


EVENT = "evt-cart-paid--shop.on_paid"
EVENT_OF_OTHER = "evt-cart-paid--other.on_paid"
BROADCAST = f"{EVENT}-0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("pattern", "name", "fit"),
    [
        ("jobs-*", "jobs-", True),
        ("jobs-*", "jobs-a-b", True),
        ("jobs-?", "jobs-ab", False),
        ("a.b", "axb", False),
        ("a[1]", "a[1]", True),
        ("*", "anything", True),
        ("jobs", "jobs-a", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("*ab*", "aab", True),
        ("*a?", "aab", True),
        ("a*a", "a", False),
        ("*-?b*-c", "a-b-ab-c", True),
    ],
)
def test_only_star_and_question_mark_are_special(pattern, name, fit):
    assert bool(compile_pattern(pattern).fullmatch(name)) is fit


@given(pattern=st.text("ab*?", max_size=12), name=st.text("ab\n", max_size=12))
def test_patterns_match_as_in_a_shell_without_brackets(pattern, name):
    assert bool(compile_pattern(pattern).fullmatch(name)) is fnmatchcase(name, pattern)


@pytest.mark.timeout(60)
def test_no_pattern_backtracks_for_long():
    assert not compile_pattern("*a" * 100 + "b").fullmatch("a" * 255)


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("rpc-shop", True),
        ("rpc-shopping", False),
        ("evt-cart-paid--shop.on_paid", True),
        ("evt-cart-paid--shopping.on_paid", False),
        ("evt-cart-paid", False),
        ("rpc.reply-shop-1", False),
    ],
)
def test_the_queues_of_a_service_have_the_names_that_nameko_gives(name, mine):
    assert is_service_queue("shop", name) is mine


def test_a_queue_of_one_process_is_recognized_by_its_identifier():
    assert is_of_one_process("evt-cart-paid--shop.on_paid-0f8fad5b-d9cb-469f-a165-70867728950e")
    assert is_of_one_process("evt-cart-paid--shop.on_paid-0f8fad5bd9cb469fa16570867728950e")
    assert is_of_one_process("rpc.reply-gateway-0f8fad5bd9cb469fa16570867728950e")
    assert is_of_one_process("0f8fad5b-d9cb-469f-a165-70867728950e")
    assert not is_of_one_process("evt-cart-paid--shop.on_paid")


@pytest.mark.parametrize("tenant", ["0f8fad5b-d9cb-469f-a165-70867728950e", "0" * 32])
def test_a_queue_of_a_tenant_is_counted(tenant):
    assert list(select(pattern("mail-*"), [f"mail-{tenant}"]).readable) == [f"mail-{tenant}"]


@pytest.mark.parametrize("name", ["private", BROADCAST])
def test_a_queue_that_is_named_is_read_though_one_connection_has_it(name):
    query = QueueQuery(names=(name,), patterns=("*",), service=None)
    assert list(select(query, [name, "other"], frozenset({"private", "other"})).readable) == [name]


def test_a_queue_is_selected_once_with_all_the_entries_that_match():
    queues = [{"name": "jobs-a"}, {"pattern": "jobs-*"}, {"pattern": "*-a"}, {"name": "rpc-shop"}]
    spec = {"queues": queues, "nameko": {"service": "shop"}}
    names = ["jobs-a", "jobs-b", "evt-cart-paid--shop.on_paid", "evt-a", "other", "rpc-shop"]

    query = queries_of(read_autoscaler(body(**spec)), "/")

    assert select(query["/"], names).found == {
        "jobs-a": ("jobs-a", "jobs-*", "*-a"),
        "rpc-shop": ("rpc-shop",),
        "jobs-b": ("jobs-*",),
        "evt-cart-paid--shop.on_paid": (),
        "evt-a": ("*-a",),
    }


def test_entries_belong_to_the_query_of_their_virtual_host():
    queues = [{"name": "jobs-a", "vhost": "shop"}, {"name": "jobs-a"}, {"name": "b", "vhost": "x"}]
    autoscaler = read_autoscaler(body(queues=queues, nameko={"service": "cart"}))

    assert queries_of(autoscaler, "shop") == {
        "shop": QueueQuery(names=("jobs-a",), patterns=(), service="cart"),
        "x": QueueQuery(names=("b",), patterns=(), service=None),
    }
    autoscaler = read_autoscaler(body(queues=[{"name": "b", "vhost": "x"}]))
    assert list(queries_of(autoscaler, "shop")) == ["x"]


@pytest.mark.parametrize(
    ("names", "own"),
    [
        pytest.param([], {"rpc-shop"}, id="nothing is known"),
        pytest.param(["rpc-other", EVENT_OF_OTHER], {"rpc-shop"}, id="nothing is its own"),
        pytest.param([EVENT], {EVENT}, id="it only listens to events"),
        pytest.param([EVENT, "rpc-shop"], {EVENT, "rpc-shop"}, id="it has both"),
        pytest.param([BROADCAST], {BROADCAST, "rpc-shop"}, id="each process has its own"),
    ],
)
def test_the_rpc_queue_of_a_service_is_missing_only_if_the_service_has_no_other_queue(names, own):
    assert set(select(QueueQuery(names=(), patterns=(), service="shop"), names).found) == own


def test_queues_that_no_other_connection_can_consume_are_not_readable():
    selection = select(pattern("*"), ["a", "reply", BROADCAST], frozenset({"reply"}))

    assert set(selection.found) == {"a", "reply", BROADCAST}
    assert set(selection.readable) == {"a"}


def test_the_first_256_queues_are_declared_and_the_others_are_sampled():
    names = [f"a-{number:03}" for number in range(300)]
    selection = select(QueueQuery(names=("a-299",), patterns=("a-*",), service=None), names)

    assert selection.declared == ["a-299", *names[: MAX_DECLARED - 1]]
    assert selection.sampled == names[MAX_DECLARED - 1 : 299]


class Stage:
    """A matcher whose matches are counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock(0.0)
        self.matcher = QueueMatcher(self.clock)
        self.matched: list[str] = []
        matches = QueueQuery.matches

        def counted(query: QueueQuery, names: list[str], compiled: dict) -> dict:
            self.matched += names
            return matches(query, names, compiled)

        monkeypatch.setattr(QueueQuery, "matches", counted)

    def select(self, query: QueueQuery, names: list[str], *exclusive: str):
        self.matched.clear()
        return asyncio.run(match(self.matcher, query, names, frozenset(exclusive)))


def test_patterns_are_matched_once_as_long_as_the_names_are_the_same(monkeypatch):
    stage, names = Stage(monkeypatch), ["a-1", "a-2", "b"]
    first = stage.select(pattern("a-*"), names)
    assert stage.matched == names
    assert stage.select(pattern("a-*"), names) is first
    assert stage.matched == []


def test_only_new_names_are_matched_after_a_change(monkeypatch):
    stage = Stage(monkeypatch)
    for number in range(3, 40):
        names, entries = [f"a-{number - 1}", f"a-{number}", "b"], ("a-*",)
        for query, found in (("a-*", dict.fromkeys(names[:2], entries)), ("*b", {"b": ("*b",)})):
            assert stage.select(pattern(query), names).found == found
            assert stage.matched == (names if number == 3 else [f"a-{number}"])


def test_a_query_that_missed_a_change_is_matched_against_all_names(monkeypatch):
    stage = Stage(monkeypatch)
    stage.select(pattern("a-*"), ["a-1"])
    stage.select(pattern("b-*"), ["a-2"])
    selection = stage.select(pattern("a-*"), ["a-3"])

    assert stage.matched == ["a-3"]
    assert list(selection.found) == ["a-3"]


def test_a_queue_that_becomes_exclusive_is_no_longer_readable(monkeypatch):
    stage, names = Stage(monkeypatch), ["a-1", "a-2"]
    stage.select(pattern("a-*"), names)
    selection = stage.select(pattern("a-*"), names, "a-1")

    assert list(selection.readable) == ["a-2"]
    assert stage.matched == []


def test_an_object_that_selects_too_many_queues_is_unknown_also_as_it_grows(monkeypatch):
    stage, names = Stage(monkeypatch), [f"a-{number}" for number in range(MAX_QUEUES_OF_OBJECT)]
    assert isinstance(stage.select(pattern("a-*"), names), QueueSelection)
    more = [*names, "a-more"]
    for found in (stage.select(pattern("a-*"), more), select(pattern("a-*"), more)):
        assert (found.reason, "2,000" in found.cause) == ("TooManyQueues", True)


def test_a_query_over_the_limit_is_matched_again_a_minute_later_if_names_changed(monkeypatch):
    stage = Stage(monkeypatch)
    monkeypatch.setattr(queue_selection, "MAX_QUEUES_OF_OBJECT", 1)
    stage.select(pattern("*"), ["a", "b"])
    stage.clock.now = 59.0
    assert stage.select(pattern("*"), ["a"]).reason == "TooManyQueues"
    assert stage.matched == []
    stage.clock.now = 60.0

    assert list(stage.select(pattern("*"), ["a"]).found) == ["a"]


def test_slow_patterns_make_only_their_own_object_unknown(monkeypatch):
    names = ["a" * 250 + f"{number:05}" for number in range(2_000)]
    monkeypatch.setattr(queue_selection, "_MAX_MATCHING_SECONDS", 0.01)
    slow = pattern(*("*" + "a" * 120 + char for char in "bcdefghijk"))

    assert select(slow, names).reason == "PatternsTooSlow"
    assert select(pattern("b*"), names[:100]).found == {}


def test_matching_lets_other_tasks_run():
    async def timeline() -> int:
        turns, done = 0, asyncio.Event()

        async def other() -> None:
            nonlocal turns
            while not done.is_set():
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        names, matcher = [f"b-{number}" for number in range(10_000)], QueueMatcher(Clock(0.0))
        await match(matcher, pattern("a-*", "*c*"), names)
        done.set()
        await task
        return turns

    assert asyncio.run(timeline()) >= 20


def test_an_object_that_is_edited_again_and_again_fills_no_memory():
    names = dict.fromkeys(f"work-{number}" for number in range(300))

    async def edit() -> None:
        matcher = QueueMatcher(Clock(0.0))
        for number in range(200):
            found = await match(matcher, pattern("work-*", f"other-{number}"), names)
            assert len(found.readable) == len(names)

    assert peak_mib(lambda: asyncio.run(edit())) < 3
