"""The tool that counts reads by shards counts each queue of each object."""

from tests.load.shard_reads import measured
from tests.unit.operator_broker import virtual_time


def reads(shards: int, queues: int) -> object:
    return virtual_time.run(measured(12, 6, shards, 1, queues))["reads_per_second"]


def test_an_object_with_three_queues_has_thrice_the_reads_whatever_the_shards():
    assert reads(1, 3) == reads(3, 3) == 12 * 3 * 4
    assert reads(1, 1) == 12 * 4
