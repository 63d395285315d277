"""The leadership of each shard in one process: elected, or that of the only replica."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from mare.cluster.api import Api
from mare.leadership import ElectedLeader, LeaseSettings
from mare.ports import Clock, Leadership, SoleReplica
from mare.sharding.assignment import pod_of, shard_of, shards_of
from mare.sharding.election import ShardElection, ShardLeadership


@dataclass(frozen=True, slots=True)
class Leaders:
    of_shards: Sequence[Leadership]
    election: ElectedLeader | ShardElection | None

    def may_write(self, namespace: str | None) -> bool:
        """Return whether this replica leads the objects of a namespace."""
        return self.of_shards[shard_of(namespace or "", len(self.of_shards))]()

    @property
    def is_stalled(self) -> bool:
        return self.election is not None and self.election.is_stalled

    @property
    def are_elected(self) -> bool:
        """Whether each shard has a leader, in this or another replica."""
        return self.election is None or self.election.is_held

    def is_led_elsewhere(self, shard: int) -> bool:
        """Return whether another replica leads a shard, as last read."""
        if not isinstance(self.election, ShardElection):
            return False
        return self.election.leader_of(shard) not in {None, self.election.identity}

    @property
    def shows_all(self) -> bool:
        """Whether this replica can show each object: with shards, also those of other replicas."""
        return self.election is None or isinstance(self.election, ShardElection) or self.election()

    def names(self) -> str | None:
        """Return the Pods that lead, with their shards if there are several; None if unknown."""
        if isinstance(self.election, ShardElection):
            return _of_shards(self.election) or None
        holder = self.election.holder if self.election else None
        return pod_of(holder) if holder and shards_of(holder) is None else None


def elect(
    api: Api, settings: LeaseSettings, clock: Clock, *, shards: int, is_sole: bool
) -> Leaders:
    if is_sole:
        return Leaders([SoleReplica()] * shards, None)
    if shards == 1:
        leader = ElectedLeader(api, settings, clock)
        return Leaders([leader], leader)
    election = ShardElection(api, settings, shards, clock)
    return Leaders([ShardLeadership(election, shard) for shard in range(shards)], election)


def _of_shards(election: ShardElection) -> str:
    led = defaultdict(list)
    for shard in range(election.shards):
        if leader := election.leader_of(shard):
            led[pod_of(leader)].append(str(shard))
    return "; ".join(f"{pod}: {', '.join(shards)}" for pod, shards in sorted(led.items()))
