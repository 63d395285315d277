"""How many shards a replica takes and gives, so that each has its share."""

from collections.abc import Collection, Iterable


def claims(mine: int, others: Collection[int], free: Iterable[int]) -> list[int]:
    """Return the free shards that a replica takes now.

    It takes one after the other while no other replica leads fewer. So some replica always may take
    one, and a shard that was handed over does not come back to the replica with most.
    """
    least = min(others, default=None)
    claimed: list[int] = []
    for shard in sorted(free):
        if least is not None and mine + len(claimed) > least:
            break
        claimed.append(shard)
    return claimed


def hands_over(mine: int, others: Collection[int]) -> bool:
    """Return whether a replica gives a shard to another one, which leads two less at least."""
    return bool(others) and mine >= min(others) + 2
