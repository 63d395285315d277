"""No two replicas lead the shard of an object, whatever becomes of them, their clocks and requests.

Each rule is one thing that can happen: time passes, a request arrives or its answer does, a replica
pauses, is killed or stops, one of another number of shards starts, the Lease is deleted.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mare.ports import Unavailable
from mare.sharding.assignment import shard_of
from tests.unit.examples import examples
from tests.unit.operator_sharding.lease_server import Attempt, Connection, LeaseServer, election

_NAMESPACES = [f"team-{number}" for number in range(8)]
_MOST = 5
_SIZES = (1, 2, 3, 5)
_LEASES = (2.0, 3.5)


@dataclass(eq=False)
class _Replica:
    election: Any
    shards: int
    connection: Connection
    seconds: float
    attempt: Attempt | None = None
    due: float = 0.0
    stopping: bool = False

    def leads(self, namespace: str) -> bool:
        if self.shards == 1:
            return self.election()
        return self.election.leads(shard_of(namespace, self.shards))

    def begin(self) -> None:
        self.attempt = Attempt(self.election.attempt())

    def begin_release(self) -> None:
        self.attempt = Attempt(self.election.release())
        self.stopping = True


class Replicas(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.server = LeaseServer()
        self.now = 1000.0
        self.replicas: list[_Replica] = []
        self.ghosts: list[Any] = []
        """Requests of killed replicas that may still arrive."""
        self.started = 0

    def _one(self, data: st.DataObject) -> _Replica:
        return data.draw(st.sampled_from(self.replicas))

    @precondition(lambda self: len(self.replicas) < _MOST and self.server.lease is not None)
    @rule(
        shards=st.sampled_from(_SIZES),
        seconds=st.sampled_from(_LEASES),
        offset=st.floats(0, 1e5),
        rate=st.floats(0.97, 1.03),
    )
    def start(self, shards: int, seconds: float, offset: float, rate: float) -> None:
        self._start(shards, seconds, offset, rate)

    def _start(self, shards: int, seconds: float, offset: float, rate: float) -> None:
        self.started += 1
        connection = Connection(self.server)
        clock = lambda: offset + self.now * rate  # noqa: E731
        name = f"replica-{self.started}"
        self.replicas.append(
            _Replica(
                election(connection, name, shards, clock, seconds), shards, connection, seconds
            )
        )

    @precondition(lambda self: not self.replicas)
    @rule(shards=st.sampled_from(_SIZES), number=st.integers(1, 3))
    def install(self, shards: int, number: int) -> None:
        for _ in range(number):
            self._start(shards, 3.5, 0.0, 1.0)

    @precondition(lambda self: self.replicas)
    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        self._step(self._one(data))

    @precondition(lambda self: self.replicas)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        """A request or its answer is lost."""
        replica = self._one(data)
        if replica.attempt is not None:
            if replica.connection.sent is not None and data.draw(st.booleans()):
                self.ghosts.append(replica.connection.sent)
            self._step(replica, Unavailable("away"))

    def _step(self, replica: _Replica, error: Exception | None = None) -> None:
        if replica.attempt is None:
            replica.begin()
        assert replica.attempt is not None
        if replica.attempt.step(error):
            return
        replica.attempt = None
        if replica.stopping:
            self.replicas.remove(replica)

    @precondition(lambda self: self.replicas)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        """A whole attempt, with no other replica in between."""
        replica = self._one(data)
        self._step(replica)
        while replica.attempt is not None:
            self._step(replica)

    @precondition(lambda self: self.replicas)
    @rule(rounds=st.integers(1, 12), data=st.data())
    def run(self, rounds: int, data: st.DataObject) -> None:
        """All but some paused replicas renew in time."""
        paused = data.draw(st.sets(st.sampled_from(range(len(self.replicas))), max_size=2))
        running = [each for number, each in enumerate(self.replicas) if number not in paused]
        for _ in range(rounds):
            self.now += 0.5
            for replica in running:
                while replica in self.replicas:
                    self._step(replica)
                    if replica.attempt is None:
                        break
            self.only_one_leads()

    @rule(seconds=st.sampled_from([0.05, 0.4, 0.7, 1.0, 2.0, 3.0, 3.2, 4.0, 4.5, 9.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.replicas)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        replica = self._one(data)
        if replica.connection.sent is not None:
            self.ghosts.append(replica.connection.sent)
        if replica.attempt is not None:
            replica.attempt.end()
        self.replicas.remove(replica)

    @precondition(lambda self: self.replicas)
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        replica = self._one(data)
        if replica.attempt is not None:
            replica.attempt.end()
        replica.begin_release()
        self._step(replica)

    @precondition(lambda self: self.ghosts)
    @rule()
    def arrive(self) -> None:
        self.ghosts.pop(0)()

    @precondition(
        lambda self: (
            len({each.seconds for each in self.replicas}) == 1
            and all(each.shards > 1 for each in self.replicas)
        )
    )
    @rule()
    def delete(self) -> None:
        """A replica that starts then takes a Lease without shards at once: only shards are tried.

        It knows the duration of no other one.
        """
        self.server.lease = None

    @invariant()
    def only_one_leads(self) -> None:
        for namespace in _NAMESPACES:
            assert sum(each.leads(namespace) for each in self.replicas) <= 1

    def teardown(self) -> None:
        for replica in self.replicas:
            if replica.attempt is not None:
                replica.attempt.end()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log nothing: each lost request is a line, and each of them is formatted."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


TestReplicas = Replicas.TestCase
TestReplicas.settings = settings(
    max_examples=examples(60),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
