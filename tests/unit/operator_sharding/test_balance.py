"""How many shards a replica takes and gives."""

from hypothesis import given
from hypothesis import strategies as st

from mare.sharding.balance import claims, hands_over

LOADS = st.lists(st.integers(0, 20), min_size=1, max_size=8)


@given(LOADS, st.integers(1, 10))
def test_free_shards_are_all_taken_by_replicas_that_lead_fewest(loads: list[int], free: int):
    left = set(range(free))
    while left:
        before = len(left)
        for index, mine in enumerate(loads):
            others = loads[:index] + loads[index + 1 :]
            claimed = claims(mine, others, left)
            loads[index] += len(claimed)
            left -= set(claimed)
            if claimed and others:
                assert loads[index] <= min(others) + 1
        assert len(left) < before


@given(LOADS)
def test_shards_that_are_handed_over_make_all_loads_equal_and_stay(loads: list[int]):
    total, moves = sum(loads), 0
    while True:
        for index, mine in enumerate(loads):
            others = loads[:index] + loads[index + 1 :]
            if hands_over(mine, others):
                loads[index] -= 1
                assert not claims(loads[index], others, [0]), "it does not come back"
                taker = loads.index(min(loads))
                loads[taker] += 1
                moves += 1
                break
        else:
            break
        assert moves <= total
    assert max(loads) - min(loads) <= 1


def test_a_replica_alone_takes_all_and_gives_none():
    assert claims(0, [], [2, 0, 1]) == [0, 1, 2]
    assert not hands_over(5, [])
