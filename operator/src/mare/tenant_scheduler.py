"""All work that a tenant can cause, bounded for each namespace and fair between namespaces.

The instances of `Work` and `Stock` are the bounds. Each kind of work has places of its own. A
namespace never has all of them, and free places go to the namespaces that wait in turn, so that a
thousand objects of one namespace delay an object of another by one piece of work at most. What is
over a bound is refused with `OverBudget`, and the object reports it: nothing waits in a line
without an end.

Of a `Stock`, each namespace has a reserved part, and all share one beyond it, so that the number of
namespaces does not multiply the memory.

Bounds of one object, answer or connection stand where they are applied:

- `loop/pace.py`: reads and decisions a second, and queues (`settings.namespace_queues`)
- `loop/loop.py`, `loop/killed_replicas.py`: deleted objects, and killed replicas, that are
  remembered (`loop/recent_entries.py`)
- `loop/stored_status.py`: characters of a status
- `broker/connection_parameters.py`: characters of a value in a Secret
- `broker/bounded_response.py`, `broker/frame_limit.py`, `broker/management.py`,
  `broker/prometheus.py`: heads, frames and bodies of brokers
- `broker/bounded_tls.py`: buffers, handshakes and messages of TLS
- `broker/queue_selection.py`: queues of an object, and processor time for its patterns
- `cluster/bounded_answers.py`, `cluster/bounded_session.py`: pages and watch events
- `cluster/other_workloads.py`: workloads that no object names
- `cluster/conflicting_autoscalers.py`: HorizontalPodAutoscalers of a namespace
- `cluster/scales.py`, `cluster/discovery.py`: characters of a selector, and API versions
- `domain/behavior.py`, `domain/scale_events.py`: recommendations and changes of an object that
  are remembered
- `domain/early_acknowledgement.py`: remembered times of acknowledgements
- `domain/never_consumed.py`, `domain/schedules.py`: remembered queues, and months of an expression
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple

from mare.memory_limit import USUAL_MEMORY
from mare.tenant_lines import Lines, OverBudget, Stock, Work

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


BROKER_READS = Work(name="reads of virtual hosts", places=256, of_namespace=64)
QUIET_CHECKS = Work(name="quiet checks", places=64, of_namespace=8, seconds=3.0)
"""A check takes 5 ms; one of a broker that hangs takes the 3 s."""
QUIET_CONNECTIONS = Work(
    name="further connections of quiet checks", places=32, of_namespace=8, waiting=0
)
"""For more than 64 queues of a virtual host; 67 KB each with TLS. Without a place, a check has one
connection and takes longer."""
SCALE_WRITES = Work(name="changes of replicas", places=32, of_namespace=16)
STATUS_WRITES = Work(name="status writes", places=8, of_namespace=4)
"""Apart from `SCALE_WRITES`: in an outage each object has one, and scaling must not wait.

