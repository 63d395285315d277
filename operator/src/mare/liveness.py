"""What stands still, for /livez: a restart mends it, and nothing that others have to mend."""

from mare.loop.loop import Loop

_TICK_SECONDS = 10.0
_ROUND_SECONDS = 300.0
"""All that a round waits for has time-outs of its own: 10 s in all for each virtual host."""


def standstill(loop: Loop, now: float, *, election_stands_still: bool = False) -> str | None:
    """What stands still, None if all goes on."""
    round_begun_at = loop.oldest_round
    if now - loop.ticked_at > _TICK_SECONDS:
        return "no tick for too long"
    if election_stands_still:
        return "no try to get or to keep the Lease for too long"
    if round_begun_at is not None and now - round_begun_at > _ROUND_SECONDS:
        return "queues are being read for too long"
    return None
