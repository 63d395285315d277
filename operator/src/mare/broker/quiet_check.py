"""Whether queues have messages at this moment, by requests that the queues themselves answer.

Measured on RabbitMQ 4.0.5 (docs/measurements/statistics.md): with `disable_stats` and
`enable_queue_totals`, the counts of a classic queue are current. The counts of a quorum queue are
of its last tick, up to 5 s ago; but its Raft log, which is current, shows whether it has changed
since.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import partial

import msgspec

from mare.broker.connection_parameters import ConnectionParameters, path_segment
from mare.broker.declare_answers import late, silent
from mare.broker.http_client import BrokerHttpClient, EndpointMissing
from mare.broker.queue_memory import QueueMemory
from mare.broker.response_fields import Count, Short
from mare.domain.evidence import MESSAGES_LEFT, QUEUE_CHANGED
from mare.domain.observation import UNCHANGED_SECONDS
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, Clock
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import QUIET_CONNECTIONS

_COLUMNS = {
    "disable_stats": "true",
    "enable_queue_totals": "true",
    "columns": "type,messages_ready,messages_unacknowledged",
}
_MAX_BYTES = 2**20
_QUEUES_OF_CONNECTION, _MOST_FURTHER = 64, 3
"""A check has 3 s: 256 quorum queues with 4 ms a request took 4.6 s over one connection, so that
such a workload never became idle. 64 allow 23 ms a request."""
_IDLE_SECONDS = 2.0
"""A check that does not confirm is repeated after 1 s."""
_SOURCE = "the management API"


class _Totals(msgspec.Struct):
    type: Short = "classic"
    messages_ready: Count | None = None
    messages_unacknowledged: Count | None = None

    @property
    def left(self) -> int | None:
        """The messages in the queue; None while the queue itself does not answer."""
        ready, unacknowledged = self.messages_ready, self.messages_unacknowledged
        return None if ready is None or unacknowledged is None else ready + unacknowledged


class _Member(msgspec.Struct):
    state: str = msgspec.field(name="Raft State", default="")
    term: Count | Short = msgspec.field(name="Term", default=0)
    last_index: Count | Short = msgspec.field(name="Last Log Index", default=0)


_TOTALS = msgspec.json.Decoder(_Totals)
_MEMBERS = msgspec.json.Decoder(list[_Member])
_Position = tuple[int | str, int | str]


class QuietCheck:
    """Checks the queues of one virtual host, and remembers the Raft logs of quorum queues."""

    def __init__(self, uri: str, parameters: ConnectionParameters, clock: Clock) -> None:
        client = partial(BrokerHttpClient, uri, parameters, _SOURCE, _MAX_BYTES)
        self._http = client()
        self._further = client(connections=_MOST_FURTHER, idle_seconds=_IDLE_SECONDS)
        self._tenant = parameters.tenant
        self._vhost = parameters.vhost
        self._clock = clock
        self._positions = QueueMemory[tuple[_Position, float]](parameters.tenant)
        """The end of each log, and since when it has been there."""

    async def run(self, names: Collection[str]) -> Unknown | None:
        """Return why a queue may have a message, ready or unacknowledged; None if none has.

        A quorum queue passes when its log did not change for 5.5 s, so that a second call can pass
        where the first one did not. Without such an endpoint, as before RabbitMQ 4, it passes.
        """
        waiting = deque(names)
        count = (len(names) - 1) // _QUEUES_OF_CONNECTION
        further = [self._check_further(waiting) for _ in range(count)]
        reasons = await asyncio.gather(self._check_first(waiting), *further)
        return main_reason([*reasons, await self._check_first(waiting)])

    async def _check_further(self, waiting: deque[str]) -> Unknown | None:
        """Check some of the queues over another connection, if the namespace may have one.

        The first connection checks what this one fails for: a proxy may refuse further ones.
        """
        with suppress(AccessRefused, OverBudget, OSError):
            async with self._tenant.turn(QUIET_CONNECTIONS):
                return await self._check_all(self._further, waiting)
        return None

    async def _check_first(self, waiting: deque[str]) -> Unknown | None:
        try:
            return await self._check_all(self._http, waiting)
        except AccessRefused as error:
            why = Unknown(error.reason, str(error))
        except OverBudget as error:
            why = error.why
        except OSError as error:
            why = Unknown("StatisticsUnreachable", str(error))
        waiting.clear()  # a failure ends the check on all connections
        return why

    async def _check_all(self, http: BrokerHttpClient, waiting: deque[str]) -> Unknown | None:
        found: Unknown | None = None
        while waiting:
            name = waiting.popleft()
            try:
                why = await self._check(http, name)
            except EndpointMissing:
                continue
            except (AccessRefused, OverBudget, OSError):
                waiting.append(name)
                raise
            if why is not None and why.reason == MESSAGES_LEFT:
                waiting.clear()  # a message ends the check on all connections
                return why
            found = found or why
        return found

    async def _check(self, http: BrokerHttpClient, name: str) -> Unknown | None:
        requested_at = self._clock()
        path = f"{path_segment(self._vhost)}/{path_segment(name)}"
        async with http.body(f"/api/queues/{path}", _COLUMNS) as body:
            totals = await http.decode(body, _TOTALS)
        if totals.left != 0:
            text = f"queue {name} still has messages: {totals.left}"
            return silent(name) if totals.left is None else Unknown(MESSAGES_LEFT, text, name)
        if totals.type != "quorum":
            return None
        async with http.body(f"/api/queues/quorum/{path}/status", {}) as body:
            members = await http.decode(body, _MEMBERS)
        leader = next((each for each in members if each.state == "leader"), None)
        if leader is None:
            return late(name)
        position = (leader.term, leader.last_index)
        last, since = self._positions.get(name) or (None, 0.0)
        if position == last and requested_at >= since + UNCHANGED_SECONDS:
            return None
        if position != last:
            try:
                self._positions.set(name, (position, self._clock()))
            except OverBudget as error:
                return error.why
        return Unknown(QUEUE_CHANGED, f"queue {name} changed less than 6 s ago", name)

    async def close(self) -> None:
        self._positions.close()
        await self._http.close()
        await self._further.close()


def main_reason(reasons: Iterable[Unknown | None]) -> Unknown | None:
    """Return a message that is left, or else the first reason; None if there is none."""
    known = [why for why in reasons if why is not None]
    left = (why for why in known if why.reason == MESSAGES_LEFT)
    return next(left, known[0] if known else None)