An API server with two cores takes 150 a second, eight or 32 at a time, but beside 32 a change of
replicas takes 0.3 s (p95) instead of 0.09 s.
"""
JOB_WRITES = Work(
    name="creations and deletions of Jobs", places=16, of_namespace=8, burst=500, per_second=20
)
POD_LISTS = Work(name="lists of Pods", places=8, of_namespace=2)
"""Before a scale-down. A page of 4 MiB takes up to 49 MB, and 16 lists took the operator from 58 to
453 MiB."""
POD_WRITES = Work(name="changes of Pods", places=16, of_namespace=8)
POD_READS = Work(
    name="reads of Pods", places=8, of_namespace=2, waiting=64, burst=60, per_second=0.5
)
"""A page of 20 Pods, once a minute for each object whose replicas do not become ready."""
KILL_CHECKS = Work(name="checks of ending replicas", places=1_000, of_namespace=250, waiting=0)
KILL_LISTS = Work(
    name="lists of ending Pods", places=8, of_namespace=2, waiting=250, burst=60, per_second=5
)
"""One for each of `KILL_CHECKS`, and again after errors; up to 4 MiB a page."""
KILL_WATCHES = Work(
    name="watches of ending Pods", places=32, of_namespace=4, waiting=250, seconds=30.0
)
"""A busy kubelet sends SIGTERM, and so SIGKILL, seconds late. All watches of a namespace can get
each change of a Pod, which takes the loop 5 ms, and each can have 1 MiB of an event."""
RESTORES = Work(name="restores", places=8, of_namespace=4)
EVENTS = Work(
    name="processor time for changed objects",
    places=64,
    of_namespace=32,
    burst=2.0,
    per_second=0.03,
)
"""An event takes 0.03 ms, or 15 ms with 16 new schedules that never occur."""
DECODED_EVENTS = Work(
    name="processor time for decoded events",
    places=1,
    of_namespace=1,
    burst=2.0,
    per_second=0.1,
)
"""Of watches that all namespaces share, and of what is read for one of them. An event usually takes
0.05 ms, and up to 8: beyond the bound, that of a workload or QueueAutoscaler is not decoded, but
the object is read at its turn."""
DISCOVERY = Work(name="requests for kinds", places=4, of_namespace=1, burst=20, per_second=2)
WORKLOAD_READS = Work(
    name="reads of workloads", places=16, of_namespace=8, burst=1_000, per_second=20
)
SECRET_READS = Work(name="reads of Secrets", places=16, of_namespace=8, burst=500, per_second=10)
"""More than 300 Secrets of a namespace are read less often than every 30 s."""
LOOKUPS = Work(name="DNS lookups", places=32, of_namespace=4, waiting=256)
"""A thread each. getaddrinfo takes 10 s and more for a name whose server does not answer."""
HANDSHAKES = Work(
    name="processor time for TLS handshakes", places=1, of_namespace=1, burst=2.0, per_second=0.2
)
"""On the loop: a usual one takes 3 ms, so that 120 virtual hosts take 1 s after a start; one with a
chain of 32 KiB takes up to 0.15 s. 64 of these that are answered at once took 10 s, and the Lease
has 3."""
PATTERNS = Work(
    name="processor time for patterns", places=4, of_namespace=1, burst=4.0, per_second=2.0 / 60
)
"""2 s a minute, and 4 s at once. 100 objects with a usual pattern and 30,000 names take 1 s."""
BODIES = Work(name="responses of over 32 KiB", places=48, of_namespace=16)
"""Up to 256 KiB of each are kept. 64 that stalled held 70 MB."""
LARGE_BODIES = Work(name="responses of over 256 KiB", places=3, of_namespace=1, waiting=256)
HUGE_BODIES = Work(
    name="responses of over 4 MiB", places=1, of_namespace=1, waiting=256, seconds=2.0
)
"""Of 12,000 queues and more. Two endless lists at the same time took 35 MiB, a fifth of what the
operator has, and take 25. A namespace that stalls loses the place after 2 s; the rest of 30,000
queues takes 1.3 s at 5 MB/s."""

DECODING = Work(name="decodings of responses", places=2, of_namespace=1, waiting=1_024)
"""A thread each: 10 MiB take 50 ms, for most of which no other thread runs."""

API_DECODING = Work(name="decodings of answers of the API server", places=3, of_namespace=1)
"""A thread each, for more than 256 KiB. All watches of a cluster count as one namespace."""

_PLACES = LOOKUPS.places + DECODING.places + API_DECODING.places
_threads = ThreadPoolExecutor(_PLACES, thread_name_prefix="tenant")


VIRTUAL_HOSTS = Stock("open virtual hosts", 240, reserved=16, shared=268, bytes_each=67_000)
"""Two connections each, and up to four more while a scale-down to idle is checked. One with TLS
takes 67 KB, so that a virtual host with TLS counts as two."""
SECRET_CHARACTERS = Stock(
    "characters in Secrets", 2**21, reserved=2**16, shared=2**22, bytes_each=1
)
"""Of what is kept of Secrets. Three certificates take 10,000, so that 200 Secrets have them."""
CERTIFICATES = Stock(
    "different certificates in Secrets", 12, reserved=1, shared=14, bytes_each=1_000_000
)
"""A TLS context each: 0.8 MB with the 144 authorities of the system, 0.4 MB with 85 others."""
OBJECTS = Stock("QueueAutoscalers", 2_000, reserved=64, shared=2_000, bytes_each=15_000)
"""`loop/object_places.py` makes room for others. `settings.namespace_queues` replaces the 2,000:
each object has a queue. One of 8 KiB counts as two."""
WAITING_EVENTS = Stock(
    "bytes of changes that wait", 2**21, reserved=2**16, shared=2**22, bytes_each=1
)
"""Of changed objects that wait for `EVENTS`; beyond it, each is read again at its turn."""
KINDS = Stock("kinds of workloads", 100, reserved=8, shared=200, bytes_each=12_000)
"""A watch each, or attempts at one."""
REMEMBERED_QUEUES = Stock(
    "remembered queues", 20_000, reserved=1_000, shared=22_800, bytes_each=600
)
"""Their last depths, Raft logs and failures."""
REMEMBERED_JOBS = Stock("remembered Jobs", 2_000, reserved=200, shared=10_000, bytes_each=400)
"""Finished ones up to the history limits, and unfinished ones up to maxReplicas. A decision on so
many takes 5 ms, and 11 if all end together."""
RECORDED_OBJECTS = Stock(
    "objects with charts and a log", 1_000, reserved=20, shared=500, bytes_each=100_000
)
"""One namespace can have all of the shared part. After 24 hours: 47 KB of samples, 22 of arrivals
and 32 of decisions at most."""
RESPONSE_OBJECTS = Stock(
    "JSON objects in responses", 300_000, reserved=12_000, shared=353_000, bytes_each=150
)
"""30,000 queues and as many consumers; the reserved part is for 2,000 queues. One namespace leaves
15 % of the shared part. With 425,000 and a fourth large body at a time, the operator took up to 219
MiB beside all tenants of `tests/load/bench_tenants.py`; it is to take less than 200."""

OWN_MEMORY = 62_000_000
"""Bytes of the operator without objects."""


class TenantScheduler:
    """The places of each kind of work, what waits for them, and what namespaces hold."""

    def __init__(self, memory: int = USUAL_MEMORY) -> None:
        """`memory` is the limit of the operator in bytes: the shared parts grow with it."""
        self._lines: dict[Work, Lines] = {}
        self._held: Counter[tuple[Stock, str]] = Counter()
        self._shared: Counter[Stock] = Counter()
        """What all namespaces hold beyond their reserved parts."""
        self._times = max(0, memory - OWN_MEMORY) / (USUAL_MEMORY - OWN_MEMORY)

    def of(self, namespace: str) -> "Tenant":
        return Tenant(self, namespace)

    @asynccontextmanager
    async def turn(self, work: Work, namespace: str, cost: float = 1.0) -> AsyncIterator[None]:
        """Wait for a place, and hold it during the block.

        Raises:
            OverBudget: Too much of the namespace waits, or it has spent what it may spend.
            TimeoutError: The block exceeds the deadline.
        """
        lines = self._of(work)
        await lines.enter(namespace, cost)
        try:
            if work.seconds is None:
                yield
            else:
                async with asyncio.timeout(work.seconds):
                    yield
        finally:
            lines.leave(namespace)

    async def run_in_thread(
        self, work: Work, namespace: str, function: Callable[[*Ts], T], *args: *Ts
    ) -> T:
        """Run a function that blocks; its place is free when the thread is, even if cancelled.

        Raises `OverBudget`, and what the function raises.
        """
        lines = self._of(work)
        await lines.enter(namespace, 1.0)
        done = asyncio.get_running_loop().run_in_executor(_threads, function, *args)

        def end(_: asyncio.Future[T]) -> None:
            lines.leave(namespace)
            if not done.cancelled():
                done.exception()  # of a cancelled caller: not logged as never retrieved

        done.add_done_callback(end)
        return await asyncio.shield(done)

    def spend(self, work: Work, namespace: str, cost: float) -> None:
        """Count what a piece of work has cost beyond the cost of its turn."""
        self._of(work).spend(namespace, cost)

    def may_spend(self, work: Work, namespace: str) -> bool:
        return self._of(work).seconds_until_allowed(namespace) <= 0

    def check(self, work: Work, namespace: str) -> None:
        """Raise `OverBudget` if a namespace has spent more than it may spend."""
        if not self.may_spend(work, namespace):
            raise OverBudget(work, namespace)

    async def wait_for_allowance(self, work: Work, namespace: str) -> None:
        """Wait until a namespace that has spent too much may spend again."""
        lines = self._of(work)
        while (seconds := lines.seconds_until_allowed(namespace)) > 0:  # noqa: ASYNC110
            await asyncio.sleep(max(seconds, 0.001))  # rounding leaves waits of no time

    def waiting(self, work: Work, namespace: str) -> int:
        """Return how many pieces of a namespace wait for a place."""
        return self._of(work).waiting(namespace)

    def hold(self, stock: Stock, namespace: str, more: int) -> None:
        """Add to what a namespace holds, or release a part of it; raise `OverBudget`."""
        before = self._held[stock, namespace]
        held = before + more
        beyond = max(0, held - stock.reserved) - max(0, before - stock.reserved)
        if more > 0 and held > stock.of_namespace:
            raise OverBudget(stock, namespace)
        if beyond > 0 and self._shared[stock] + beyond > stock.shared * self._times:
            raise OverBudget(stock, namespace, is_shared=True)
        self._shared[stock] += beyond
        self._held[stock, namespace] = held
        if not held:
            del self._held[stock, namespace]

    def _of(self, work: Work) -> "Lines":
        lines = self._lines.get(work)
        if lines is None:
            lines = self._lines[work] = Lines(work)
        return lines


@dataclass(frozen=True, slots=True)
class Tenant:
    """The part of the scheduler for one namespace."""

    scheduler: TenantScheduler
    namespace: str

    def turn(self, work: Work, cost: float = 1.0) -> AbstractAsyncContextManager[None]:
        return self.scheduler.turn(work, self.namespace, cost)

    async def run_in_thread(self, work: Work, function: Callable[[*Ts], T], *args: *Ts) -> T:
        return await self.scheduler.run_in_thread(work, self.namespace, function, *args)

    def spend(self, work: Work, cost: float) -> None:
        self.scheduler.spend(work, self.namespace, cost)

    def check(self, work: Work) -> None:
        self.scheduler.check(work, self.namespace)

    def hold(self, stock: Stock, more: int) -> None:
        self.scheduler.hold(stock, self.namespace, more)
