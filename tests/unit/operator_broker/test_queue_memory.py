"""What is remembered of queues is bounded for the namespace, however many virtual hosts it has."""

import pytest

from mare.broker.declare_answers import Depth
from mare.broker.object_reading import TransientQueues
from mare.broker.queue_depths import Last, LeaderAnswers
from mare.broker.queue_memory import QueueMemory
from mare.broker.queue_selection import QueueQuery, QueueSelection
from mare.broker.queue_statistics import QueueStatistics
from mare.custom_resource.autoscaler import Key
from mare.domain.unknown import Unknown
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import REMEMBERED_QUEUES, TenantScheduler

MOST = REMEMBERED_QUEUES.of_namespace
OVER = Unknown(
    "NamespaceBudgetExceeded", "namespace shop is over its limit of remembered queues, 20,000"
)


def test_the_queues_of_a_virtual_host_replace_its_own():
    memory = QueueMemory[int](TenantScheduler().of("shop"))
    for number in range(MOST + 10):
        memory.set(f"work-{number}", number)
    memory.set("work-11", 0)
    memory.set("other", 0)
    assert [name in memory for name in ("work-9", "work-10", "work-11", "other")] == [
        False,
        False,
        True,
        True,
    ]


def test_the_virtual_hosts_of_a_namespace_share_the_bound():
    """Each remembered 20,000 queues, and a namespace may have 256 of them."""
    scheduler = TenantScheduler()
    first, second, other = (QueueMemory[int](scheduler.of(n)) for n in ("shop", "shop", "market"))
    for number in range(MOST):
        first.set(f"work-{number}", number)
    with pytest.raises(OverBudget):
        second.set("work", 1)
    other.set("work", 1)
    first.forget("work-0")
    first.forget("work-0")
    second.set("work", 1)
    with pytest.raises(OverBudget):
        QueueMemory[int](scheduler.of("shop")).set("work", 1)
    first.close()
    first.set("late", 1)
    for number in range(MOST - 1):
        second.set(f"work-{number}", number)
    assert second.get("work") == 1


def test_a_queue_that_cannot_be_remembered_is_unknown():
    """A late 0 and 0 is taken for an empty queue only if it is the first answer of the queue."""
    tenant = TenantScheduler().of("shop")
    tenant.hold(REMEMBERED_QUEUES, MOST)
    leaders = LeaderAnswers(QueueMemory[Last](tenant), has_statistics=True)
    for depth in Depth(0, 0), Depth(3, 1):
        assert leaders.accepted("work", depth, None, 1.0) == (OVER, 1.0)


class Host:
    name = "/"
    reports_transient = True

    def statistics_of(self, _: str) -> QueueStatistics:
        return QueueStatistics(transient=True)


def test_transient_queues_are_remembered_up_to_the_bound_of_the_namespace():
    names = [f"reply-{number}" for number in range(1_999)]
    query = QueueQuery(names=(), patterns=("reply-*",), service=None)
    selection = QueueSelection(query, dict.fromkeys(names, query.patterns), {})
    queues = TransientQueues(TenantScheduler())

    def find(number: int, namespace: str = "shop"):
        return queues.find(Key(namespace, f"worker-{number}"), selection, Host())

    assert [find(number) for number in range(10)] == [tuple(names)] * 10
    assert find(10) == OVER
    assert find(10, "market") == tuple(names)
    assert find(3) == tuple(names)
    queues.keep_only({Key("shop", "worker-3")})
    assert find(10) == tuple(names)
